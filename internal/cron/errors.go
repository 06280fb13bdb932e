package cron

import "fmt"

// An Error says what is wrong with a spec, and where.
type Error struct {
	Spec    string
	Offset  int // of the byte in Spec where it begins to be wrong
	Problem string
	Fix     string // what to do; empty if that is plain
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("cron %q: byte %d: %s", e.Spec, e.Offset, e.Problem)
	if e.Fix != "" {
		text += "; " + e.Fix
	}
	return text
}

// fault makes an Error whose Spec is filled in later.
func fault(offset int, fix, format string, args ...any) *Error {
	return &Error{Offset: offset, Problem: fmt.Sprintf(format, args...), Fix: fix}
}
