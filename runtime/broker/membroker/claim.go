package membroker

import "github.com/tqgen/taskqueue/runtime/broker"

// claim moves tasks of one lane into a claim of the session.
func (q *queue) claim(s *session, w broker.Want) {
	lane := q.choose(s.seq, w)
	if w.Max == 0 || lane < 0 || q.settings.Paused {
		return
	}
	n := min(w.Max, broker.MaxBatch, q.lanes[lane].len())
	if lane == suspects {
		n = 1
	}
	c := &claim{seq: s.seq, tasks: make([]*task, n), left: n}
	for i := range c.tasks {
		c.tasks[i] = q.lanes[lane].popFront()
		c.tasks[i].state = broker.Active
	}
	q.counts.Active += int64(n)
	s.claims = append(s.claims, c)
}

// choose picks the lane that a cycle claims from, or -1 where there is none.
func (q *queue) choose(seq uint64, w broker.Want) int {
	for i := range lanes {
		lane := i
		if seq%broker.FairnessInterval == 0 {
			lane = lanes - 1 - i
		}
		if q.lanes[lane].len() > 0 && (lane != suspects || w.Suspects) {
			return lane
		}
	}
	return -1
}

// claimable reports whether there is a lane that w could claim from.
func (q *queue) claimable(w broker.Want) bool { return !q.settings.Paused && q.choose(1, w) >= 0 }

// leases are the tasks that the session's cycle seq has claimed.
func (s *session) leases(seq uint64) []broker.Lease {
	i, found := s.find(seq)
	if !found {
		return nil
	}
	leases := make([]broker.Lease, len(s.claims[i].tasks))
	for k, t := range s.claims[i].tasks {
		leases[k] = broker.Lease{Message: t.Message, Claim: seq, Index: k}
	}
	return leases
}
