package worker

import (
	"fmt"
	"time"
)

// idleShare keeps an idle process quiet: so much time for each of its queues
// pass between two cycles of one, as long as that keeps the session's lease. With
// more queues than that a session lapses while it has nothing to do, and the next
// task begins another one.
const idleShare = 3500 * time.Millisecond

// heartbeat is how often a cycle is due without another reason. While a listener
// waits, an idle queue needs none: cycles only keep its session in view.
func (e *Engine) heartbeat(q *queue, now time.Time) time.Duration {
	switch {
	case q.held > 0:
		return e.Lease / 4
	case !q.listening || q.deaf.After(now):
		return min(pollInterval, e.Lease/2)
	}
	every := max(e.Lease/2, time.Duration(len(e.queues))*idleShare)
	if every > e.Lease {
		return time.Hour
	}
	return every
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
	if q.seq > 0 && q.held == 0 && len(q.finished) == 0 && now.Sub(q.last) >= e.Lease {
		e.newSession(q)
	}
}

// newSession names the next session of a queue. The caller holds mu.
func (e *Engine) newSession(q *queue) {
	q.epoch++
	q.session = fmt.Sprintf("%s.%d", e.Name, q.epoch)
	q.seq = 0
}
