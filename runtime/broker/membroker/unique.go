package membroker

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// holder is the task that holds a unique key now, or zero.
func (q *queue) holder(key string, now time.Time) broker.ID {
	if key == "" {
		return broker.ID{}
	}
	h, held := q.unique[key]
	if !held || !h.until.IsZero() && !now.Before(h.until) {
		return broker.ID{}
	}
	return h.id
}

// hold gives t its unique key, if it has one.
func (q *queue) hold(t *task, now time.Time) {
	u := t.Unique
	if u.Key == "" {
		return
	}
	h := hold{id: t.ID}
	if u.Window > 0 {
		h.until = after(now, u.Window)
		q.lapsing.push(h.until, t.ID, u.Key)
	}
	q.unique[u.Key] = h
}

// free gives up a unique key at the end of the task that holds it without a
// window.
func (q *queue) free(t *task) {
	if h := q.unique[t.Unique.Key]; h.id == t.ID && h.until.IsZero() {
		delete(q.unique, t.Unique.Key)
	}
}
