package membroker

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Enqueue implements broker.Queue. One call is one atomic step.
func (b *Broker) Enqueue(ctx context.Context, messages []broker.Message) ([]broker.Receipt, error) {
	for i := range messages {
		if err := messages[i].Check(); err != nil {
			return nil, fmt.Errorf("message %d: %w", i, err)
		}
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	return b.enqueue(messages, b.now()), nil
}

func (b *Broker) enqueue(messages []broker.Message, now time.Time) (receipts []broker.Receipt) {
	var q *queue
	for i := range messages {
		m := &messages[i]
		if q == nil || q.name != m.Queue {
			if q != nil {
				q.wake(now)
			}
			q = b.queue(m.Queue)
			q.sweep(now)
		}
		if holder := q.enqueue(m, now); holder != m.ID {
			err := fmt.Errorf("%w: %s holds the unique key %q in queue %s", broker.ErrDuplicate, holder, m.Unique.Key, m.Queue)
			receipts = append(receipts, broker.Receipt{Index: i, Existing: holder, Err: err})
		}
	}
	if q != nil {
		q.wake(now)
	}
	return receipts
}

// enqueue adds m unless it is in already or another task holds its unique key.
// It returns the ID of the task that is in.
func (q *queue) enqueue(m *broker.Message, now time.Time) broker.ID {
	if holder := q.holder(m.Unique.Key, now); !holder.IsZero() {
		return holder
	}
	if q.tasks[m.ID] != nil {
		return m.ID
	}
	t := &task{Message: stored(m)}
	q.tasks[t.ID] = t
	q.counts.Enqueued++
	q.hold(t, now)
	if due := dueTime(m, now); due.After(now) {
		q.schedule(t, due)
	} else {
		t.Ready = now
		q.push(t)
	}
	return m.ID
}

func dueTime(m *broker.Message, now time.Time) time.Time {
	if m.Delay > 0 {
		return after(now, m.Delay)
	}
	return m.Due.Truncate(time.Millisecond)
}

// stored is the message as the store keeps it: sharing no bytes with its
// caller, times in whole milliseconds.
func stored(m *broker.Message) broker.Message {
	c := normal(*m)
	c.Payload = bytes.Clone(m.Payload)
	c.Unknown = bytes.Clone(m.Unknown)
	c.Headers = slices.Clone(m.Headers)
	c.Failures = slices.Clone(m.Failures)
	for i := range c.Failures {
		c.Failures[i].At = c.Failures[i].At.Truncate(time.Millisecond)
	}
	return c
}

func normal(m broker.Message) broker.Message {
	m.Delay, m.Due = 0, time.Time{}
	m.Timeout = m.Timeout.Truncate(time.Millisecond)
	m.Retention = m.Retention.Truncate(time.Millisecond)
	m.Unique.Window = m.Unique.Window.Truncate(time.Millisecond)
	return m
}
