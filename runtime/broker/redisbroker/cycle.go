package redisbroker

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

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
	b.leased(c.Lease)
	q := b.queue(c.Session.Queue)
	s := q.session(c.Session.Worker, c.Seq)
	grant, err := b.cycle(ctx, q, s, &c)
	switch {
	case errors.Is(err, broker.ErrFenced) || err == nil && c.Leave:
		q.forget(c.Session.Worker)
	case err == nil:
		q.remember(c.Session.Worker, s)
	}
	return grant, err
}

// cycle takes the steps of a cycle; the first is nearly always the only one.
func (b *Broker) cycle(ctx context.Context, q *queue, s *session, c *broker.Cycle) (broker.Grant, error) {
	if err := b.recall(ctx, q, s, c.Session.Worker, c.Settle); err != nil {
		return broker.Grant{}, err
	}
	p := newPlan(q, s, c)
	answer, elements, err := b.step(ctx, q, c, p)
	if err != nil {
		return broker.Grant{}, err
	}
	s.answered(p)
	grant := answer.grant()
	grant.Leases = b.leases(ctx, q, c, elements)
	if len(grant.Leases) < len(elements) {
		grant.More = true // what was put away makes room
	}
	if len(grant.Leases) > 0 {
		s.granted(c.Seq, elements)
	}
	if marks := answer.list(4); len(marks) > 0 {
		grant.Cancelled = s.cancelled(marks, p.ended())
	}
	grant.Parked = shapes(answer.list(5))
	if c.Leave {
		if answer, err = b.leave(ctx, q, c); err != nil {
			return broker.Grant{}, err
		}
		parked := grant.Parked
		grant = answer.grant() // what it held is held no more
		grant.Parked = parked
	}
	if lapsed := answer.string(3); lapsed != "" {
		// The leases are granted, whatever becomes of this; More asks for
		// another cycle.
		if answer, err = b.reclaim(ctx, q, c, lapsed); err == nil {
			grant.More, grant.Again = answer.grant().More, answer.grant().Again
			grant.Died = messages(c.Session.Queue, answer.list(4))
		}
	}
	grant.More = grant.More || slices.ContainsFunc(c.Unpark, func(s broker.Shape) bool { return slices.Contains(grant.Parked, s) })
	return grant, nil
}

// grant is what standing (lanes.lua) says.
func (r reply) grant() broker.Grant {
	return broker.Grant{
		Now:   time.UnixMilli(r.int(0)),
		More:  r.int(1) == 1,
		Again: time.Duration(max(r.int(2), 0)) * time.Millisecond,
	}
}

// step runs cycle.lua and reads what it claimed, in one round trip.
func (b *Broker) step(ctx context.Context, q *queue, c *broker.Cycle, p *plan) (answer reply, elements [][]byte, err error) {
	claim := q.claim(c.Session.Worker, c.Seq)
	keys := append(slices.Clip(q.cycleKeys), q.claims(c.Session.Worker), claim)
	keys, args := p.arguments(keys)
	s := b.scripts.Load().cycle
	err = b.call(ctx, func(ctx context.Context) error {
		return scripted(func(by evaluation) error {
			answer, elements, err = b.pipe(ctx, by(s, keys, args), claim, c.Want.Max)
			return err
		})
	})
	return answer, elements, err
}

func (b *Broker) pipe(ctx context.Context, script []any, claim string, want int) (reply, [][]byte, error) {
	sent := time.Now()
	cmd := newSingle(ctx, script)
	if want == 0 {
		err := b.commands.Process(ctx, cmd)
		b.learn(err, cmd.Val(), sent)
		return cmd.Val(), nil, err
	}
	raw := newBuffer(min(want, broker.MaxBatch) * elementGuess)
	pipe := b.commands.Pipeline()
	_ = pipe.Process(ctx, cmd)
	_ = pipe.Process(ctx, redis.NewRawWriteToCmd(ctx, raw, "lrange", claim, 0, -1))
	_, err := pipe.Exec(ctx)
	if cmd.Err() != nil {
		return nil, nil, cmd.Err()
	}
	if err != nil {
		return nil, nil, err
	}
	b.learn(nil, cmd.Val(), sent)
	elements, err := raw.elements()
	return cmd.Val(), elements, err
}

func (b *Broker) learn(err error, answer reply, sent time.Time) {
	if err == nil {
		b.clock.learn(answer.int(0), sent, time.Now())
	}
}

// leases decodes what was claimed. What cannot be read is put away.
func (b *Broker) leases(ctx context.Context, q *queue, c *broker.Cycle, elements [][]byte) []broker.Lease {
	if len(elements) == 0 {
		return nil
	}
	leases := make([]broker.Lease, 0, len(elements))
	for i, e := range elements {
		l := broker.Lease{Claim: c.Seq, Index: i}
		if err := decodeEnvelope(e, &l.Message); err != nil {
			b.bury(ctx, q, c, i, e, err)
			continue
		}
		l.Queue = q.keys.queue
		leases = append(leases, l)
	}
	return leases
}

// bury makes a dead letter of an element that cannot be read. If that fails the
// element is lost with its session, and found again.
func (b *Broker) bury(ctx context.Context, q *queue, c *broker.Cycle, index int, element []byte, cause error) {
	id := idsOf([][]byte{element})[0]
	b.log.Error("a task cannot be read and is a dead letter now", "queue", q.keys.queue, "id", id, "error", cause)
	worker := c.Session.Worker
	keys := q.grouped(q.letters, q.idle, q.claims(worker), q.claim(worker, c.Seq))
	ok, err := b.integer(ctx, b.scripts.Load().bury, keys, []any{worker, c.Seq, index, id[:], element})
	if err != nil || ok == 0 {
		b.log.Error("it could not be put away; it will come again", "queue", q.keys.queue, "id", id, "error", err)
	}
}

// reclaim takes the newest claim of a session that has lapsed.
func (b *Broker) reclaim(ctx context.Context, q *queue, c *broker.Cycle, lapsed string) (reply, error) {
	held, err := b.held(ctx, q, lapsed)
	if err != nil {
		return nil, err
	}
	newest := uint64(0)
	if n := len(held); n > 0 {
		newest = held[n-1]
	}
	keys := q.grouped(q.unique, q.letters, q.keys.sessions, q.progress, q.marks, q.claims(lapsed), q.claim(lapsed, newest))
	return b.run(ctx, b.scripts.Load().reclaim, keys, c.Session.Worker, flag(c.Want.Suspects), lapsed, newest, q.ended)
}

// messages are those of envelopes that a script has read.
func messages(queue string, envelopes []any) (all []broker.Message) {
	for _, envelope := range envelopes {
		if text, ok := envelope.(string); ok {
			all = append(all, *entry(queue, []byte(text), broker.StateDead, 0).Message)
		}
	}
	return all
}

// leave ends a session for good. One that is fenced by the time of a repeat has
// ended too.
func (b *Broker) leave(ctx context.Context, q *queue, c *broker.Cycle) (answer reply, err error) {
	const tries = 10 // somebody may use the session in spite of the contract
	for range tries {
		answer, err = b.tryLeave(ctx, q, c)
		if err == nil || !strings.Contains(err.Error(), "CHANGED") {
			break
		}
	}
	if errors.Is(err, errAgain) {
		return reply{b.clock.now().UnixMilli()}, nil
	}
	return answer, err
}

func (b *Broker) tryLeave(ctx context.Context, q *queue, c *broker.Cycle) (reply, error) {
	worker := c.Session.Worker
	held, err := b.held(ctx, q, worker)
	if err != nil {
		return nil, err
	}
	keys := q.grouped(q.unique, q.letters, q.keys.sessions, q.idle, q.progress, q.claims(worker))
	args := []any{worker, flag(c.Want.Suspects)}
	for i := range slices.Backward(held) {
		keys = append(keys, q.claim(worker, held[i]))
		args = append(args, held[i])
	}
	return b.run(ctx, b.scripts.Load().leave, keys, args...)
}

func flag(set bool) string {
	if set {
		return "1"
	}
	return "0"
}
