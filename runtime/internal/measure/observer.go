package measure

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// A Store tells how many tasks there are. See [broker.Inspector].
type Store interface {
	Queues(ctx context.Context, names ...string) ([]broker.QueueInfo, error)
}

// An Engine tells what it has measured. See [worker.Engine].
type Engine interface {
	Sample(s *worker.Sample)
}

// A Config says what to observe. All fields are needed.
type Config struct {
	Store  Store
	Engine Engine
	Queues []Queue
	Kinds  []string // of the engine's tallies, in that order
	Slots  int      // of one worker of the autoscaler
}

// A Queue is a queue and its weight, as [autoscaler.Queue] means it. Those
// whose tasks go first come first.
type Queue struct {
	Name   string
	Weight float64
	Place  int // in the engine
}

// An Observer makes observations. One loop owns it.
type Observer struct {
	Config
	names    []string
	sample   worker.Sample
	memory   *memory
	arrivals []arrivals
	waits    []waits
	last     time.Time
	slotTime time.Duration
	seen     autoscaler.Observation
}

// ErrAway is returned while the store does not answer.
var ErrAway = errors.New("taskqueue: the store does not answer the worker")

// New makes an observer that has seen nothing.
func New(c Config) *Observer {
	o := &Observer{
		Config: c, memory: newMemory(), last: time.Now(),
		waits: make([]waits, len(c.Queues)),
	}
	for _, q := range c.Queues {
		o.names = append(o.names, q.Name)
		o.arrivals = append(o.arrivals, newArrivals(len(c.Kinds)))
		o.seen.Queues = append(o.seen.Queues, autoscaler.Queue{
			Name: q.Name, Weight: q.Weight, Flows: make([]autoscaler.Flow, len(c.Kinds)),
		})
	}
	for _, name := range c.Kinds {
		o.seen.Types = append(o.seen.Types, autoscaler.Type{Name: name})
	}
	return o
}

// Observe measures now. The observation's slices are used again by the next
// one. Without an answer from the store there is none.
func (o *Observer) Observe(ctx context.Context) (autoscaler.Observation, error) {
	infos, err := o.Store.Queues(ctx, o.names...)
	if err != nil {
		return autoscaler.Observation{}, fmt.Errorf("counting tasks: %w", err)
	}
	if len(infos) != len(o.names) {
		return autoscaler.Observation{}, fmt.Errorf("counting tasks: %d queues, not %d", len(infos), len(o.names))
	}
	o.Engine.Sample(&o.sample)
	if o.sample.Outage {
		return autoscaler.Observation{}, ErrAway
	}
	now := time.Now()
	o.workers(now)
	o.types()
	for i := range infos {
		o.queue(now, i, &infos[i])
	}
	o.seen.Memory = o.memory.read(o.sample.Active)
	return o.seen, nil
}

// workers: they are goroutines, so none is ever starting.
func (o *Observer) workers(now time.Time) {
	s := &o.sample
	o.slotTime += time.Duration(max(s.Slots, s.Active)) * now.Sub(o.last)
	o.last = now
	o.seen.Workers = autoscaler.Workers{
		Ready: s.Slots / o.Slots, Draining: (max(s.Active-s.Slots, 0) + o.Slots - 1) / o.Slots, Slots: o.Slots,
		BusySeconds: s.Busy.Seconds(), SlotSeconds: o.slotTime.Seconds(),
	}
}

func (o *Observer) types() {
	for i := range o.seen.Types {
		t := &o.sample.Tallies[i]
		o.seen.Types[i] = autoscaler.Type{
			Name: o.Kinds[i], Running: t.Running, Retried: retries(t), Succeeded: t.Succeeded, Failed: t.Failed,
			SuccessSeconds: t.SuccessSeconds, SuccessSquares: t.SuccessArea, FailedSeconds: t.FailedSeconds,
		}
	}
}

func retries(t *worker.Tally) (n uint64) {
	for _, s := range t.Started {
		n += s.Again
	}
	return n
}

// queue takes in one queue, of which each worker that serves it has an equal
// share.
func (o *Observer) queue(now time.Time, i int, info *broker.QueueInfo) {
	place := o.Queues[i].Place
	share := 1 / float64(max(1, info.Sessions))
	a := &o.arrivals[i]
	a.mix(o.sample.Tallies, place)
	a.add(info, share)
	waiting := float64(info.Pending) * share
	if info.Settings.Paused {
		waiting = 0
	}
	waiting += float64(o.sample.Buffered[place])

	q := &o.seen.Queues[i]
	sum := 0.0
	for k := range q.Flows {
		before := math.Round(sum)
		sum += waiting * a.part(k)
		q.Flows[k] = autoscaler.Flow{Queued: int(math.Round(sum) - before), Arrived: uint64(a.total[k])}
	}
	w := &o.waits[i]
	w.look(now, &o.sample.Waits[place])
	q.WaitP95Seconds, q.Started = w.p95, w.count
}
