// Package tasks has the task that the benchmark runs.
package tasks

import "context"

// Noop does nothing but tell the benchmark that it ran.
//
//taskqueue:task
type Noop struct {
	Data []byte
}

// A Func is called with the data of each Noop.
type Func func(data []byte)

// Noop runs a task.
func (f Func) Noop(_ context.Context, t *Noop) error {
	f(t.Data)
	return nil
}
