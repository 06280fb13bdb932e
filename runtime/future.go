package taskqueue

import (
	"context"
	"fmt"
)

// A Future is the result of a task that may not have run yet. It is a small
// value: copy it, or keep its ID and get it back from the generated
// <Task>Future function, in any process.
type Future[R any] struct {
	ID ID

	client *Client
	decode func([]byte) (R, error)
}

// NewFuture makes the future of a task; generated code calls it.
func NewFuture[R any](c *Client, id ID, decode func([]byte) (R, error)) Future[R] {
	return Future[R]{ID: id, client: c, decode: decode}
}

// Get waits until the task has ended and returns its result. Any number of
// calls share one subscription a queue; nothing is polled. The error is ctx's
// cause, a *TaskError if the task is dead or was discarded, ErrNotFound if the
// outcome is no longer kept (see Retention) or the task never existed, or
// ErrClosed.
func (f Future[R]) Get(ctx context.Context) (R, error) {
	if err := f.check(); err != nil {
		return *new(R), err
	}
	data, err := f.client.result(ctx, f.ID)
	if err != nil {
		return *new(R), err
	}
	return f.decode(data)
}

// Poll looks once and does not wait: done is false while the task has not
// ended. Errors are those of Get, which come with done, or that of an
// unreachable store.
func (f Future[R]) Poll(ctx context.Context) (result R, done bool, err error) {
	if err := f.check(); err != nil {
		return result, false, err
	}
	data, done, err := f.client.poll(ctx, f.ID)
	if err != nil || !done {
		return result, done, err
	}
	result, err = f.decode(data)
	return result, true, err
}

func (f Future[R]) check() error {
	if f.client == nil || f.ID.IsZero() {
		return fmt.Errorf("%w: the future of no task; get one from Enqueue or from the generated Future function", ErrInvalid)
	}
	return nil
}

// Progress is what the handler has told last, by the function [Progress], while
// the task runs; nil before and after. The error is ErrNotFound if the store does
// not have the task (any more).
func (f Future[R]) Progress(ctx context.Context) ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	entry, err := f.client.Find(ctx, f.ID)
	return entry.Progress, err
}
