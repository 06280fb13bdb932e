package tqtest

import (
	"context"
	"sync"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// inlineSlots is how deep handlers may enqueue in handlers: each of them waits.
const inlineSlots = 1000

// Inline lets every Enqueue and EnqueueAll from now on return when the first run of
// its tasks has ended, well or not; futures then return at once. What is scheduled is
// not waited for, nor what a paused queue or a limit holds up.
func (q *Queue) Inline(config taskqueue.WorkerConfig) {
	q.t.Helper()
	config.Concurrency = inlineSlots
	q.inline.Store(&inline{queue: q, config: config, served: make(map[string]bool)})
}

// An inline runs what was enqueued before its caller goes on.
type inline struct {
	queue  *Queue
	config taskqueue.WorkerConfig

	mu     sync.Mutex
	served map[string]bool // queues that have a worker
}

// observe is an Observer of the queue's client.
func (q *Queue) observe(ctx context.Context, jobs []taskqueue.Job) (context.Context, func([]taskqueue.ID, error)) {
	mode := q.inline.Load()
	if mode == nil {
		return ctx, nil
	}
	return ctx, func(ids []taskqueue.ID, _ error) {
		for i, id := range ids {
			if !id.IsZero() { // it is in
				mode.serve(jobs[i].Queue())
				mode.wait(ctx, id)
			}
		}
	}
}

// serve sees to it that a queue has a worker.
func (m *inline) serve(queue string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.served[queue] {
		m.served[queue] = true
		config := m.config
		config.Queues = all([]string{queue})
		m.queue.Serve(config)
	}
}

// wait returns when a task neither waits for its turn nor runs.
func (m *inline) wait(ctx context.Context, id taskqueue.ID) {
	for changed := m.queue.store.change(); ; changed = m.queue.store.change() {
		entry, err := m.queue.Find(ctx, id)
		held := entry.State == taskqueue.Pending && m.queue.held(ctx, entry.Queue)
		if err != nil || held || entry.State != taskqueue.Pending && entry.State != taskqueue.Active {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// held reports whether a queue may keep its tasks back.
func (q *Queue) held(ctx context.Context, queue string) bool {
	infos, err := q.Queues(ctx, queue)
	return err != nil || infos[0].Settings.Paused || infos[0].Settings.Limited()
}
