// Package top is the live view of `tq top`: a model that takes snapshots and keys,
// and a view of it. What it shows comes from a [Source].
package top

import (
	"context"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A Source is what the view looks at, and what its keys change.
type Source interface {
	Look(ctx context.Context) (Snapshot, error)
	Dead(ctx context.Context, queue string) ([]taskqueue.DeadGroup, error)
	Pause(ctx context.Context, queue string, paused bool) error
	Retry(ctx context.Context, queue string) (int, error)
}

// A Snapshot is how all was at an instant.
type Snapshot struct {
	At      time.Time
	Queues  []taskqueue.QueueInfo
	Workers []taskqueue.WorkerInfo
	Kinds   []taskqueue.KindMetrics // of all workers together
	Oldest  map[string]time.Time    // by queue: since when the next task waits
}

// sums are what all queues have together.
type sums struct {
	pending, active, scheduled, parked, dead int64
	in, done, failed                         int64 // ever
	slots, busy                              int
	oldest                                   time.Time
}

func (s *Snapshot) sums() sums {
	var t sums
	for i := range s.Queues {
		q := &s.Queues[i]
		t.pending += q.Pending
		t.active += q.Active
		t.scheduled += q.Scheduled
		t.parked += q.Parked
		t.dead += q.Dead
		t.in += q.Enqueued
		t.done += q.Done
		t.failed += q.Retried + q.Died
	}
	for i := range s.Workers {
		t.slots += s.Workers[i].Slots
		t.busy += s.Workers[i].Active
	}
	for _, at := range s.Oldest {
		if !at.IsZero() && (t.oldest.IsZero() || at.Before(t.oldest)) {
			t.oldest = at
		}
	}
	return t
}

// rates are what happened in a second.
type rates struct{ in, done, failed float64 }

// queueRates are those of one queue between two snapshots.
func queueRates(old, now *Snapshot, queue string) rates {
	if old == nil {
		return rates{}
	}
	var r rates
	seconds := max(now.At.Sub(old.At).Seconds(), 0.001)
	for sign, s := range map[float64]*Snapshot{1: now, -1: old} {
		for i := range s.Queues {
			if q := &s.Queues[i]; q.Queue == queue {
				r.in += sign * float64(q.Enqueued) / seconds
				r.done += sign * float64(q.Done) / seconds
				r.failed += sign * float64(q.Retried+q.Died) / seconds
			}
		}
	}
	return r
}

// allRates are those of all queues together.
func allRates(old, now *Snapshot) rates {
	if old == nil {
		return rates{}
	}
	a, b := old.sums(), now.sums()
	seconds := max(now.At.Sub(old.At).Seconds(), 0.001)
	per := func(x, y int64) float64 { return max(float64(y-x)/seconds, 0) }
	return rates{per(a.in, b.in), per(a.done, b.done), per(a.failed, b.failed)}
}

// recent is what was measured between two snapshots, by queue and kind; all that
// there is, where a worker has gone meanwhile and its runs with it.
func recent(old, now *Snapshot) []taskqueue.KindMetrics {
	if old == nil {
		return now.Kinds
	}
	type series struct{ queue, kind string }
	before := make(map[series]*taskqueue.KindMetrics, len(old.Kinds))
	for i := range old.Kinds {
		before[series{old.Kinds[i].Queue, old.Kinds[i].Kind}] = &old.Kinds[i]
	}
	var all []taskqueue.KindMetrics
	for i := range now.Kinds {
		k := now.Kinds[i]
		if b := before[series{k.Queue, k.Kind}]; b != nil && k.Runs() > b.Runs() {
			k = k.Since(b)
		}
		all = append(all, k)
	}
	return all
}
