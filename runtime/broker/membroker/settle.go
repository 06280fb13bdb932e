package membroker

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// settle ends leases that the session still holds.
func (q *queue) settle(s *session, settles []broker.Settle, now time.Time) {
	var given []held
	for i := range settles {
		end := &settles[i]
		t := s.take(end.Lease)
		if t == nil {
			continue
		}
		q.counts.Active--
		q.land(t, now)
		if end.Outcome == broker.Release && after(now, end.After).Equal(now) {
			given = append(given, held{end.Lease.Claim, end.Lease.Index, t})
			continue
		}
		q.carryOut(t, end, now)
	}
	q.giveBack(given, now)
}

// carryOut moves a task to where its outcome sends it.
func (q *queue) carryOut(t *task, s *broker.Settle, now time.Time) {
	switch s.Outcome {
	case broker.Done:
		q.counts.Done++
		q.finish(t, outcome{state: broker.StateDone, shape: t.Shape(), result: bytes.Clone(s.Result)}, now)
	case broker.Discard:
		q.discard(t, s.Reason, now)
	case broker.Dead:
		t.Message = normal(s.Message())
		q.bury(t, now)
	case broker.Retry:
		q.counts.Retried++
		t.Message = normal(s.Message())
		q.schedule(t, after(now, s.After))
	case broker.Release:
		q.counts.Released++
		q.schedule(t, after(now, s.After))
	case broker.Park:
		q.park(t, after(now, s.After))
	}
}

// discard ends a task that is not wanted any more.
func (q *queue) discard(t *task, reason string, now time.Time) {
	q.counts.Discarded++
	q.finish(t, outcome{state: broker.StateDiscarded, reason: broker.TrimReason(reason)}, now)
}

// A held task was in a session's hands.
type held struct {
	claim uint64
	index int
	*task
}

// giveBack returns tasks to the heads of their lanes, the oldest claim and
// lowest index first.
func (q *queue) giveBack(given []held, now time.Time) {
	slices.SortFunc(given, func(a, b held) int {
		return cmp.Or(cmp.Compare(b.claim, a.claim), cmp.Compare(b.index, a.index))
	})
	for _, h := range given {
		q.counts.Released++
		q.putBack(h.task, now)
	}
}

// take removes a task from the session's claims: nil if the session does not hold
// it (any more).
func (s *session) take(l *broker.Lease) *task {
	i, found := s.find(l.Claim)
	if !found || l.Index < 0 || l.Index >= len(s.claims[i].tasks) {
		return nil
	}
	c := s.claims[i]
	t := c.tasks[l.Index]
	if t == nil || t.ID != l.ID {
		return nil
	}
	c.tasks[l.Index] = nil
	c.left--
	if c.left == 0 {
		s.claims = slices.Delete(s.claims, i, i+1)
	}
	return t
}

func (s *session) find(seq uint64) (int, bool) {
	return slices.BinarySearchFunc(s.claims, seq, func(c *claim, seq uint64) int {
		return cmp.Compare(c.seq, seq)
	})
}
