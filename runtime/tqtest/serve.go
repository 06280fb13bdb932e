package tqtest

import (
	"context"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Serve runs a worker until the test ends. In a bubble of testing/synctest the
// tasks that code enqueues are as good as run in line: after synctest.Wait all that
// could run has run. It serves config.Queues, by default those that the client and
// the tasks name.
func (q *Queue) Serve(config taskqueue.WorkerConfig) {
	q.t.Helper()
	w := q.worker(config)
	ctx, stop := context.WithCancel(context.WithoutCancel(q.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	q.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			q.t.Errorf("the worker of Serve: %v", err)
		}
	})
}
