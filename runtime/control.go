package taskqueue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// Cancel ends a task for a reason, wherever it is. One that waits ends at once,
// as discarded. The context of one that runs ends with the cause ErrCancelled,
// as soon as its worker talks to the store, within a quarter of its lease (3 s by
// default); the task is then discarded, unless its handler returns no error.
// The error is ErrNotFound, or ErrState if the task is a dead letter.
func (c *Client) Cancel(ctx context.Context, id ID, reason string) error {
	return c.edit(ctx, id, broker.Edit{Action: broker.Cancel, Reason: reason})
}

// Delete drops a task that waits, or a dead letter, without a trace. The error
// is ErrNotFound, or ErrState if the task is running: cancel that.
func (c *Client) Delete(ctx context.Context, id ID) error {
	return c.edit(ctx, id, broker.Edit{Action: broker.Delete})
}

// Requeue lets a scheduled or parked task run now, and a dead letter once more: with all
// its attempts before it, and its failures kept. The error is ErrNotFound, or
// ErrState if the task is pending or runs already.
func (c *Client) Requeue(ctx context.Context, id ID) error {
	return c.edit(ctx, id, broker.Edit{Action: broker.Requeue})
}

// Reschedule lets a scheduled task run after d from now, 0 to 10 years, by the
// store's clock. The error is ErrNotFound, or ErrState if it is not scheduled.
func (c *Client) Reschedule(ctx context.Context, id ID, d time.Duration) error {
	return c.edit(ctx, id, broker.Edit{Action: broker.Reschedule, After: d})
}

// edit tries each queue that the id may belong to: nearly always one.
func (c *Client) edit(ctx context.Context, id ID, e broker.Edit) error {
	if c.ctx.Err() != nil {
		return ErrClosed
	}
	queues, err := c.queuesOf(ctx, id)
	if err != nil {
		return err
	}
	for _, q := range queues {
		e.Ref = broker.Ref{Queue: q, ID: id}
		receipts, err := c.broker.Edit(ctx, []broker.Edit{e})
		switch {
		case err != nil:
			return withCause(ctx, err)
		case len(receipts) == 0:
			return nil
		case !errors.Is(receipts[0].Err, ErrNotFound):
			return receipts[0].Err
		}
	}
	return fmt.Errorf("%w: %v", ErrNotFound, id)
}

// Purge drops all tasks of a queue in one state, Pending, Scheduled, Parked or
// StateDead, and returns how many that were. The error is ErrInvalid for another state.
func (c *Client) Purge(ctx context.Context, queue string, s State) (int64, error) {
	if c.ctx.Err() != nil {
		return 0, ErrClosed
	}
	return c.broker.Purge(ctx, queue, s)
}

// Pause keeps every worker from taking tasks of a queue, until Resume. What runs
// goes on, and tasks can still be added.
func (c *Client) Pause(ctx context.Context, queue string) error {
	return c.configure(ctx, queue, func(s *broker.Settings) { s.Paused = true })
}

// Drain waits until a queue has no task that is pending, scheduled, parked or active,
// and meanwhile refuses new ones with ErrFull: from its first moment, and from all
// processes. Then it opens the queue again. If ctx ends first the error is its cause,
// and what is left is returned. If the process dies, or closes its Client, the queue
// stays closed: Resume opens it, and so does another Drain in the end. Of two Drains
// of one queue the first that ends opens it.
func (c *Client) Drain(ctx context.Context, queue string) (left QueueInfo, err error) {
	closed := func(is bool) func(*broker.Settings) { return func(s *broker.Settings) { s.Closed = is } }
	defer func() { // and if it is not known whether it was closed
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainPatience)
		defer cancel()
		err = errors.Join(err, c.configure(after, queue, closed(false)))
	}()
	if err = c.configure(ctx, queue, closed(true)); err != nil {
		return QueueInfo{Queue: queue}, err
	}
	return c.drained(ctx, queue)
}

// drained waits until a queue is empty, and returns what it saw of it last.
func (c *Client) drained(ctx context.Context, queue string) (q QueueInfo, err error) {
	q.Queue = queue
	for {
		infos, err := c.Queues(ctx, queue)
		if err != nil {
			return q, withCause(ctx, err)
		}
		if q = infos[0]; q.Pending+q.Scheduled+q.Parked+q.Active == 0 {
			return q, nil
		}
		if !pause(ctx, c.ctx, drainPoll) {
			return q, cmp.Or(context.Cause(ctx), ErrClosed)
		}
	}
}

const (
	drainPoll     = 100 * time.Millisecond
	drainPatience = 5 * time.Second // for the queue to be open again
)

// Resume ends a Pause, and opens a queue that a Drain has left closed.
func (c *Client) Resume(ctx context.Context, queue string) error {
	return c.configure(ctx, queue, func(s *broker.Settings) { s.Paused, s.Closed = false, false })
}

// Limit lets Enqueue fail with ErrFull while n tasks of a queue are pending, scheduled or
// parked; 0 lifts the limit. What comes back after a run always gets in.
func (c *Client) Limit(ctx context.Context, queue string, n int64) error {
	return c.configure(ctx, queue, func(s *broker.Settings) { s.MaxTasks = n })
}

// LimitBytes lets Enqueue fail with ErrFull while the waiting tasks of a queue take
// n bytes in the store, by its own estimate; 0 lifts the limit.
func (c *Client) LimitBytes(ctx context.Context, queue string, n int64) error {
	return c.configure(ctx, queue, func(s *broker.Settings) { s.MaxBytes = n })
}

// Bounds are how many dead letters of a queue are kept, how long, and how many bytes
// of them: 100,000, 180 days and 1 GiB where a field is 0, no bound where it is -1.
type Bounds = broker.Bounds

// BoundDead changes how many dead letters of a queue are kept. The oldest ones beyond
// that are dropped, and counted in QueueInfo.Dropped: when the next task dies, or
// some minutes later.
func (c *Client) BoundDead(ctx context.Context, queue string, b Bounds) error {
	return c.configure(ctx, queue, func(s *broker.Settings) { s.Dead = b })
}

// LimitRate bounds how many tasks of a queue begin, over all workers; the zero
// Rate lifts the limit. See [Rate].
func (c *Client) LimitRate(ctx context.Context, queue string, r Rate) error {
	return c.configure(ctx, queue, func(s *broker.Settings) { s.Rate = r })
}

// LimitConcurrency bounds how many tasks of a queue run at a time, over all
// workers: 1 to 2³¹; 0 lifts the limit.
func (c *Client) LimitConcurrency(ctx context.Context, queue string, n int64) error {
	return c.configure(ctx, queue, func(s *broker.Settings) { s.Concurrency = n })
}

// LimitKind sets the limits of a kind of task in a queue, and lifts those that
// are zero. It holds until the kind's code says something new. A kind that was
// renamed is known by its first name.
func (c *Client) LimitKind(ctx context.Context, queue, kind string, l Limit) error {
	if err := broker.CheckName("task kind", kind); err != nil {
		return err
	}
	return c.configure(ctx, queue, func(s *broker.Settings) { s.Groups = withGroup(s.Groups, kind, l) })
}

// configure changes the settings of a queue as they are: if somebody else changes
// them at the same time, it looks again.
func (c *Client) configure(ctx context.Context, queue string, change func(*broker.Settings)) error {
	for {
		infos, err := c.Queues(ctx, queue)
		if err != nil {
			return err
		}
		s := infos[0].Settings
		if s.Version == 0 {
			s.Version = broker.Unset
		}
		change(&s)
		if err = c.broker.Configure(ctx, queue, s); !errors.Is(err, broker.ErrStale) {
			return err
		}
	}
}

// Progress lets others see how far the run is whose handler got ctx: [Client.Find]
// and [Future.Progress] tell while the task runs. It returns at once; what it is
// given, at most 4 KiB, is sent within 200 ms, and of several only the last. The
// error is ErrInvalid outside of a handler and ErrTooLarge for too much.
func Progress(ctx context.Context, data []byte) error {
	r, ok := worker.FromContext(ctx)
	switch {
	case !ok:
		return fmt.Errorf("%w: Progress needs the context of a handler", ErrInvalid)
	case len(data) > broker.MaxProgressBytes:
		return fmt.Errorf("%w: progress of %d bytes, at most %d are allowed", ErrTooLarge, len(data), broker.MaxProgressBytes)
	}
	r.Tell(data)
	return nil
}
