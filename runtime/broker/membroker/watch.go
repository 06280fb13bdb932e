package membroker

import (
	"context"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A watcher is one call of Watch.
type watcher struct {
	signal chan struct{} // room for one: there are events
	events []broker.Event
}

// watchBacklog bounds what a watcher may lag behind; what comes beyond is not
// told, as events are hints.
const watchBacklog = 1 << 16

// Watch implements broker.Inspector.
func (b *Broker) Watch(ctx context.Context, queue string, ready func(), f func(broker.Event)) error {
	if err := broker.CheckName("queue name", queue); err != nil {
		return err
	}
	w := &watcher{signal: make(chan struct{}, 1)}
	if err := b.enter(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	b.queue(queue).watchers[w] = struct{}{}
	b.mu.Unlock()
	defer b.unwatch(w, queue)
	ready()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.done:
			return broker.ErrClosed
		case <-w.signal:
			for _, e := range b.events(w) {
				f(e)
			}
		}
	}
}

func (b *Broker) events(w *watcher) []broker.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	events := w.events
	w.events = nil
	return events
}

func (b *Broker) unwatch(w *watcher, queue string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if q := b.queues[queue]; q != nil {
		delete(q.watchers, w)
	}
}

// announce tells the watchers how a task has ended.
func (q *queue) announce(t *task, s broker.State) {
	if t.Retention <= 0 {
		return
	}
	for w := range q.watchers {
		if len(w.events) < watchBacklog {
			w.events = append(w.events, broker.Event{ID: t.ID, State: s})
		}
		select {
		case w.signal <- struct{}{}:
		default: // it has not yet read the last ones
		}
	}
}
