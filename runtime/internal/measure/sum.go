package measure

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
)

// A Queue is a queue and its weight, as [autoscaler.Queue] means it.
type Queue struct {
	Name   string
	Weight float64
}

// A Sum adds up what the processes of a fleet report to what the autoscaler
// observes. Its counters grow only: a process that is new counts from its first
// report on, and one that is gone takes nothing away. One loop owns it.
type Sum struct {
	queues   []Queue
	kinds    []string
	last     map[string]*Report
	arrivals []arrivals
	busy     float64
	slots    float64
	seen     autoscaler.Observation
	due      [][]int // by queue and kind
	dueAt    time.Time
}

// NewSum makes a sum over queues, those first whose tasks go first.
func NewSum(queues []Queue) *Sum {
	s := &Sum{queues: queues, last: map[string]*Report{}, arrivals: make([]arrivals, len(queues)), due: make([][]int, len(queues))}
	for _, q := range queues {
		s.seen.Queues = append(s.seen.Queues, autoscaler.Queue{Name: q.Name, Weight: q.Weight})
	}
	return s
}

// Names are those of the queues.
func (s *Sum) Names() (names []string) {
	for _, q := range s.queues {
		names = append(names, q.Name)
	}
	return names
}

// Observe takes in the last reports of all processes, by their names, and what
// the store says of the queues, of which these processes have a share. The
// observation has no Workers but for their time; its slices are used again by
// the next one.
func (s *Sum) Observe(infos []broker.QueueInfo, reports map[string]*Report, share float64) autoscaler.Observation {
	names := slices.Sorted(maps.Keys(reports))
	s.begin(names, reports)
	for _, name := range names {
		s.add(name, reports[name])
	}
	maps.DeleteFunc(s.last, func(name string, _ *Report) bool { return reports[name] == nil })
	s.seen.Workers = autoscaler.Workers{BusySeconds: s.busy, SlotSeconds: s.slots}
	s.seen.Memory = memoryOf(reports)
	for i := range s.queues {
		s.queue(i, &infos[i], share)
	}
	return s.seen
}

// begin knows all kinds of the reports, and sets what is of this moment to zero.
func (s *Sum) begin(names []string, reports map[string]*Report) {
	for _, name := range names {
		for i := range reports[name].Kinds {
			s.know(reports[name].Kinds[i].Name)
		}
	}
	for i := range s.seen.Types {
		s.seen.Types[i].Running, s.seen.Types[i].HeldBack = 0, 0
	}
}

func (s *Sum) know(kind string) {
	if slices.Contains(s.kinds, kind) {
		return
	}
	s.kinds = append(s.kinds, kind)
	s.seen.Types = append(s.seen.Types, autoscaler.Type{Name: kind})
	for i := range s.arrivals {
		s.arrivals[i].grow(len(s.kinds))
		s.seen.Queues[i].Flows = append(s.seen.Queues[i].Flows, autoscaler.Flow{})
	}
}

// add takes in one process.
func (s *Sum) add(name string, r *Report) {
	before := s.last[name]
	s.last[name] = r
	for i := range r.Kinds {
		k := &r.Kinds[i]
		t := &s.seen.Types[slices.Index(s.kinds, k.Name)]
		t.Running += k.Running
		t.HeldBack += k.Held
		t.MemoryMB = max(t.MemoryMB, k.DeclaredMB)
		if before != nil {
			s.count(t, k, before)
		}
	}
	if before != nil {
		s.busy += max(0, r.BusySeconds-before.BusySeconds)
		s.slots += max(0, r.SlotSeconds-before.SlotSeconds)
	}
}

// memoryOf is what all processes use together. One without a limit makes the
// fleet have none.
func memoryOf(reports map[string]*Report) (m autoscaler.Memory) {
	unlimited := false
	for _, r := range reports {
		m.UsedMB += r.Memory.UsedMB
		m.IdleMB += r.Memory.IdleMB
		m.LimitMB += r.Memory.LimitMB
		unlimited = unlimited || r.Memory.LimitMB == 0
	}
	if unlimited {
		m.LimitMB = 0
	}
	return m
}

// count adds what a kind's counters grew by since the last report.
func (s *Sum) count(t *autoscaler.Type, k *KindReport, last *Report) {
	at := slices.IndexFunc(last.Kinds, func(o KindReport) bool { return o.Name == k.Name })
	if at < 0 {
		return
	}
	old := &last.Kinds[at]
	t.Succeeded += grown(old.Succeeded, k.Succeeded)
	t.Failed += grown(old.Failed, k.Failed)
	t.SuccessSeconds += max(0, k.SuccessSeconds-old.SuccessSeconds)
	t.SuccessSquares += max(0, k.SuccessSquares-old.SuccessSquares)
	t.FailedSeconds += max(0, k.FailedSeconds-old.FailedSeconds)
	for q := range min(len(k.Starts), len(old.Starts), len(last.Queues)) {
		mine := slices.IndexFunc(s.queues, func(o Queue) bool { return o.Name == last.Queues[q].Name })
		if mine < 0 {
			continue
		}
		more := Starts{
			First: grown(old.Starts[q].First, k.Starts[q].First),
			Again: grown(old.Starts[q].Again, k.Starts[q].Again),
			Back:  grown(old.Starts[q].Back, k.Starts[q].Back),
		}
		t.Retried += more.Again
		s.arrivals[mine].mix(slices.Index(s.kinds, k.Name), more)
	}
}

func grown(before, now uint64) uint64 {
	if now < before {
		return 0
	}
	return now - before
}

// queue takes in one queue.
func (s *Sum) queue(i int, info *broker.QueueInfo, share float64) {
	a, q := &s.arrivals[i], &s.seen.Queues[i]
	a.add(info, share)
	waiting := float64(info.Pending) * share
	if info.Settings.Paused {
		waiting = 0
	}
	var buffered int
	buffered, q.Started, q.WaitP95Seconds = s.here(q.Name)
	waiting += float64(buffered)
	sum := 0.0
	for k := range q.Flows {
		before := math.Round(sum)
		sum += waiting * a.part(k)
		q.Flows[k] = autoscaler.Flow{Queued: int(math.Round(sum) - before), Due: s.dueOf(i, k), Arrived: uint64(a.total[k])}
	}
}

// here adds up what processes have of a queue. The percentile of waits is that
// of each, weighted by the tasks that it was taken from.
func (s *Sum) here(queue string) (buffered, started int, p95 float64) {
	for _, r := range s.last {
		at := r.place(queue)
		if at < 0 {
			continue
		}
		q := &r.Queues[at]
		buffered += q.Buffered
		started += q.Started
		p95 += q.WaitP95 * float64(q.Started)
	}
	return buffered, started, p95 / float64(max(started, 1))
}

// A Store tells how many tasks there are. See [broker.Inspector].
type Store interface {
	Queues(ctx context.Context, names ...string) ([]broker.QueueInfo, error)
}

// Look asks the store for the queues.
func (s *Sum) Look(ctx context.Context, store Store) ([]broker.QueueInfo, error) {
	infos, err := store.Queues(ctx, s.Names()...)
	if err == nil && len(infos) != len(s.queues) {
		err = fmt.Errorf("%d queues, not %d", len(infos), len(s.queues))
	}
	if err != nil {
		return nil, fmt.Errorf("counting tasks: %w", err)
	}
	return infos, nil
}
