package sim

import (
	"math"
	"math/rand"
)

// plotEvery is the time between two points of a run's course.
const plotEvery = 5

// Options are what a run is asked for beside its result.
type Options struct {
	// Course records a Point every five seconds.
	Course bool
	// Look sees every decision, right after it was carried out.
	Look func(now float64, target int)
}

// Run simulates a controller on a trace.
func Run(tr *Trace, c Controller, o Options) Result {
	r := &run{
		tr: tr, controller: c, options: o,
		random: rand.New(rand.NewSource(tr.Seed*7919 + 17)),
	}
	r.result.Trace, r.result.Controller, r.result.Seed = tr.Name, c.Name(), tr.Seed
	for range tr.Init {
		r.pool.workers = append(r.pool.workers, worker{state: starting, generation: 1})
		r.pool.starting++
		r.up(int32(len(r.pool.workers) - 1))
	}
	r.seen.Startups, r.seen.StartupSeconds = 0, 0
	r.nextTick = c.Interval()
	for r.step() {
	}
	return r.finish()
}

// A run is one simulation.
type run struct {
	tr         *Trace
	controller Controller
	options    Options
	random     *rand.Rand

	now, billedTo      float64
	nextTick, nextPlot float64
	events             agenda
	next               int // of the trace's tasks

	tasks  []attempt // a task keeps its number until it is done
	unused []int32   // numbers
	queues [Queues]fifo
	queued [Queues][Types]int
	parked [Types]fifo
	limits [Types]int

	pool      pool
	busy      int
	running   [Types]int
	runs      map[int32]bool // the numbers of running tasks, where memory is limited
	memory    float64        // MB of running tasks
	peak      float64
	seen      Observation
	log       []started
	late      []float64 // times of late starts, where there are marks
	plotWork  float64   // that had come by the last point
	direction int       // of the last change
	result    Result
}

// An attempt is a task in the system and its present attempt.
type attempt struct {
	in         *Task
	ready      float64
	begun      float64
	waited     float64 // over all attempts
	served     float64
	number     int
	generation int32 // events of older ones are void
}

// step goes to what happens next; it is false at the trace's end.
func (r *run) step() bool {
	at, what := r.tr.Duration, (func())(nil)
	if r.next < len(r.tr.Tasks) && r.tr.Tasks[r.next].At < at {
		at, what = r.tr.Tasks[r.next].At, r.arrive
	}
	if len(r.events.heap) > 0 && r.events.heap[0].at <= at {
		at, what = r.events.heap[0].at, r.happen
	}
	if r.nextTick < at {
		at, what = r.nextTick, r.decide
	}
	if r.options.Course && r.nextPlot < at {
		at, what = r.nextPlot, r.plot
	}
	r.account(at)
	r.now = at
	if what == nil {
		return false
	}
	what()
	return true
}

// account integrates over the time since the last event.
func (r *run) account(until float64) {
	dt := until - r.billedTo
	if dt <= 0 {
		return
	}
	r.result.WorkerSeconds += dt * float64(r.pool.size())
	r.seen.BusySeconds += dt * float64(r.busy)
	r.seen.ReadySeconds += dt * float64((r.pool.ready+r.pool.draining)*r.tr.Slots)
	r.billedTo = until
}

func (r *run) arrive() {
	in := &r.tr.Tasks[r.next]
	r.next++
	r.result.Tasks++
	r.result.Work += float64(in.Service)
	if in.Scheduled {
		r.seen.Scheduled[in.Queue][in.Type]++
	} else {
		r.seen.Arrived[in.Queue][in.Type]++
	}
	r.enqueue(r.admit(in))
	r.dispatch()
}

func (r *run) happen() {
	e := r.events.pop()
	switch e.kind {
	case taskDone:
		if r.tasks[e.task].generation == e.generation {
			r.finishAttempt(e)
		}
	case workerUp:
		if w := r.pool.workers[e.worker]; w.state != starting || w.generation != e.generation {
			return
		}
		r.up(e.worker)
	case retryDue:
		if r.tasks[e.task].generation != e.generation {
			return
		}
		r.seen.Retried[r.tasks[e.task].in.Type]++
		r.enqueue(e.task)
	}
	r.dispatch()
}

func (r *run) decide() {
	r.nextTick += r.controller.Interval()
	before := r.pool.target()
	r.resize(r.controller.Decide(r.look()))
	if l, ok := r.controller.(Limiter); ok {
		r.limits = l.Limits()
	}
	r.count(before, r.pool.target())
	if r.options.Look != nil {
		r.options.Look(r.now, r.pool.target())
	}
	r.dispatch()
}

// count keeps the books of actions.
func (r *run) count(before, after int) {
	if before == after {
		return
	}
	r.result.Actions++
	direction := 1
	if after < before {
		direction = -1
	}
	if r.direction != 0 && direction != r.direction {
		r.result.Reversals++
	}
	r.direction = direction
	r.result.MaxWorkers = max(r.result.MaxWorkers, after)
}

// look fills in the observation.
func (r *run) look() *Observation {
	o := &r.seen
	o.Now, o.Trace, o.run = r.now, r.tr, r
	o.Ready, o.Starting, o.Draining = r.pool.ready, r.pool.starting, r.pool.draining
	o.Target, o.Busy, o.Running = r.pool.target(), r.busy, r.running
	o.QueuedByType = r.queued
	for q := range r.queues {
		o.Queued[q], o.Oldest[q] = r.queues[q].len(), 0
		if o.Queued[q] > 0 {
			o.Oldest[q] = r.now - r.tasks[r.queues[q].first()].ready
		}
	}
	for t := range r.parked {
		o.HeldBack[t] = r.parked[t].len()
	}
	idle := r.idleMemory()
	o.MemoryMB, o.MemoryPeakMB = r.memory+idle, r.peak+idle
	r.peak = r.memory
	return o
}

func (r *run) idleMemory() float64 {
	return r.tr.MemBase + r.tr.MemWorker*float64(r.pool.size())
}

// A Point is one moment of a run's course.
type Point struct {
	At            float64
	Target, Ready int // workers
	Busy          int // slots
	Queued        int
	OldestWait    float64
	Offered       float64 // work that arrived since the last point, in erlang
	Term          string  // what decided
}

func (r *run) plot() {
	o := r.look()
	p := Point{At: r.now, Target: r.pool.target(), Ready: r.pool.ready, Busy: r.busy, Offered: (r.result.Work - r.plotWork) / plotEvery}
	r.plotWork = r.result.Work
	for q := range o.Queued {
		p.Queued += o.Queued[q]
		p.OldestWait = math.Max(p.OldestWait, o.Oldest[q])
	}
	if e, ok := r.controller.(Explainer); ok {
		p.Term = e.Term()
	}
	r.result.Course = append(r.result.Course, p)
	r.nextPlot += plotEvery
}
