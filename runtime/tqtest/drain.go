package tqtest

import (
	"context"
	"slices"
	"strings"
	"sync"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Drain runs what waits with a worker, and what is enqueued meanwhile, until
// nothing is left that could run now, and returns the runs in the order in which
// they ended. What is scheduled stays, retries included, and so does what waits in
// a queue that is paused. Without config.Queues all queues are served. A task of a
// kind that config.Tasks lacks ends the test.
func (q *Queue) Drain(config taskqueue.WorkerConfig) []taskqueue.Event {
	q.t.Helper()
	return q.drain(config, taskqueue.Pending)
}

// DrainAll is Drain, and waits for what is scheduled, too: use it in a bubble of
// testing/synctest, where waiting takes no time. A task that is retried runs until
// it is done or dead.
func (q *Queue) DrainAll(config taskqueue.WorkerConfig) []taskqueue.Event {
	q.t.Helper()
	return q.drain(config, taskqueue.Pending, taskqueue.Scheduled)
}

func (q *Queue) drain(config taskqueue.WorkerConfig, states ...taskqueue.State) []taskqueue.Event {
	q.t.Helper()
	runs := recorder{next: config.OnFinish}
	config.OnFinish = runs.add
	served := config.Queues
	for busy := q.busy(served, states); len(busy) > 0; busy = q.busy(served, states) {
		q.requireHandlers(config.Tasks, states)
		if len(served) == 0 {
			config.Queues = all(busy)
		}
		q.runUntil(config, func() bool { return len(q.busy(config.Queues, states)) == 0 })
	}
	return runs.events
}

// runUntil runs a worker until something is so.
func (q *Queue) runUntil(config taskqueue.WorkerConfig, so func() bool) {
	q.t.Helper()
	w := q.worker(config)
	ctx, stop := context.WithCancel(q.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	for changed := q.store.change(); !so() && ctx.Err() == nil; changed = q.store.change() {
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	stop()
	if err := <-ended; err != nil {
		q.t.Fatal(err)
	}
}

// busy names the queues that have tasks in one of the states, or that run some.
func (q *Queue) busy(served []taskqueue.QueueWeight, states []taskqueue.State) (names []string) {
	infos, err := q.Queues(context.WithoutCancel(q.t.Context()))
	if err != nil {
		q.t.Errorf("looking for queues with work: %v", err)
	}
	for _, info := range infos {
		serves := len(served) == 0 || slices.ContainsFunc(served, func(s taskqueue.QueueWeight) bool { return s.Name == info.Queue })
		work := info.Active > 0
		if !info.Settings.Paused {
			work = work || info.Pending > 0 || info.Scheduled > 0 && slices.Contains(states, taskqueue.Scheduled)
		}
		if serves && work {
			names = append(names, info.Queue)
		}
	}
	return names
}

// requireHandlers ends the test if a task waits that no handler could run.
func (q *Queue) requireHandlers(tasks []taskqueue.Task, states []taskqueue.State) {
	q.t.Helper()
	known := make(map[string]bool)
	for _, t := range tasks {
		known[t.Kind.Name] = true
		for _, name := range t.Kind.Was {
			known[name] = true
		}
	}
	var missing []string
	for _, e := range waiting(q.t, q, states...) {
		if kind := e.Message.Kind; !known[kind] && !slices.Contains(missing, kind) {
			missing = append(missing, kind)
		}
	}
	if len(missing) > 0 {
		q.t.Fatalf("tasks wait that config.Tasks has no handler for: %s", strings.Join(missing, ", "))
	}
}

func all(names []string) []taskqueue.QueueWeight {
	queues := make([]taskqueue.QueueWeight, len(names))
	for i, name := range names {
		queues[i].Name = name
	}
	return queues
}

// A recorder keeps the runs that have ended.
type recorder struct {
	next   func(taskqueue.Event)
	mu     sync.Mutex
	events []taskqueue.Event
}

func (r *recorder) add(e taskqueue.Event) {
	r.mu.Lock()
	r.events = append(r.events, e)
	r.mu.Unlock()
	if r.next != nil {
		r.next(e)
	}
}
