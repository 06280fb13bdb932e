package autoscaler

import "time"

// A Term names what decided the size.
type Term string

// The terms.
const (
	TermHold     Term = "hold"     // nothing is known yet, or too little changed
	TermSteady   Term = "steady"   // the offered work
	TermPressure Term = "pressure" // the backlog
	TermSchedule Term = "schedule" // mostly tasks that fall due soon
	TermReserve  Term = "reserve"  // surprises that were seen before
	TermErrors   Term = "errors"   // the brake for failing types
	TermMemory   Term = "memory"   // the brake for memory
	TermBounds   Term = "bounds"   // min_workers or max_workers
)

// Terms lists every term.
func Terms() []Term {
	return []Term{TermHold, TermSteady, TermPressure, TermSchedule, TermReserve, TermErrors, TermMemory, TermBounds}
}

// A Decision is a size, with everything that led to it. String says it in words.
type Decision struct {
	At     time.Time
	From   int // workers, ready and starting, before
	To     int // workers that there should be, ready and starting
	Wanted int // workers, before hysteresis and bounds
	Term   Term

	Steady   float64 // slots for the offered work
	Pressure float64 // slots for the backlog
	Reserve  float64 // slots for surprises
	HeldBack float64 // slots on top, for what caps let through of their backlog

	Before   float64 // offered work before this tick, erlang
	Offered  float64 // and after, erlang
	Change   Change  // what the tick did to it
	Starting int     // workers in start-up
	Wait     float64 // predicted wait, s, as of a queue of weight 1 …
	Target   float64 // … and its target
	Signals  Signals
	Margin   float64 // learned: 0 configured utilization, 1 Erlang's size, 2 lean
	Caps     []Cap   // types whose concurrency is limited; the others are not
}

// A Cap limits how many tasks of a type run at the same time, in all processes
// together. Tasks over it wait without holding a worker.
type Cap struct {
	Type   string
	Limit  int
	Brake  Term    // TermErrors or TermMemory
	Rate   float64 // TermErrors: share of failed attempts; 0: the type recovers
	NeedMB float64 // TermMemory: what one task takes at its peak
}

// Signals are the five measured metrics beside their current thresholds.
type Signals struct {
	QueuePressure   Signal // predicted wait ÷ target: at 1 the last task in just meets its target
	Utilization     Signal // busy ÷ available slot time since the last decision
	Complexity      Signal // service time ÷ its baseline, weighted by arrivals
	ErrorRate       Signal // of the worst type
	MemoryPerWorker Signal // MB
}

// A Signal is a measured value and its threshold of now.
type Signal struct{ Value, Threshold float64 }

// Over says that the value is over its threshold.
func (s Signal) Over() bool { return s.Value > s.Threshold }

// largest names the size that was the largest.
func (d *Decision) largest(s *situation) Term {
	switch total := sum(s.backlog); {
	case d.Reserve > d.Steady && d.Reserve > d.Pressure:
		return TermReserve
	case d.Pressure <= d.Steady:
		return TermSteady
	case s.due > total/2:
		return TermSchedule
	}
	return TermPressure
}

func sum(xs []float64) (total float64) {
	for _, x := range xs {
		total += x
	}
	return total
}

// settled names what bounds and hysteresis made of the wish. A brake keeps its
// name.
func (d *Decision) settled(bounded int) {
	switch {
	case d.Term == TermErrors || d.Term == TermMemory:
	case d.To == d.From && bounded != d.From:
		d.Term = TermHold
	case d.To == bounded && bounded != d.Wanted:
		d.Term = TermBounds
	}
}

// cap adds a cap, or lowers the one that its type has.
func (d *Decision) cap(c Cap) {
	for i := range d.Caps {
		if d.Caps[i].Type != c.Type {
			continue
		}
		if c.Limit < d.Caps[i].Limit {
			d.Caps[i] = c
		}
		return
	}
	d.Caps = append(d.Caps, c)
}
