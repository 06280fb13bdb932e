package membroker

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// claim moves tasks of one lane into a claim of the session, or of several lanes of
// groups.
func (q *queue) claim(s *session, w broker.Want, now time.Time) {
	if q.settings.Paused {
		return
	}
	c := &claim{seq: s.seq}
	want, first := min(w.Max, broker.MaxBatch), -1
	for range broker.AsideBatch {
		room, _ := q.room(now)
		rank, g := q.pick(s.seq, w, room)
		switch {
		case want == 0, rank < 0, first >= 0 && (g == nil || rank != first):
			q.claimed(s, c)
			return
		case g == nil:
			c.tasks = q.takePlain(rank, int64(want), room, now)
			q.claimed(s, c)
			return
		}
		if l, fits := q.fit(g, rank, now); l != nil {
			tasks := q.takeOf(l, min(int64(want), room, fits), now)
			c.tasks = append(c.tasks, tasks...)
			want, first = want-len(tasks), rank
		}
	}
	q.claimed(s, c)
}

// claimed notes what a claim has got.
func (q *queue) claimed(s *session, c *claim) {
	if c.left = len(c.tasks); c.left == 0 {
		return
	}
	for _, t := range c.tasks {
		q.become(t, broker.Active)
	}
	s.claims = append(s.claims, c)
}

// takePlain takes tasks of a lane without a group: of suspects one.
func (q *queue) takePlain(rank int, want, room int64, now time.Time) []*task {
	if rank == suspects {
		return q.take(&q.lanes[rank], 1)
	}
	tasks := q.take(&q.lanes[rank], min(want, room))
	q.bucket.take(int64(len(tasks)), q.settings.Rate, now)
	if len(q.rings[rank]) > 0 {
		q.turn++
		q.plain[rank] = q.turn
	}
	return tasks
}

// takeOf takes tasks of a group's lane, which goes behind those that wait for their
// turns.
func (q *queue) takeOf(l *lane, n int64, now time.Time) []*task {
	tasks := q.take(&l.tasks, n)
	n = int64(len(tasks))
	for _, t := range tasks {
		t.key = l.key
	}
	q.grouped -= n
	q.bucket.take(n, q.settings.Rate, now)
	q.fly(l.key, n, now)
	q.served(l, now)
	return tasks
}

// take takes tasks from the head of a lane.
func (q *queue) take(lane *deque[*task], n int64) []*task {
	tasks := make([]*task, min(n, int64(lane.len())))
	for i := range tasks {
		tasks[i] = lane.popFront()
	}
	q.counts.Active += int64(len(tasks))
	return tasks
}

// fit is the lane whose turn it is in a group, and for how many tasks it has room.
// Limits that were lowered may have lanes and groups among the ready ones that have
// none: they are set aside, and there is no lane.
func (q *queue) fit(g *group, rank int, now time.Time) (*lane, int64) {
	l := g.ready[rank][0].value
	ofGroup, _ := q.groupRoom(g, now)
	if ofGroup == 0 {
		q.standGroup(g, now)
		return nil, 0
	}
	ofKey, _ := q.keyRoom(l.key, now)
	if ofKey == 0 {
		q.stand(l, now)
		return nil, 0
	}
	return l, min(ofGroup, ofKey)
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
