package worker

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// absorb takes in the answer to a cycle.
func (e *Engine) absorb(q *queue, c *broker.Cycle, g broker.Grant) {
	for _, stop := range e.takeIn(q, c, &g) {
		stop()
	}
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
	for range min(len(runs), e.pool) {
		e.work.Signal()
	}
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
			kind: e.kind(lease), queue: q, place: -1,
		}
	}
	return runs
}

// kind is what runs a task; nil if there is no handler for it, or none for its
// shape.
func (e *Engine) kind(l *broker.Lease) *Kind {
	k := e.Kinds[l.Kind]
	if version := shape(l); k != nil && max(k.Version, 1) != version {
		return k.Older[version]
	}
	return k
}

// shape is the version of a task's payload. Where none is given it is the first.
func shape(l *broker.Lease) uint16 { return max(l.Version, 1) }

// update is what an answer says of the queue and its session.
func (q *queue) update(c *broker.Cycle, g *broker.Grant) {
	q.last, q.again = time.Now(), g.Again
	q.ready = g.More || q.hinted
	q.heed(c, g)
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
		if q.vain++; q.vain > 2 {
			q.paused, q.pauseTo = true, q.last.Add(time.Millisecond<<min(q.vain-3, 5))
		}
	}
}

// admit buffers a run, or settles it at once if nothing can run it.
func (e *Engine) admit(q *queue, r *Run) {
	r.epoch = q.epoch
	if r.Lease.Lost >= broker.SuspectAfter {
		e.suspects++
	}
	if r.kind == nil {
		e.settle(q, e.unknownKind(q, r.Lease))
		return
	}
	if r.kind.Batch != nil {
		e.collect(q, r)
		return
	}
	e.push(q, r)
}

const (
	unknownMin   = 5 * time.Second  // before it is granted again
	unknownMax   = 24 * time.Second // and up to a quarter more
	unknownKinds = 1000             // that are remembered
)

// unknownKind gives a task back for a worker that has a handler for it. No
// attempt is spent. It is dead when it is too old and this worker, too, has
// long known that it has no handler.
func (e *Engine) unknownKind(q *queue, l *broker.Lease) broker.Settle {
	now := time.Now()
	since := e.meet(l, now)
	q.counts.Unknown++
	if made := l.ID.Time().Add(-e.skew); made.After(since) {
		since = made
	}
	age := now.Sub(since)
	if age >= e.UnknownAge {
		return broker.Settle{
			Lease: l, Outcome: broker.Dead, At: now.Add(e.skew),
			Reason: fmt.Sprintf("%v: %s, for %v", ErrUnknownKind, e.describe(l), age.Truncate(time.Second)),
		}
	}
	after := min(max(age/8, unknownMin), unknownMax)
	return broker.Settle{Lease: l, Outcome: broker.Release, After: after + rand.N(after/4)}
}

// describe names a kind, and the shape if that is what is unknown.
func (e *Engine) describe(l *broker.Lease) string {
	if e.Kinds[l.Kind] == nil {
		return strconv.Quote(l.Kind)
	}
	return fmt.Sprintf("%q in version %d", l.Kind, shape(l))
}

// An unknownKey is a kind without a handler, in one shape of its payload.
type unknownKey struct {
	kind    string
	version uint16
}

// meet is when this worker first met a kind without a handler. It says so then.
func (e *Engine) meet(l *broker.Lease, now time.Time) time.Time {
	key := unknownKey{l.Kind, shape(l)}
	since, known := e.unknown[key]
	if known || len(e.unknown) >= unknownKinds {
		return cmp.Or(since, now)
	}
	e.unknown[key] = now
	attrs := []any{"kind", l.Kind, "version", key.version, "queue", l.Queue, "id", l.ID}
	if k := e.Kinds[l.Kind]; k != nil {
		attrs = append(attrs, "known_version", k.Version)
	}
	e.Log.Error("no handler for this kind of task: giving it back for another worker; is this program older than the one that enqueued it?", attrs...)
	return now
}
