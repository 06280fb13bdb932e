package taskqueue

import "context"

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

// Get waits until the task has ended and returns its result. The error is
// ctx's, a *TaskError if the task is dead or was discarded, or ErrNotFound if
// the outcome is no longer kept (see Retention).
func (f Future[R]) Get(ctx context.Context) (R, error) {
	var none R
	data, err := f.client.result(ctx, f.ID)
	if err != nil {
		return none, err
	}
	return f.decode(data)
}
