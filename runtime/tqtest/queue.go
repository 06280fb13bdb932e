package tqtest

import (
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

// A Queue is a client whose tasks live in the memory of a test. Methods that
// report an error end the test that made it. It is safe for concurrent use.
type Queue struct {
	*taskqueue.Client
	t      testing.TB
	store  *store
	inline atomic.Pointer[inline] // nil: tasks run when a worker takes them
}

// New makes a client on an empty store of its own. Both end with the test.
func New(t testing.TB, config taskqueue.ClientConfig) *Queue {
	t.Helper()
	s := &store{Broker: membroker.New(membroker.Config{}), moved: make(chan struct{})}
	q := &Queue{t: t, store: s}
	config.Observers = append(slices.Clip(config.Observers), q.observe)
	c, err := taskqueue.NewClient(s, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // a store in memory closes without an error
	q.Client = c
	return q
}

// worker makes a worker that logs to the test, unless the config says otherwise.
func (q *Queue) worker(config taskqueue.WorkerConfig) *taskqueue.Worker {
	q.t.Helper()
	if config.Logger == nil {
		config.Logger = slog.New(slog.NewTextHandler(q.t.Output(), nil))
	}
	w, err := taskqueue.NewWorker(q.Client, config)
	if err != nil {
		q.t.Fatal(err)
	}
	return w
}
