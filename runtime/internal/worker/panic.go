package worker

import (
	"fmt"
	"runtime"
	"strings"
)

// A PanicError is the panic of a handler.
type PanicError struct {
	Value any
	Stack string // the handler's own frames, innermost first
}

const stackFrames = 12

// newPanic is called by the deferred function that has recovered v.
func newPanic(v any) *PanicError {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	var b strings.Builder
	begun := false
	for n := 0; n < stackFrames; {
		f, more := frames.Next()
		switch {
		case strings.HasSuffix(f.Function, "worker.(*Run).call"), strings.HasSuffix(f.Function, "worker.(*finish).judge"):
			return &PanicError{Value: v, Stack: b.String()}
		case f.Function == "runtime.gopanic":
			begun = true
		case begun && !strings.HasPrefix(f.Function, "runtime."):
			fmt.Fprintf(&b, "\n%s\n\t%s:%d", f.Function, f.File, f.Line)
			n++
		}
		if !more {
			break
		}
	}
	return &PanicError{Value: v, Stack: b.String()}
}

// Error implements error. It includes the stack.
func (p *PanicError) Error() string {
	return fmt.Sprintf("%v: %v%s", ErrPanic, p.Value, p.Stack)
}

// Unwrap returns ErrPanic and, if it is an error, the value.
func (p *PanicError) Unwrap() []error {
	if err, ok := p.Value.(error); ok {
		return []error{ErrPanic, err}
	}
	return []error{ErrPanic}
}
