package membroker

import (
	"context"
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A waiter is one call of Wait.
type waiter struct {
	signal chan struct{} // room for one: look again
	until  time.Time     // when it looks again by itself; zero: never
}

// Wait implements broker.Queue. It looks at the state, so it cannot miss work;
// between looks it sleeps until a step of the store or time may have changed
// what it would see.
func (b *Broker) Wait(ctx context.Context, queues []string) (string, error) {
	if len(queues) == 0 {
		return "", fmt.Errorf("%w: there is no queue to wait for", broker.ErrInvalid)
	}
	if err := checkQueues(queues); err != nil {
		return "", err
	}
	w := &waiter{signal: make(chan struct{}, 1)}
	defer b.dismiss(w, queues)
	for {
		name, sleep, err := b.look(ctx, w, queues)
		if name != "" || err != nil {
			return name, err
		}
		w.sleep(ctx, sleep, b.done)
	}
}

func checkQueues(names []string) error {
	for _, name := range names {
		if err := broker.CheckName("queue name", name); err != nil {
			return err
		}
	}
	return nil
}

// look returns a queue with work or how long there will be none by what is
// known; 0 is for ever.
func (b *Broker) look(ctx context.Context, w *waiter, queues []string) (string, time.Duration, error) {
	if err := b.enter(ctx); err != nil {
		return "", 0, err
	}
	defer b.mu.Unlock()
	now := b.now()
	w.until = time.Time{}
	for _, name := range queues {
		q := b.queue(name)
		if q.ready(now) {
			return name, 0, nil
		}
		q.waiters[w] = struct{}{}
		if next := q.next(now); w.until.IsZero() || !next.IsZero() && next.Before(w.until) {
			w.until = next
		}
	}
	if w.until.IsZero() {
		return "", 0, nil
	}
	return "", w.until.Sub(now), nil
}

func (w *waiter) sleep(ctx context.Context, d time.Duration, closed <-chan struct{}) {
	var alarm <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-ctx.Done():
	case <-closed:
	case <-w.signal:
	case <-alarm:
	}
}

func (b *Broker) dismiss(w *waiter, queues []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range queues {
		if q := b.queues[name]; q != nil {
			delete(q.waiters, w)
		}
	}
}

// ready reports whether a cycle may find work now.
func (q *queue) ready(now time.Time) bool {
	if q.claimable(broker.Want{Suspects: true}, now) {
		return true
	}
	next := q.next(now)
	return !next.IsZero() && !next.After(now)
}

// wake makes those waiters look again that would see something else than they
// sleep for.
func (q *queue) wake(now time.Time) {
	if len(q.waiters) == 0 {
		return
	}
	ready, next := q.ready(now), q.next(now)
	for w := range q.waiters {
		sooner := !next.IsZero() && (w.until.IsZero() || next.Before(w.until))
		if !ready && !sooner {
			continue
		}
		select {
		case w.signal <- struct{}{}:
		default: // it will look anyway
		}
	}
}
