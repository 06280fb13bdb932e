package tqtest

import (
	"context"
	"sync"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A Run is how one run of a task was settled.
type Run struct {
	taskqueue.Event // Outcome, Err, how long it took …

	// After is how long the task waits for its next run: after Retried and
	// Released, else 0.
	After time.Duration

	// Entry is what the store knows of the task after the run: its failures in
	// Entry.Message, its result in encoded form. State is unknown of a task that
	// has ended and has no Retention.
	Entry taskqueue.Entry

	// Client is that of the run's store. The generated Future functions read the
	// result: SumFuture(run.Client, run.ID).Get(ctx).
	Client *taskqueue.Client
}

// Work runs a job once, at once, in a store of its own, and tells how the run was
// settled: what the worker's middleware, the decoder, the handler and the policy of
// retries make of it. The job's delay is not waited for.
func Work(t testing.TB, config taskqueue.WorkerConfig, job taskqueue.Job) Run {
	t.Helper()
	q := New(t, taskqueue.ClientConfig{})
	id, err := q.Enqueue(t.Context(), job.With(taskqueue.In(0)))
	if err != nil {
		t.Fatal(err)
	}
	run := q.once(config, job.Queue())
	run.Client = q.Client
	if run.Entry, err = q.Find(context.WithoutCancel(t.Context()), id); err == nil && run.Entry.State == taskqueue.Scheduled {
		run.After = time.Until(run.Entry.At)
	}
	return run
}

// once runs a worker until the first run has ended.
func (q *Queue) once(config taskqueue.WorkerConfig, queue string) (run Run) {
	q.t.Helper()
	q.requireHandlers(config.Tasks, []taskqueue.State{taskqueue.Pending})
	ctx, stop := context.WithCancel(q.t.Context())
	defer stop()
	var first sync.Once
	observer := config.OnFinish
	config.OnFinish = func(e taskqueue.Event) {
		first.Do(func() { run.Event = e; stop() })
		if observer != nil {
			observer(e)
		}
	}
	config.Queues, config.Concurrency, config.Prefetch = all([]string{queue}), 1, taskqueue.NoPrefetch
	if err := q.worker(config).Run(ctx); err != nil {
		q.t.Fatal(err)
	}
	return run
}
