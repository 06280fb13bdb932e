package redisbroker

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A vigil is one Wait: the first of its queues to find something ends it.
type vigil struct {
	over  atomic.Bool
	found chan woken
}

// A woken is what a Wait has found.
type woken struct {
	queue string
	err   error
}

// tell ends a vigil; false: it has ended before.
func (v *vigil) tell(queue string, err error) bool {
	if !v.over.CompareAndSwap(false, true) {
		return false
	}
	v.found <- woken{queue, err}
	return true
}

// Wait implements broker.Queue. Listeners watch the queues, so that Wait itself
// ends at once with its context.
func (b *Broker) Wait(ctx context.Context, queues []string) (string, error) {
	if len(queues) == 0 {
		return "", fmt.Errorf("%w: there is no queue to wait for", broker.ErrInvalid)
	}
	for _, name := range queues {
		if err := broker.CheckName("queue name", name); err != nil {
			return "", err
		}
	}
	if b.ctx.Err() != nil {
		return "", broker.ErrClosed
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	v := &vigil{found: make(chan woken, 1)}
	for _, name := range queues {
		q := b.queue(name)
		l := b.listenerOf(q)
		l.add(q, v)
		defer l.remove(q, v)
	}
	return b.first(ctx, v)
}

// first is what is found first. What is found as the context ends is returned
// too: a token may have been taken for it.
func (b *Broker) first(ctx context.Context, v *vigil) (string, error) {
	var err error
	select {
	case w := <-v.found:
		return w.queue, w.err
	case <-ctx.Done():
		err = ctx.Err()
	case <-b.ctx.Done():
		err = broker.ErrClosed
	}
	if v.over.CompareAndSwap(false, true) {
		return "", err
	}
	if w := <-v.found; w.err == nil {
		return w.queue, nil
	}
	return "", err
}

// add has a listener watch a queue for a vigil. It looks first, whoever else waits.
func (l *listener) add(q *queue, v *vigil) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watched[q]
	if w == nil {
		w = &watched{}
		l.watched[q] = w
	}
	w.vigils = append(w.vigils, v)
	w.known = false
	if l.running {
		l.interrupt()
		return
	}
	l.running = l.broker.start(l.run)
}

// remove ends that. A queue that nobody waits for is not listened to any more: its
// tokens are for others.
func (l *listener) remove(q *queue, v *vigil) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watched[q]
	if w == nil {
		return
	}
	w.vigils = slices.DeleteFunc(w.vigils, func(other *vigil) bool { return other == v })
	if len(w.vigils) == 0 {
		delete(l.watched, q)
		l.interrupt()
	}
}

// tell ends the first vigil for a queue; false: there is none.
func (l *listener) tell(q *queue, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watched[q]
	for w != nil && len(w.vigils) > 0 {
		v := w.vigils[0]
		w.vigils = w.vigils[1:]
		if len(w.vigils) == 0 {
			delete(l.watched, q)
		}
		if v.tell(q.keys.queue, err) {
			return true
		}
	}
	return false
}
