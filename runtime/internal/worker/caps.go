package worker

import (
	"math/rand/v2"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// NoCap as an element of what Cap takes.
const NoCap = -1

// How long a task is given back that a cap holds.
const (
	holdMin  = time.Second
	holdMax  = time.Minute
	holdSpan = 128 // seconds; more than holdMax and its spread
)

// Cap bounds how many attempts of each kind run at once here, in the order of
// Config.Tallies; NoCap: as many as there are slots. A task over it is given
// back until about its turn has come: it takes no slot, and spends no attempt.
// Attempts that run go on.
func (e *Engine) Cap(limits []int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, t := range e.Tallies {
		t.capped = i < len(limits) && limits[i] != NoCap
		if t.capped {
			t.limit = limits[i]
		}
	}
}

// Ceiling bounds how many tasks may be claimed or run at once, below the number
// of slots; it never keeps an idle worker from one task. What runs goes on.
func (e *Engine) Ceiling(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ceiling = max(n, 1)
	if e.base != nil && !e.draining {
		e.distribute()
	}
}

// hold gives a run back for a while, as its kind is at its cap or there is no room for
// it; the caller holds mu and has taken it out of the buffer. All that are away come
// back evenly over the time that they take together, so that slots do not wait for
// them.
func (e *Engine) hold(r *Run, now time.Time, longest time.Duration) {
	t := r.kind.Tally
	pause := holdMin + rand.N(max(holdMin/4, longest-holdMin))
	for part := range r.parts {
		t.away.add(r.queue.place, len(t.Started), now, now.Add(pause))
		e.settle(r.queue, broker.Settle{Lease: part.Lease, Outcome: broker.Release, After: pause})
	}
	e.distribute()
}

// full says that a cap keeps another attempt from beginning.
func (t *Tally) full() bool { return t != nil && t.capped && t.Running >= t.limit }

// backlog is about how long those take that were given back before, so many at a time.
func (t *Tally) backlog(beside int) time.Duration {
	mean := 0.0
	if n := t.Succeeded + t.Failed; n > 0 {
		mean = (t.SuccessSeconds + t.FailedSeconds) / float64(n)
	}
	seconds := float64(t.away.total+1) * mean / float64(max(beside, 1))
	return max(holdMin, time.Duration(min(seconds, holdMax.Seconds())*float64(time.Second)))
}

// away counts tasks that were given back for a while, by the second in which
// they are due again.
type away struct {
	until int64              // the last second that is over
	due   [][holdSpan]uint32 // by queue
	total int
}

func (a *away) add(queue, queues int, now, due time.Time) {
	if a.due == nil {
		a.due, a.until = make([][holdSpan]uint32, queues), now.Unix()
	}
	a.due[queue][due.Unix()%holdSpan]++
	a.total++
}

// back counts those that are due by now.
func (a *away) back(now time.Time, started []Starts) {
	for a.total > 0 && a.until < now.Unix() {
		a.until++
		for q := range a.due {
			n := a.due[q][a.until%holdSpan]
			a.due[q][a.until%holdSpan] = 0
			a.total -= int(n)
			started[q].Back += uint64(n)
		}
	}
	a.until = max(a.until, now.Unix())
}
