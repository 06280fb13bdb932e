package membroker

import (
	"context"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Cycle implements broker.Queue.
func (b *Broker) Cycle(ctx context.Context, c broker.Cycle) (broker.Grant, error) {
	if err := c.Check(); err != nil {
		return broker.Grant{}, err
	}
	if err := b.enter(ctx); err != nil {
		return broker.Grant{}, err
	}
	defer b.mu.Unlock()
	return b.queue(c.Session.Queue).cycle(&c, b.now())
}

// cycle is one step of a session: the order of its parts is the contract's.
// Meanwhile the session stands in no roster, so what looks through them sees
// the others only.
func (q *queue) cycle(c *broker.Cycle, now time.Time) (broker.Grant, error) {
	s, err := q.admit(c)
	if err != nil {
		return broker.Grant{}, err
	}
	q.roster(s).remove(s)
	s.expires = after(now, c.Lease)
	var lost []broker.Message
	if repeat := c.Seq == s.seq; !repeat {
		s.seq = c.Seq
		lost = q.step(s, c, now)
	}
	g := q.grant(s, c, now)
	g.Died = lost
	if stays := q.sessions[s.worker] == s; stays {
		q.roster(s).add(s)
	}
	q.wake(now)
	return g, nil
}

// step returns what has died because it was lost too often.
func (q *queue) step(s *session, c *broker.Cycle, now time.Time) (lost []broker.Message) {
	died := q.counts.Died
	q.unpark(c.Unpark, now)
	q.settle(s, c.Settle, now)
	s.note(c.Progress)
	if c.Leave {
		q.leave(s, now)
	}
	q.promote(now, c.Promote)
	q.returning(now)
	if !c.Leave {
		q.claim(s, c.Want, now)
	}
	if q.counts.Died > died || c.Seq%broker.TrimInterval == 0 || c.Leave {
		q.trim(now)
	}
	if lost = q.reclaim(now); len(lost) > 0 {
		q.trim(now)
	}
	q.forget(now)
	q.sweep(now)
	return lost
}

// admit is the fence: it finds the session that may take this cycle.
func (q *queue) admit(c *broker.Cycle) (*session, error) {
	s := q.sessions[c.Session.Worker]
	switch {
	case s == nil && c.Seq > 1, s != nil && s.fenced:
		return nil, broker.ErrFenced
	case s == nil:
		s = &session{worker: c.Session.Worker}
		q.sessions[s.worker] = s
	case c.Seq < s.seq:
		return nil, broker.ErrStale
	}
	return s, nil
}

// leave ends a session without a loss.
func (q *queue) leave(s *session, now time.Time) {
	var given []held
	for c, i := range s.held() {
		given = append(given, held{c.seq, i, c.tasks[i]})
	}
	q.counts.Active -= int64(len(given))
	for _, h := range given {
		q.land(h.task, now)
	}
	q.giveBack(given, now)
	s.claims = nil
	delete(q.sessions, s.worker)
}

// grant answers a cycle, or a repeat of the last one.
func (q *queue) grant(s *session, c *broker.Cycle, now time.Time) broker.Grant {
	g := broker.Grant{
		Now: now, Leases: s.leases(c.Seq), Cancelled: q.cancelled(s), Parked: q.shapes(),
		More: q.claimable(c.Want, now) || q.unparkable(c.Unpark),
	}
	if next := q.next(now); !next.IsZero() {
		g.Again = max(0, next.Sub(now))
		g.More = g.More || g.Again == 0
	}
	return g
}

// next is the earliest instant at which time alone brings work: a task is due,
// a session that holds claims lapses, or a limit lets tasks begin. It may have
// passed.
func (q *queue) next(now time.Time) (first time.Time) {
	for _, at := range [...]time.Time{q.scheduled.next(), q.holding.next(), q.aside.next(), q.token(now)} {
		if first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}

// token is when the queue's rate lets tasks begin that nothing else holds up.
func (q *queue) token(now time.Time) time.Time {
	if q.settings.Paused || !q.startable() {
		return time.Time{}
	}
	_, until := q.room(now)
	return until
}
