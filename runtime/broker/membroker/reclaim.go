package membroker

import (
	"slices"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// reclaim takes the newest claim from the session that lapsed first.
func (q *queue) reclaim(by *session, now time.Time) {
	lapsed := q.lapsed(by, now, func(s *session) bool { return len(s.claims) > 0 })
	if len(lapsed) == 0 {
		return
	}
	s := lapsed[0]
	newest := len(s.claims) - 1
	q.lose(s.claims[newest], now)
	s.fenced = true
	s.claims = s.claims[:newest]
	if newest == 0 {
		delete(q.sessions, s.worker)
	}
}

// lose counts a loss for each unsettled task of a claim and sends it where
// that leads.
func (q *queue) lose(c *claim, now time.Time) {
	var back []*task
	for _, t := range c.tasks {
		if t == nil {
			continue
		}
		t.Lost++
		switch {
		case t.Lost >= broker.LostLimit:
			q.bury(t, now)
		case t.Lost >= broker.SuspectAfter:
			q.push(t)
		default:
			back = append(back, t)
		}
	}
	for _, t := range slices.Backward(back) {
		q.putBack(t)
	}
	q.counts.Active -= int64(c.left)
	q.counts.Lost += int64(c.left)
}

// forget drops lapsed sessions that hold nothing.
func (q *queue) forget(by *session, now time.Time) {
	idle := q.lapsed(by, now, func(s *session) bool { return len(s.claims) == 0 })
	for _, s := range idle[:min(len(idle), broker.ForgetBatch)] {
		delete(q.sessions, s.worker)
	}
}

// lapsed lists the sessions that have lapsed, first lapsed first.
func (q *queue) lapsed(by *session, now time.Time, which func(*session) bool) (found []*session) {
	for _, s := range q.sessions {
		if s != by && !now.Before(s.expires) && which(s) {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b *session) int {
		if c := a.expires.Compare(b.expires); c != 0 {
			return c
		}
		return strings.Compare(a.worker, b.worker)
	})
	return found
}
