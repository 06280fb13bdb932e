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
	return &PanicError{Value: v, Stack: stack(frames)}
}

// stack writes the frames between the panic and the engine.
func stack(frames *runtime.Frames) string {
	var b strings.Builder
	for n, begun := 0, false; n < stackFrames; {
		f, more := frames.Next()
		switch {
		case !more, strings.HasSuffix(f.Function, "worker.(*Run).call"), strings.HasSuffix(f.Function, "worker.(*finish).judge"):
			return b.String()
		case f.Function == "runtime.gopanic":
			begun = true
		case begun && !strings.HasPrefix(f.Function, "runtime."):
			fmt.Fprintf(&b, "\n%s\n\t%s:%d", f.Function, f.File, f.Line)
			n++
		}
	}
	return b.String()
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
