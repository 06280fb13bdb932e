package worker

import (
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// An idle queue needs no cycle while a listener waits: cycles only keep its session
// in view. Such a cycle asks for nothing and so can hold the session for longer than
// one that may be given tasks: nine commands in 18 seconds with the default lease.
const (
	idleLeases = 2
	// idleShare is how much time for each queue of a process passes between two such
	// cycles of one. With more queues than that leaves time for, a session lapses
	// while it has nothing to do, and the next task begins another one.
	idleShare = 6 * time.Second
)

// heartbeat is how often a cycle is due without another reason.
func (e *Engine) heartbeat(q *queue, now time.Time) time.Duration {
	switch {
	case q.held > 0:
		return e.Lease / 4
	case !q.listening || q.deaf.After(now):
		return min(pollInterval, e.Lease/2)
	case time.Duration(len(e.queues))*idleShare > e.idleLease()*3/4:
		return time.Hour
	}
	return q.lease * 3 / 4
}

func (e *Engine) idleLease() time.Duration { return min(idleLeases*e.Lease, broker.MaxLease) }

// resting reports whether a cycle has no other reason than to keep an idle session
// in view.
func (e *Engine) resting(q *queue, now time.Time) bool {
	return q.listening && !q.deaf.After(now) && q.held == 0 && q.quota == 0 && !q.passOn && !e.draining &&
		(q.again == 0 || q.last.Add(q.again).After(now)) && !q.rivals.After(now)
}

// unheard notes that Wait failed: for a while work is found by looking for it.
func (e *Engine) unheard(q *queue) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if !q.deaf.After(now) {
		q.poke()
	}
	q.deaf = now.Add(2 * pollInterval)
}

// reopen begins another session if the last one has lapsed without a lease, which
// saves the round trip in which the store would say so.
func (e *Engine) reopen(q *queue, now time.Time) {
	if q.seq > 0 && q.held == 0 && len(q.finished) == 0 && now.Sub(q.last) >= q.lease {
		e.newSession(q)
	}
}

// newSession names the next session of a queue. The caller holds mu.
func (e *Engine) newSession(q *queue) {
	q.epoch++
	q.session = fmt.Sprintf("%s.%d", e.Name, q.epoch)
	q.seq = 0
}
