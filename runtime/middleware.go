package taskqueue

import (
	"context"
	"slices"
)

// A Runner does one run of a task. [Info] tells which.
type Runner func(ctx context.Context) error

// A Middleware wraps each run of a worker's tasks, for tracing, metrics, locks or
// whatever else all of them have in common. What it returns is the run's error,
// control errors such as Permanent included; nil is success, also where next was
// not called or has failed. The context that it gives to next is the handler's.
type Middleware func(next Runner) Runner

// wrap makes the run of a task go through middleware, the first one outermost.
func wrap(run RunFunc, all []Middleware) RunFunc {
	if len(all) == 0 {
		return run
	}
	return func(ctx context.Context, payload, dst []byte) ([]byte, error) {
		result := dst
		next := Runner(func(ctx context.Context) (err error) {
			result, err = run(ctx, payload, dst)
			return err
		})
		for _, m := range slices.Backward(all) {
			next = m(next)
		}
		err := next(ctx)
		return result, err
	}
}

// A Preparer changes a job before it is enqueued: it adds a header of the caller's
// trace, say. Its error refuses the job.
type Preparer func(ctx context.Context, job Job) (Job, error)

// prepared is a job as the preparers leave it, in their order.
func (c *Client) prepared(ctx context.Context, job Job) (Job, error) {
	for _, p := range c.preparers {
		var err error
		if job, err = p(ctx, job); err != nil {
			return job, err
		}
	}
	return job, nil
}
