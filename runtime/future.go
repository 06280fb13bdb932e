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

// Wait waits until the task has ended, as Get does, and leaves the result where it is:
// whoever decodes it need not be the one that waits. Errors are those of Get.
func (f Future[R]) Wait(ctx context.Context) error {
	if err := f.check(); err != nil {
		return err
	}
	return f.client.Wait(ctx, f.ID)
}

// Wait waits until a task has ended: it is nil when the task is done. It is for tasks
// without a result, whose Enqueue returns an ID; they need a Retention, as nothing is
// known of the end of others: the error is ErrNotFound then. See [Future.Get] for the
// other errors.
func (c *Client) Wait(ctx context.Context, id ID) error {
	_, err := c.result(ctx, id)
	return err
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
