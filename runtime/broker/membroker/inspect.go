package membroker

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Queues implements broker.Inspector.
func (b *Broker) Queues(ctx context.Context, names ...string) ([]broker.QueueInfo, error) {
	if err := checkQueues(names); err != nil {
		return nil, err
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	if len(names) == 0 {
		names = b.used()
	}
	infos := make([]broker.QueueInfo, len(names))
	for i, name := range names {
		infos[i] = broker.QueueInfo{Queue: name}
		if q := b.queues[name]; q != nil {
			infos[i] = q.info(b.now())
		}
	}
	return infos, nil
}

// used names the queues to which anything was ever enqueued.
func (b *Broker) used() []string {
	names := slices.Sorted(maps.Keys(b.queues))
	return slices.DeleteFunc(names, func(name string) bool { return b.queues[name].counts.Enqueued == 0 })
}

func (q *queue) info(now time.Time) broker.QueueInfo {
	info := q.counts
	info.Queue, info.Settings = q.name, q.settings.Normal()
	info.Pending = q.grouped
	for i := range q.lanes {
		info.Pending += int64(q.lanes[i].len())
	}
	info.Scheduled = int64(q.scheduled.len())
	info.Dead = int64(len(q.dead))
	info.Lapsed = int64(len(q.holding.lapsed(now, len(q.holding))) + len(q.idle.lapsed(now, len(q.idle))))
	info.Sessions = int64(len(q.sessions)) - info.Lapsed
	return info
}

// Find implements broker.Inspector. It finds a pending task wherever it is.
func (b *Broker) Find(ctx context.Context, refs []broker.Ref) ([]broker.Entry, error) {
	for _, r := range refs {
		if err := broker.CheckName("queue name", r.Queue); err != nil {
			return nil, err
		}
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	now := b.now()
	entries := make([]broker.Entry, len(refs))
	for i, r := range refs {
		entries[i] = b.find(r, now)
	}
	return entries, nil
}

func (b *Broker) find(r broker.Ref, now time.Time) broker.Entry {
	q := b.queues[r.Queue]
	if q == nil {
		return broker.Entry{Ref: r}
	}
	if t := q.tasks[r.ID]; t != nil {
		return t.entry()
	}
	if o := q.outcomes[r.ID]; o != nil && now.Before(o.expires) {
		return broker.Entry{Ref: r, State: o.state, Shape: o.shape, Result: o.result, Reason: o.reason, At: o.at}
	}
	return broker.Entry{Ref: r}
}

func (t *task) entry() broker.Entry {
	m := t.Message
	e := broker.Entry{Ref: broker.Ref{Queue: m.Queue, ID: m.ID}, State: t.state, Message: &m, Progress: t.progress, At: t.at}
	if t.state == broker.StateDead {
		e.Reason = broker.DeadReason(&m)
	}
	return e
}
