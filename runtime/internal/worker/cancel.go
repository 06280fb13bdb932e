package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// ErrCancelled is the cause of a run's context whose task was cancelled, and
// begins the reason why it was discarded.
var ErrCancelled = errors.New("taskqueue: task cancelled")

// unwanted ends a run whose task was cancelled from outside.
func unwanted(reason string) *ending {
	cause := ErrCancelled
	if reason != "" {
		cause = fmt.Errorf("%w: %s", ErrCancelled, reason)
	}
	end := newEnding(context.Canceled, cause)
	end.unwanted = true
	return end
}

// stopCancelled ends what the store does not want any more: what waits is
// discarded, what runs is told. The caller holds mu, and calls the functions
// that it returns when it does not.
func (e *Engine) stopCancelled(q *queue, cancelled []broker.Cancelled) (stop []func()) {
	if len(cancelled) == 0 {
		return nil
	}
	reasons := make(map[broker.ID]string, len(cancelled))
	for _, c := range cancelled {
		reasons[c.ID] = c.Reason
	}
	e.dropCancelled(q, func(l *broker.Lease) error {
		if reason, found := reasons[l.ID]; found {
			return context.Cause(unwanted(reason).cause)
		}
		return nil
	})
	for _, r := range e.active {
		if r.queue != q || r.epoch != q.epoch {
			continue
		}
		for part := range r.parts {
			if reason, found := reasons[part.Lease.ID]; found && part.end.Load() == nil {
				stop = append(stop, func() { part.cancel(unwanted(reason)) })
			}
		}
	}
	return stop
}

// dropCancelled discards what waits and is cancelled.
func (e *Engine) dropCancelled(q *queue, why func(*broker.Lease) error) {
	for range q.buffer.len() {
		r := q.buffer.pop()
		if e.sift(r, why) {
			q.buffer.push(r)
			continue
		}
		e.buffered--
	}
	for i, c := range slices.Backward(q.open) {
		if !e.sift(c, why) {
			e.drop(q, i)
		}
	}
}

// discard settles a lease that is not to be run.
func (e *Engine) discard(q *queue, l *broker.Lease, why error) {
	e.Log.Warn("task discarded", "id", l.ID, "kind", l.Kind, "queue", l.Queue, "attempt", int(l.Attempts)+1, "error", why)
	e.settle(q, broker.Settle{Lease: l, Outcome: broker.Discard, Reason: why.Error(), At: time.Now().Add(e.skew)})
}

// ErrExpired begins the reason of a task that was discarded because its first
// run did not begin in time.
var ErrExpired = errors.New("taskqueue: task expired")

// expired says why a lease is not to be run any more; nil: it is.
func expired(l *broker.Lease, now time.Time) error {
	if l.Expires == 0 || l.Run() > 1 {
		return nil
	}
	if late := now.Sub(l.Ready) - l.Expires; late >= 0 {
		return fmt.Errorf("%w: its first run was to begin within %v and is %v late", ErrExpired, l.Expires, late.Truncate(time.Millisecond))
	}
	return nil
}
