package taskqueue

import (
	"context"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	watchBackoff = 200 * time.Millisecond // before a broken subscription or Find is tried again
	watchSafety  = 5 * time.Second        // events are hints: everything is looked up again so often
	watchLinger  = 10 * time.Second       // an unused subscription is kept so long
	findTimeout  = 10 * time.Second
)

// A watch is one subscription to the ends of a queue's tasks, shared by
// everybody who waits for one. Two goroutines serve it: one holds the
// subscription, one looks up what events name, in batches.
type watch struct {
	client *Client
	queue  string
	ctx    context.Context
	stop   context.CancelFunc

	mu      sync.Mutex
	waiters map[ID]*waiter
	look    []ID          // to be looked up now
	wake    chan struct{} // look is not empty; capacity 1
}

// A waiter is what all Gets of one id share.
type waiter struct {
	calls int
	done  chan struct{}
	data  []byte
	err   error
}

// watch returns the watch of a queue, with one more user in it to come.
func (c *Client) watch(queue string) (*watch, error) {
	c.watchMu.Lock()
	defer c.watchMu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	if w := c.watches[queue]; w != nil {
		return w, nil
	}
	w := &watch{client: c, queue: queue, waiters: make(map[ID]*waiter), wake: make(chan struct{}, 1)}
	w.ctx, w.stop = context.WithCancel(c.ctx)
	c.watches[queue] = w
	c.work.Go(w.subscribe)
	c.work.Go(w.run)
	return w, nil
}

// await returns when the task has ended.
func (w *watch) await(ctx context.Context, id ID) ([]byte, error) {
	p := w.join(id)
	if p == nil { // the watch has ended: its successor is free to begin
		next, err := w.client.watch(w.queue)
		if err != nil {
			return nil, err
		}
		return next.await(ctx, id)
	}
	select {
	case <-p.done:
		return p.data, p.err
	case <-ctx.Done():
		w.leave(id, p)
		return nil, context.Cause(ctx)
	}
}

// join adds a waiter; nil if the watch has ended.
func (w *watch) join(id ID) *waiter {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiters == nil {
		return nil
	}
	p := w.waiters[id]
	if p == nil {
		p = &waiter{done: make(chan struct{})}
		w.waiters[id] = p
		w.ask(id)
	}
	p.calls++
	return p
}

func (w *watch) leave(id ID, p *waiter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.calls--; p.calls == 0 && w.waiters[id] == p {
		delete(w.waiters, id)
	}
}

// ask has ids looked up; the caller holds mu.
func (w *watch) ask(ids ...ID) {
	if w.look = append(w.look, ids...); len(w.look) == 0 {
		return
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// askAll has every waiter's task looked up.
func (w *watch) askAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.look = w.look[:0]
	for id := range w.waiters {
		w.look = append(w.look, id)
	}
	w.ask()
}

// subscribe keeps the subscription up. What ended while there was none is
// found by the look at everything that each beginning causes.
func (w *watch) subscribe() {
	for w.ctx.Err() == nil {
		_ = w.client.broker.Watch(w.ctx, w.queue, w.askAll, w.event)
		pause(w.ctx, w.ctx, watchBackoff)
	}
}

func (w *watch) event(e broker.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiters[e.ID] != nil {
		w.ask(e.ID)
	}
}

// run looks tasks up until nobody has waited for a while or the client closes.
func (w *watch) run() {
	defer w.close()
	tick := time.NewTicker(watchSafety)
	defer tick.Stop()
	idle := time.Duration(0)
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-w.wake:
			idle = 0
		case <-tick.C:
			if idle += watchSafety; idle > watchLinger && w.retire() {
				return
			}
			w.askAll()
		}
		w.lookUp()
	}
}

// retire ends an unused watch, so that nobody joins it any more.
func (w *watch) retire() bool {
	w.client.watchMu.Lock()
	defer w.client.watchMu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiters) > 0 {
		return false
	}
	w.waiters = nil
	delete(w.client.watches, w.queue)
	return true
}

// close tells those who still wait that the client was closed.
func (w *watch) close() {
	w.stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.waiters {
		p.err = ErrClosed
		close(p.done)
	}
	w.waiters = nil
}

// lookUp finds the tasks that were asked for, batch by batch.
func (w *watch) lookUp() {
	for {
		refs := w.take()
		if len(refs) == 0 {
			return
		}
		if err := w.findAll(refs); err != nil {
			if !pause(w.ctx, w.ctx, watchBackoff) {
				return
			}
			w.askAll()
		}
	}
}

func (w *watch) take() []broker.Ref {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.look), broker.MaxPage)
	refs := make([]broker.Ref, 0, n)
	for _, id := range w.look[:n] {
		if w.waiters[id] != nil {
			refs = append(refs, broker.Ref{Queue: w.queue, ID: id})
		}
	}
	w.look = append(w.look[:0], w.look[n:]...)
	if len(refs) == 0 && len(w.look) > 0 {
		w.ask()
	}
	return refs
}

// findAll answers the waiters whose tasks have ended.
func (w *watch) findAll(refs []broker.Ref) error {
	ctx, cancel := context.WithTimeout(w.ctx, findTimeout)
	defer cancel()
	entries, err := w.client.broker.Find(ctx, refs)
	if err != nil {
		return err
	}
	var missing []broker.Ref
	for i := range entries {
		if entries[i].State == broker.StateUnknown {
			missing = append(missing, refs[i])
			continue
		}
		w.deliver(&entries[i])
	}
	return w.settleMissing(ctx, missing)
}

// settleMissing tells a task that is gone from one that waits too deep in its
// lane to be seen.
func (w *watch) settleMissing(ctx context.Context, missing []broker.Ref) error {
	if len(missing) == 0 {
		return nil
	}
	infos, err := w.client.broker.Queues(ctx, w.queue)
	if err != nil || infos[0].Pending > broker.FindLimit {
		return err
	}
	entries, err := w.client.broker.Find(ctx, missing)
	for i := range entries {
		w.deliver(&entries[i])
	}
	return err
}

func (w *watch) deliver(e *Entry) {
	data, done, err := outcome(e)
	if !done {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.waiters[e.ID]; p != nil {
		p.data, p.err = data, err
		close(p.done)
		delete(w.waiters, e.ID)
	}
}
