package membroker

import (
	"cmp"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// promote moves due tasks to the tails of their lanes, earliest first: as many as most.
func (q *queue) promote(now time.Time, most int) {
	for range cmp.Or(most, broker.PromoteBatch) {
		if !q.scheduled.reached(now) {
			return
		}
		q.push(q.scheduled.pop().value, now)
	}
}
