package membroker

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Edit implements broker.Inspector.
func (b *Broker) Edit(ctx context.Context, edits []broker.Edit) ([]broker.Receipt, error) {
	if err := broker.CheckEdits(edits); err != nil {
		return nil, err
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	var receipts []broker.Receipt
	now := b.now()
	for i := range edits {
		q := b.queue(edits[i].Queue)
		if err := q.edit(&edits[i], now); err != nil {
			receipts = append(receipts, broker.Receipt{Index: i, Err: err})
		}
		q.wake(now)
	}
	return receipts, nil
}

func (q *queue) edit(e *broker.Edit, now time.Time) error {
	t := q.tasks[e.ID]
	if t == nil {
		return fmt.Errorf("%w: %s in queue %s", broker.ErrNotFound, e.ID, q.name)
	}
	if !e.Action.Applies(t.state) {
		return fmt.Errorf("%w: %s is %v", broker.ErrState, e.ID, t.state)
	}
	switch e.Action {
	case broker.Cancel:
		q.cancel(t, broker.TrimReason(e.Reason), now)
	case broker.Delete:
		q.drop(t, now)
	case broker.Requeue:
		q.requeue(t, now)
	case broker.Reschedule:
		q.takeOut(t, now)
		q.schedule(t, after(now, e.After))
	}
	return nil
}

func (q *queue) cancel(t *task, reason string, now time.Time) {
	if t.state != broker.Active {
		q.takeOut(t, now)
		q.discard(t, reason, now)
		return
	}
	q.unmark(t)
	q.marked++
	t.cancelled = &broker.Cancelled{ID: t.ID, Reason: reason}
}

func (q *queue) unmark(t *task) {
	if t.cancelled != nil {
		q.marked--
		t.cancelled = nil
	}
}

// drop forgets a task.
func (q *queue) drop(t *task, now time.Time) {
	q.takeOut(t, now)
	q.become(t, broker.StateUnknown)
	delete(q.tasks, t.ID)
	q.free(t)
	q.unmark(t)
	q.counts.Deleted++
}

// requeue lets a task run now; one that was dead begins anew.
func (q *queue) requeue(t *task, now time.Time) {
	q.takeOut(t, now)
	if t.state == broker.StateDead {
		t.Message = broker.Renewed(t.Message)
		switch q.holder(t.Unique.Key, now) {
		case broker.ID{}:
			q.hold(t, now)
		case t.ID:
		default:
			t.Unique = broker.Unique{}
		}
	}
	t.Ready = now
	q.push(t, now)
}

// takeOut removes a task from where it waits or lies.
func (q *queue) takeOut(t *task, now time.Time) {
	switch t.state {
	case broker.Pending:
		if t.Grouped() {
			q.pull(t, now)
			return
		}
		q.lanes[laneOf(&t.Message)].remove(t)
	case broker.Scheduled:
		q.scheduled.remove(t.ID)
	case broker.Parked:
		q.unparked(t)
	case broker.StateDead:
		i := slices.Index(q.dead, t)
		q.dead = slices.Delete(q.dead, i, i+1)
		q.letters -= size(t)
	}
}

// Purge implements broker.Inspector.
func (b *Broker) Purge(ctx context.Context, queue string, s broker.State) (int64, error) {
	if err := broker.CheckPurge(queue, s); err != nil {
		return 0, err
	}
	if err := b.enter(ctx); err != nil {
		return 0, err
	}
	defer b.mu.Unlock()
	q := b.queue(queue)
	n, now := int64(0), b.now()
	for _, t := range q.tasks {
		if t.state == s {
			q.drop(t, now)
			n++
		}
	}
	return n, nil
}

// Configure implements broker.Inspector.
func (b *Broker) Configure(ctx context.Context, queue string, s broker.Settings) error {
	if err := broker.CheckName("queue name", queue); err != nil {
		return err
	}
	if err := s.Check(); err != nil {
		return err
	}
	if err := b.enter(ctx); err != nil {
		return err
	}
	defer b.mu.Unlock()
	q := b.queue(queue)
	version := q.settings.Version
	if s.Version != 0 && s.Version != version && (s.Version != broker.Unset || version != 0) {
		return fmt.Errorf("%w: the settings of queue %s have version %d, not %d", broker.ErrStale, queue, version, s.Version)
	}
	q.settings = s.Normal()
	q.settings.Version = version + 1
	now := b.now()
	for _, p := range slices.Clone(q.aside) {
		q.again(p, now)
	}
	q.wake(now)
	return nil
}

// Marks implements broker.Inspector.
func (b *Broker) Marks(ctx context.Context, queue string, names []string) ([]int64, error) {
	if err := checkQueues(append([]string{queue}, names...)); err != nil {
		return nil, err
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	marks := make([]int64, len(names))
	for i, name := range names {
		if q := b.queues[queue]; q != nil {
			marks[i] = q.marks[name]
		}
	}
	return marks, nil
}

// held walks through what a session holds: claims and indexes in them.
func (s *session) held() iter.Seq2[*claim, int] {
	return func(yield func(*claim, int) bool) {
		for _, c := range s.claims {
			for i, t := range c.tasks {
				if t != nil && !yield(c, i) {
					return
				}
			}
		}
	}
}

// cancelled are the tasks of a session that are not wanted any more.
func (q *queue) cancelled(s *session) (all []broker.Cancelled) {
	if q.marked == 0 {
		return nil
	}
	for c, i := range s.held() {
		if mark := c.tasks[i].cancelled; mark != nil {
			all = append(all, *mark)
		}
	}
	slices.SortFunc(all, func(a, b broker.Cancelled) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return all[:min(len(all), broker.MaxBatch)]
}

// note keeps what runs tell of their progress.
func (s *session) note(progress []broker.Progress) {
	for _, p := range progress {
		i, found := s.find(p.Lease.Claim)
		if !found || p.Lease.Index < 0 || p.Lease.Index >= len(s.claims[i].tasks) {
			continue
		}
		if t := s.claims[i].tasks[p.Lease.Index]; t != nil && t.ID == p.Lease.ID {
			t.progress = bytes.Clone(p.Data)
		}
	}
}
