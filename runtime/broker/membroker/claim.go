package membroker

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// claim moves tasks of one lane into a claim of the session.
func (q *queue) claim(s *session, w broker.Want, now time.Time) {
	if w.Max == 0 || q.settings.Paused {
		return
	}
	at, found := q.choose(s.seq, w, now)
	if !found {
		return
	}
	n := int64(min(w.Max, broker.MaxBatch, at.tasks.len()))
	switch {
	case at.rank == suspects:
		n = 1
	case at.lane != nil:
		n = min(n, at.room)
		q.serve(at.lane, n, now)
	default:
		n = min(n, at.room)
		q.servePlain(at.rank, n, now)
	}
	c := &claim{seq: s.seq, tasks: make([]*task, n), left: int(n)}
	for i := range c.tasks {
		c.tasks[i] = at.tasks.popFront()
		q.become(c.tasks[i], broker.Active)
	}
	q.counts.Active += n
	s.claims = append(s.claims, c)
	if at.lane != nil {
		c.key = at.lane.key
		q.grouped -= n
		q.served(at.lane, now)
	}
}

// A choice is the lane that a cycle claims from.
type choice struct {
	rank  int
	tasks *deque[*task]
	room  int64 // how many tasks the limits let begin
	lane  *lane // nil: of no group
}

// choose picks the lane that a cycle claims from. Limits that were lowered may
// have lanes and groups among the ready ones that have no room: they are set
// aside.
func (q *queue) choose(seq uint64, w broker.Want, now time.Time) (c choice, found bool) {
	room, _ := q.room(now)
	for range broker.AsideBatch {
		rank, g := q.pick(seq, w, room)
		if rank < 0 {
			return c, false
		}
		if g == nil {
			return choice{rank, &q.lanes[rank], room, nil}, true
		}
		l := g.ready[rank][0].value
		ofGroup, _ := q.groupRoom(g, now)
		ofKey, _ := q.keyRoom(l.key, now)
		switch {
		case ofGroup == 0:
			q.standGroup(g, now)
		case ofKey == 0:
			q.stand(l, now)
		default:
			return choice{rank, &l.tasks, min(room, ofGroup, ofKey), l}, true
		}
	}
	return c, false
}

// pick finds the rank that is served, and the group if it is one's turn; -1: there
// is nothing to serve. Where there is both, it is a turn that counts.
func (q *queue) pick(seq uint64, w broker.Want, room int64) (rank int, g *group) {
	for i := range lanes {
		rank := i
		if seq%broker.FairnessInterval == 0 {
			rank = lanes - 1 - i
		}
		plain := q.lanes[rank].len() > 0
		switch {
		case rank == suspects && plain && w.Suspects:
			return rank, nil
		case rank == suspects || room == 0:
		case len(q.rings[rank]) == 0 && plain:
			return rank, nil
		case len(q.rings[rank]) == 0:
		case plain && q.plain[rank] <= q.rings[rank][0].turn:
			return rank, nil
		default:
			return rank, q.rings[rank][0].value
		}
	}
	return -1, nil
}

// servePlain counts the tasks that a claim takes from a lane without a group.
func (q *queue) servePlain(rank int, n int64, now time.Time) {
	q.bucket.take(n, q.settings.Rate, now)
	if len(q.rings[rank]) > 0 {
		q.turn++
		q.plain[rank] = q.turn
	}
}

// serve counts the tasks that a claim takes from a group's lane.
func (q *queue) serve(l *lane, n int64, now time.Time) {
	q.bucket.take(n, q.settings.Rate, now)
	q.fly(l.key, n, now)
}

// served sends a lane and its group behind those that wait for their turns.
func (q *queue) served(l *lane, now time.Time) {
	q.turn++
	q.unstand(l)
	q.rings[l.rank].remove(l.group.turn[l.rank], l.group.name)
	q.stand(l, now)
	if !l.group.aside {
		q.standGroup(l.group, now)
	}
}

// claimable reports whether there is a lane that w could claim from.
func (q *queue) claimable(w broker.Want, now time.Time) bool {
	if q.settings.Paused {
		return false
	}
	room, _ := q.room(now)
	return room > 0 && q.startable() || w.Suspects && q.lanes[suspects].len() > 0
}

// startable reports whether tasks wait that only limits of the queue may hold up.
func (q *queue) startable() bool {
	for rank := range ranks {
		if q.lanes[rank].len() > 0 || len(q.rings[rank]) > 0 {
			return true
		}
	}
	return false
}

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
