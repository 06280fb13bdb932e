package sim

import (
	"slices"
	"sort"
)

// An Observation is what a controller may look at. Counters run from the
// beginning of the trace.
type Observation struct {
	Now   float64
	Trace *Trace // for what an operator knows: bounds, targets, slots, limits

	Ready, Starting, Draining int // workers
	Target                    int // ready and starting
	Busy                      int // slots

	Queued       [Queues]int
	QueuedByType [Queues][Types]int
	Oldest       [Queues]float64 // age of the first in line
	HeldBack     [Types]int      // waiting because of a cap
	Running      [Types]int

	Arrived       [Queues][Types]int64 // first attempts, not the scheduled ones
	Scheduled     [Queues][Types]int64 // first attempts that became due
	Retried       [Types]int64         // retries that became ready
	Done          [Types]int64
	Failed        [Types]int64 // attempts
	GivenUp       int64        // tasks
	Service       [Types]float64
	ServiceSquare [Types]float64
	FailedService [Types]float64

	BusySeconds  float64 // ∫ busy slots
	ReadySeconds float64 // ∫ slots of ready and draining workers

	MemoryMB     float64
	MemoryPeakMB float64 // since the last look

	Startups       int64
	StartupSeconds float64

	run *run
}

// Waits returns the percentile p of the waits of tasks started in the last
// window seconds, each divided by its queue's target, and how many they are.
func (o *Observation) Waits(window, p float64) (relative float64, n int) {
	return o.waits(window, p, func(int8) bool { return true })
}

// QueueWaits is the percentile p of one queue's waits, in seconds.
func (o *Observation) QueueWaits(q int, window, p float64) (seconds float64, n int) {
	relative, n := o.waits(window, p, func(queue int8) bool { return int(queue) == q })
	return relative * o.Trace.WaitOf(q), n
}

func (o *Observation) waits(window, p float64, which func(queue int8) bool) (float64, int) {
	log := o.run.log
	first := sort.Search(len(log), func(i int) bool { return log[i].at >= o.Now-window })
	var waits []float64
	for _, s := range log[first:] {
		if which(s.queue) {
			waits = append(waits, float64(s.relative))
		}
	}
	if len(waits) == 0 {
		return 0, 0
	}
	slices.Sort(waits)
	return waits[min(int(p*float64(len(waits))), len(waits)-1)], len(waits)
}

// Due counts the delayed tasks, retries among them, that fall due within
// horizon seconds.
func (o *Observation) Due(horizon float64) (due [Queues][Types]int) {
	tr := o.Trace
	for i := o.run.next; i < len(tr.Tasks) && tr.Tasks[i].At <= o.Now+horizon; i++ {
		if t := &tr.Tasks[i]; t.Scheduled && t.At-tr.Visible <= o.Now {
			due[t.Queue][t.Type]++
		}
	}
	for _, e := range o.run.events.heap {
		if e.kind == retryDue && e.at <= o.Now+horizon {
			in := o.run.tasks[e.task].in
			due[in.Queue][in.Type]++
		}
	}
	return due
}

// A started is one start in the log of waits.
type started struct {
	at       float64
	relative float32 // wait ÷ target
	queue    int8
}

// A Controller sizes the pool.
type Controller interface {
	Name() string
	// Interval is the time between two calls of Decide.
	Interval() float64
	// Decide returns how many workers, ready and starting, there should be. The
	// trace's Min and Max hold in any case.
	Decide(o *Observation) int
}

// A Limiter also caps how many tasks of a type run at the same time, 0 meaning
// no cap. Tasks over it do not hold workers.
type Limiter interface{ Limits() [Types]int }

// An Explainer names what decided last.
type Explainer interface{ Term() string }
