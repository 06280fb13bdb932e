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
		if holder, err := q.enqueue(m, now); err != nil {
			receipts = append(receipts, broker.Receipt{Index: i, Existing: holder, Err: err})
		}
	}
	if q != nil {
		q.wake(now)
	}
	return receipts
}

// enqueue adds m unless it is in already or there is a reason to refuse it; then
// holder is the task that holds its unique key, if that is the reason.
func (q *queue) enqueue(m *broker.Message, now time.Time) (holder broker.ID, err error) {
	if err := q.admits(m); err != nil {
		return holder, err
	}
	if m.Once.Name != "" {
		q.marks[m.Once.Name] = m.Once.Seq
	}
	holder = q.holder(m.Unique.Key, now)
	if !holder.IsZero() && holder != m.ID {
		return holder, fmt.Errorf("%w: %s holds the unique key %q in queue %s", broker.ErrDuplicate, holder, m.Unique.Key, m.Queue)
	}
	if holder == m.ID || q.tasks[m.ID] != nil {
		return broker.ID{}, nil
	}
	t := &task{Message: stored(m)}
	q.tasks[t.ID] = t
	q.counts.Enqueued++
	q.hold(t, now)
	if due := dueTime(m, now); due.After(now) {
		q.schedule(t, due)
	} else {
		t.Ready = now
		q.push(t, now)
	}
	return broker.ID{}, nil
}

// admits reports why the queue does not take m, whatever its unique key.
func (q *queue) admits(m *broker.Message) error {
	if last := q.marks[m.Once.Name]; m.Once.Name != "" && m.Once.Seq <= last {
		return fmt.Errorf("%w: %d of %q in queue %s: the last one was %d", broker.ErrStale, m.Once.Seq, m.Once.Name, m.Queue, last)
	}
	if q.settings.Closed {
		return fmt.Errorf("%w: queue %s is closed", broker.ErrFull, m.Queue)
	}
	if limit := q.settings.MaxTasks; limit > 0 && q.waiting() >= limit {
		return fmt.Errorf("%w: %d tasks wait in queue %s", broker.ErrFull, limit, m.Queue)
	}
	if limit := q.settings.MaxBytes; limit > 0 && q.bytes >= limit {
		return fmt.Errorf("%w: tasks of %d bytes wait in queue %s", broker.ErrFull, q.bytes, m.Queue)
	}
	return nil
}

// waiting counts what is pending, scheduled or parked.
func (q *queue) waiting() int64 {
	n := q.grouped + int64(q.scheduled.len()) + q.counts.Parked
	for i := range q.lanes {
		n += int64(q.lanes[i].len())
	}
	return n
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
	m.Delay, m.Due, m.Once = 0, time.Time{}, broker.Once{}
	m.Timeout = m.Timeout.Truncate(time.Millisecond)
	m.Retention = m.Retention.Truncate(time.Millisecond)
	m.Expires = m.Expires.Truncate(time.Millisecond)
	m.Unique.Window = m.Unique.Window.Truncate(time.Millisecond)
	return m
}
