package worker

import (
	"errors"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/stats"
)

// A Tally counts the attempts of one kind, for whoever sizes the engine. Started
// has an element for each of Config.Queues; all shapes of a kind share the tally.
// The engine guards it: [Engine.Sample] copies it.
type Tally struct {
	Running                     int      // now
	Held                        int      // given back because of a cap, and not due yet; filled in by Sample
	Started                     []Starts // by queue
	Succeeded, Failed           uint64   // a handler that asks for no retry has not failed
	SuccessSeconds, SuccessArea float64  // Σ service time, Σ (service time)²
	FailedSeconds               float64

	capped bool
	limit  int // of attempts at the same time, where capped
	away   away
}

// Starts count attempts that began, first ones and retries, and tasks that a cap
// held which are due again.
type Starts struct{ First, Again, Back uint64 }

// A Sample is what has been measured up to one instant. Its slices are used
// again by the next one.
type Sample struct {
	Slots, Active int
	Busy          time.Duration     // Σ time of a slot with a task, running ones included
	Outage        bool              // the store does not answer
	Tallies       []Tally           // of Config.Tallies
	Reserved      int64             // bytes that running tasks have declared to take
	Refused       uint64            // starts that there was no room for
	Buffered      []int             // tasks claimed and not begun, by queue
	Waits         []stats.Durations // from ready to started, by queue
}

// Sample measures now.
func (e *Engine) Sample(s *Sample) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	s.Slots, s.Active, s.Busy, s.Outage = e.slots, len(e.active), e.busy, e.outage() != nil
	s.Reserved, s.Refused = e.memory.reserved, e.memory.refused
	for _, r := range e.active {
		s.Busy += now.Sub(r.Started)
	}
	for _, t := range e.Tallies {
		t.away.back(now, t.Started)
		t.Held = t.away.total
	}
	s.copyTallies(e.Tallies)
	s.Buffered, s.Waits = s.Buffered[:0], s.Waits[:0]
	for _, q := range e.queues {
		s.Buffered = append(s.Buffered, q.buffer.len())
		if q.waits != nil {
			s.Waits = append(s.Waits, *q.waits)
		}
	}
}

func (s *Sample) copyTallies(all []*Tally) {
	if len(s.Tallies) != len(all) {
		s.Tallies = make([]Tally, len(all))
	}
	for i, t := range all {
		own := &s.Tallies[i]
		own.Started = append(own.Started[:0], t.Started...)
		started := own.Started
		*own = *t
		own.Started, own.away = started, away{}
	}
}

// counted counts the start of a run; the caller holds mu.
func (r *Run) counted() {
	if w := r.queue.waits; w != nil {
		w.Observe(r.wait)
	}
	t := r.kind.Tally
	if t == nil {
		return
	}
	if r.Lease.Attempts > 0 {
		t.Started[r.queue.place].Again++
		return
	}
	t.Started[r.queue.place].First++
}

// count takes in the end of an attempt; the caller holds mu. What was given back
// or discarded says nothing of its kind. Of a call that ran several tasks, each has
// its share.
func (t *Tally) count(f *finish, tasks int) {
	seconds := float64(f.at.Sub(f.run.Started)) / float64(time.Second) / float64(tasks)
	switch {
	case f.settle.Outcome == broker.Done || f.settle.Outcome == broker.Dead && f.final():
		t.Succeeded++
		t.SuccessSeconds += seconds
		t.SuccessArea += seconds * seconds
	case f.settle.Outcome == broker.Retry || f.settle.Outcome == broker.Dead:
		t.Failed++
		t.FailedSeconds += seconds
	}
}

// final says that the handler wanted no retry.
func (f *finish) final() bool {
	var v *Verdict
	return !f.timedOut && errors.As(f.err, &v) && v.Outcome == broker.Dead
}
