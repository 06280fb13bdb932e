package membroker

import (
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// reclaim takes the newest claim from the session that lapsed first, and returns
// what has died of it.
func (q *queue) reclaim(now time.Time) (died []broker.Message) {
	for _, s := range q.holding.lapsed(now, 1) {
		newest := len(s.claims) - 1
		died = q.lose(s.claims[newest], now)
		s.fenced = true
		if newest == 0 {
			q.holding.remove(s)
			delete(q.sessions, s.worker)
		}
		s.claims = s.claims[:newest]
	}
	return died
}

// lose counts a loss for each unsettled task of a claim and sends it where
// that leads. It returns those that it leads to the dead letters.
func (q *queue) lose(c *claim, now time.Time) (died []broker.Message) {
	var back []*task
	for _, t := range c.tasks {
		if t != nil {
			q.land(t, now)
		}
	}
	for _, t := range c.tasks {
		if t == nil {
			continue
		}
		t.Lost++
		switch {
		case t.Lost >= broker.LostLimit:
			q.bury(t, now)
			died = append(died, t.Message)
		case t.Lost >= broker.SuspectAfter:
			q.push(t, now)
		default:
			back = append(back, t)
		}
	}
	for _, t := range slices.Backward(back) {
		q.putBack(t, now)
	}
	q.counts.Active -= int64(c.left)
	q.counts.Lost += int64(c.left)
	return died
}

// forget drops lapsed sessions that hold nothing.
func (q *queue) forget(now time.Time) {
	lapsed := q.idle.lapsed(now, broker.ForgetBatch)
	for _, s := range lapsed {
		delete(q.sessions, s.worker)
	}
	q.idle = slices.Delete(q.idle, 0, len(lapsed))
}
