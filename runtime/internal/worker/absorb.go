package worker

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// absorb takes in the answer to a cycle.
func (e *Engine) absorb(q *queue, c *broker.Cycle, g broker.Grant) {
	for _, stop := range e.takeIn(q, c, &g) {
		stop()
	}
	e.Mourn(g.Died)
}

// takeIn books the answer. It returns what ends the contexts of runs that are not
// wanted any more.
func (e *Engine) takeIn(q *queue, c *broker.Cycle, g *broker.Grant) (stop []func()) {
	runs := e.runs(q, c, g)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopAsking(q)
	q.update(c, g)
	e.skew = g.Now.Sub(q.last)
	if q.unpark = e.reclaim(q, g.Parked); len(q.unpark) > 0 {
		q.ready, q.rivals = true, q.last.Add(rivalTime)
	}
	if !q.ready || q.paused {
		e.withdraw(q)
	}
	q.hunger(c, runs)
	for i := range runs {
		e.admit(q, &runs[i])
	}
	e.shutAll(q)
	stop = e.stopCancelled(q, g.Cancelled)
	if e.draining || e.slots == 0 {
		e.giveBack(q)
		return stop
	}
	e.shed(q)
	e.wake()
	e.distribute()
	return stop
}

// runs makes the runs of a grant, all in one piece of memory.
func (e *Engine) runs(q *queue, c *broker.Cycle, g *broker.Grant) []Run {
	e.logTaken(g.Leases)
	runs := make([]Run, len(g.Leases))
	for i := range g.Leases {
		lease := &g.Leases[i]
		runs[i] = Run{
			Lease: lease, Worker: c.Session.Worker, engine: e,
			kind: e.kind(lease.Shape()), queue: q, place: -1,
		}
	}
	return runs
}

// update is what an answer says of the queue and its session.
func (q *queue) update(c *broker.Cycle, g *broker.Grant) {
	q.last, q.lease, q.again = time.Now(), c.Lease, g.Again
	q.ready = g.More || q.hinted
	q.heed(c, g)
	if c.Want.Max > 0 {
		q.claims.asked(len(g.Leases))
	}
	q.held += len(g.Leases) - len(c.Settle)
	for i := range c.Settle {
		q.counts.settled(c.Settle[i].Outcome)
	}
	if len(c.Settle) > 0 {
		clear(c.Settle)
		q.spare = c.Settle[:0]
	}
}

// heed slows a queue down whose store promises work and has none for us time
// after time: others were faster, or it is not for this worker.
func (q *queue) heed(c *broker.Cycle, g *broker.Grant) {
	switch {
	case len(g.Leases) > 0:
		q.vain, q.paused = 0, false
	case !q.hoped, c.Want.Max == 0 && g.More:
	default:
		pause := q.idle
		if q.vain++; q.vain > 2 {
			pause = max(pause, time.Millisecond<<min(q.vain-3, 5))
		}
		if pause > 0 {
			q.paused, q.pauseTo = true, q.last.Add(pause)
		}
	}
}

// asked notes the answer to a cycle that asked for tasks.
func (c *Claims) asked(granted int) {
	c.Asked++
	c.Granted += int64(granted)
	if granted == 0 {
		c.Vain++
	}
}

// admit buffers a run, or settles it at once if nothing can run it.
func (e *Engine) admit(q *queue, r *Run) {
	r.epoch = q.epoch
	if r.Lease.Lost >= broker.SuspectAfter {
		e.suspects++
		e.Log.Warn("task lost its worker time after time: it runs with no other such task beside it, and is dead when that goes on",
			append(r.attrs(), "lost", r.Lease.Lost, "limit", broker.LostLimit)...)
	}
	if r.kind == nil {
		e.settle(q, e.park(q, r.Lease))
		return
	}
	if r.kind.Batch != nil {
		e.collect(q, r)
		return
	}
	e.push(q, r)
}
