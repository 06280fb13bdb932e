package membroker

import (
	"slices"
	"sort"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// finish ends a task that is done or discarded. Its outcome is kept for the
// task's Retention.
func (q *queue) finish(t *task, o outcome, now time.Time) {
	q.become(t, o.state)
	delete(q.tasks, t.ID)
	q.free(t)
	q.unmark(t)
	if t.Retention > 0 {
		o.at, o.expires = now, now.Add(t.Retention)
		q.outcomes[t.ID] = &o
		q.fading.push(o.expires, t.ID, t.ID)
	}
	q.announce(t, o.state)
}

// bury moves a task to the dead letters.
func (q *queue) bury(t *task, now time.Time) {
	q.become(t, broker.StateDead)
	t.at = now
	i := sort.Search(len(q.dead), func(i int) bool {
		return earlier(now, t.ID, q.dead[i].at, q.dead[i].ID)
	})
	q.dead = slices.Insert(q.dead, i, t)
	q.counts.Died++
	q.letters += size(t)
	t.progress = nil
	q.free(t)
	q.unmark(t)
	q.announce(t, broker.StateDead)
}

// sweepBatch bounds how much one step sweeps: more than one step can add, so
// that sweeping keeps up.
const sweepBatch = 2 * broker.MaxBatch

// sweep drops what has expired: outcomes and unique windows.
func (q *queue) sweep(now time.Time) {
	for n := 0; n < sweepBatch && q.fading.reached(now); n++ {
		m := q.fading.pop()
		if o := q.outcomes[m.id]; o != nil && o.expires.Equal(m.at) {
			delete(q.outcomes, m.id)
		}
	}
	for n := 0; n < sweepBatch && q.resting.reached(now); n++ {
		k := q.resting.pop().value
		k.rests = false
		q.rest(k, now)
	}
	for n := 0; n < sweepBatch && q.lapsing.reached(now); n++ {
		m := q.lapsing.pop()
		if q.unique[m.value] == (hold{m.id, m.at}) {
			delete(q.unique, m.value)
		}
	}
}
