package membroker

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// promote moves due tasks to the tails of their lanes, earliest first.
func (q *queue) promote(now time.Time) {
	for range broker.PromoteBatch {
		if !q.scheduled.reached(now) {
			return
		}
		q.push(q.scheduled.pop().value, now)
	}
}
