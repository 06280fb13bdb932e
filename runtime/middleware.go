package taskqueue

import (
	"context"
	"slices"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// A Runner does one run of a task. [Info] tells which.
type Runner func(ctx context.Context) error

// A Middleware wraps each run of a worker's tasks, for tracing, metrics, locks or
// whatever else all of them have in common. A batch goes through it once, with the
// Info of its first task. What it returns is the run's error,
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

// wrapBatch makes a call of a batch go through middleware. Next returns a
// BatchErrors where only some tasks have failed.
func wrapBatch(run BatchFunc, all []Middleware) func(*worker.Run, []*broker.Lease) []error {
	return func(r *worker.Run, leases []*broker.Lease) []error {
		tasks := make([]Encoded, len(leases))
		for i, l := range leases {
			tasks[i] = Encoded{Version: l.Version, Payload: l.Payload}
		}
		if len(all) == 0 {
			return run(r, tasks)
		}
		next := Runner(func(ctx context.Context) error { return joined(run(ctx, tasks)) })
		for _, m := range slices.Backward(all) {
			next = m(next)
		}
		return SplitBatchError(next(r), len(tasks))
	}
}

// joined is the error of a batch whose tasks have these.
func joined(errs []error) error {
	some := BatchErrors{}
	for i, err := range errs {
		if err != nil {
			some[i] = err
		}
	}
	if len(some) == 0 {
		return nil
	}
	return some
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
