package redisbroker

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Find implements broker.Inspector. What has an id in an index is found at
// once; lanes and claims are read element by element, and the indexes again
// after them, in case the task moved meanwhile.
func (b *Broker) Find(ctx context.Context, refs []broker.Ref) ([]broker.Entry, error) {
	for _, r := range refs {
		if err := broker.CheckName("queue name", r.Queue); err != nil {
			return nil, err
		}
	}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	s, err := b.search(ctx, refs)
	if err == nil {
		err = b.findProgress(ctx, s.entries)
	}
	return s.entries, opening(err)
}

func (b *Broker) search(ctx context.Context, refs []broker.Ref) (*search, error) {
	s := newSearch(refs)
	for _, step := range []func(context.Context, *search) error{b.findIndexed, b.findPending, b.findActive, b.findIndexed} {
		if len(s.missing) == 0 {
			break
		}
		if err := step(ctx, s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// findProgress asks what the runs of active tasks have told.
func (b *Broker) findProgress(ctx context.Context, entries []broker.Entry) error {
	return b.call(ctx, func(ctx context.Context) error {
		pipe, asked := b.commands.Pipeline(), make(map[int]*redis.StringCmd)
		for i := range entries {
			if e := &entries[i]; e.State == broker.Active {
				asked[i] = pipe.HGet(ctx, b.queue(e.Queue).progress, string(e.ID[:]))
			}
		}
		if len(asked) == 0 {
			return nil
		}
		if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		for i, cmd := range asked {
			if told, err := cmd.Bytes(); err == nil {
				entries[i].Progress = told
			}
		}
		return nil
	})
}

// A search is a Find under way.
type search struct {
	entries  []broker.Entry
	elements map[broker.Ref]string // of what was found as one
	missing  map[broker.Ref][]int  // the indexes of what is not found yet
}

func newSearch(refs []broker.Ref) *search {
	s := &search{
		entries: make([]broker.Entry, len(refs)), elements: make(map[broker.Ref]string, len(refs)),
		missing: make(map[broker.Ref][]int, len(refs)),
	}
	for i, r := range refs {
		s.entries[i].Ref = r
		s.missing[r] = append(s.missing[r], i)
	}
	return s
}

func (s *search) found(e broker.Entry) {
	for _, i := range s.missing[e.Ref] {
		s.entries[i] = e
	}
	delete(s.missing, e.Ref)
}

// queues are those in which something is missing.
func (s *search) queues() map[string]bool {
	names := make(map[string]bool)
	for r := range s.missing {
		names[r.Queue] = true
	}
	return names
}

// findIndexed asks for outcomes, scheduled tasks and dead letters.
func (b *Broker) findIndexed(ctx context.Context, s *search) error {
	for refs := range slices.Chunk(slices.Collect(maps.Keys(s.missing)), scanPage) {
		if err := b.findSome(ctx, s, refs); err != nil {
			return err
		}
	}
	return nil
}

func (b *Broker) findSome(ctx context.Context, s *search, refs []broker.Ref) error {
	var looks []*look
	err := b.call(ctx, func(ctx context.Context) error {
		pipe := b.commands.Pipeline()
		looks = looks[:0]
		for _, r := range refs {
			looks = append(looks, b.lookUp(ctx, pipe, r))
		}
		return firstError(pipe.Exec(ctx))
	})
	if err != nil {
		return err
	}
	for _, l := range looks {
		if e, ok := l.entry(b.clock.now()); ok {
			s.elements[e.Ref] = l.element()
			s.found(e)
		}
	}
	return nil
}

// firstError is the first of the errors in a pipeline that is more than "there is
// none": the pipeline's own may hide it.
func firstError(cmds []redis.Cmder, err error) error {
	for _, cmd := range cmds {
		if e := cmd.Err(); e != nil && !errors.Is(e, redis.Nil) {
			return e
		}
	}
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// A look is the questions about one task.
type look struct {
	ref                  broker.Ref
	outcome, grouped     *redis.StringCmd
	scheduled, letter    *redis.StringCmd
	parked               *redis.StringCmd
	scheduledAt, endedAt *redis.FloatCmd
}

func (b *Broker) lookUp(ctx context.Context, pipe redis.Pipeliner, r broker.Ref) *look {
	q, id := b.queue(r.Queue), string(r.ID[:])
	return &look{
		ref:       r,
		outcome:   pipe.HGet(ctx, q.result(r.ID), id),
		grouped:   pipe.HGet(ctx, q.envelopes, id),
		scheduled: pipe.HGet(ctx, q.scheduled, id), scheduledAt: pipe.ZScore(ctx, q.schedule, id),
		parked: pipe.HGet(ctx, q.shelf, id),
		letter: pipe.HGet(ctx, q.letters, id), endedAt: pipe.ZScore(ctx, q.dead, id),
	}
}

func (l *look) entry(now time.Time) (broker.Entry, bool) {
	if e, ok := outcomeEntry(l.ref, l.outcome.Val(), now); ok {
		return e, true
	}
	if l.grouped.Err() == nil {
		return entry(l.ref.Queue, waitingEnvelope(l.grouped.Val()), broker.Pending, 0), true
	}
	if l.scheduled.Err() == nil {
		return entry(l.ref.Queue, []byte(l.scheduled.Val()), broker.Scheduled, l.scheduledAt.Val()), true
	}
	if l.parked.Err() == nil {
		return entry(l.ref.Queue, waitingEnvelope(l.parked.Val()), broker.Parked, 0), true
	}
	if l.letter.Err() == nil {
		e := entry(l.ref.Queue, []byte(l.letter.Val()), broker.StateDead, l.endedAt.Val())
		e.ID = l.ref.ID
		return e, true
	}
	return broker.Entry{}, false
}

// waitingEnvelope is a task in a lane of its group or a parked one, behind its number.
func waitingEnvelope(value string) []byte {
	const digits = 16
	return []byte(value[min(digits, len(value)):])
}

// element is what the index holds of the task.
func (l *look) element() string {
	if l.grouped.Err() == nil {
		return l.grouped.Val()
	}
	if l.scheduled.Err() == nil {
		return l.scheduled.Val()
	}
	if l.parked.Err() == nil {
		return l.parked.Val()
	}
	return l.letter.Val()
}

// outcomeEntry reads an outcome as cycle.lua writes it: a digit, two instants in
// ms, what doneText has written or the reason.
func outcomeEntry(r broker.Ref, value string, now time.Time) (broker.Entry, bool) {
	if value == "" {
		return broker.Entry{}, false
	}
	at, rest, _ := strings.Cut(value[1:], " ")
	until, data, ok := strings.Cut(rest, " ")
	ended, err1 := strconv.ParseInt(at, 10, 64)
	expires, err2 := strconv.ParseInt(until, 10, 64)
	if !ok || err1 != nil || err2 != nil || now.UnixMilli() >= expires {
		return broker.Entry{}, false
	}
	e := broker.Entry{Ref: r, State: broker.State(value[0] - '0'), At: time.UnixMilli(ended)}
	if e.State == broker.StateDone {
		e.Shape, e.Result = parseDone(data)
	} else {
		e.Reason = data
	}
	return e, true
}

// entry is a task as Find and List tell it; one that cannot be read has its
// bytes as payload.
func entry(queue string, element []byte, s broker.State, at float64) broker.Entry {
	m := new(broker.Message)
	err := decodeEnvelope(element, m)
	if err != nil {
		*m = broker.Message{ID: idsOf([][]byte{element})[0], Payload: element}
	}
	m.Queue = queue
	e := broker.Entry{Ref: broker.Ref{Queue: queue, ID: m.ID}, State: s, Message: m}
	if at > 0 {
		e.At = time.UnixMilli(int64(at))
	}
	switch {
	case err != nil:
		e.Reason = err.Error()
	case s == broker.StateDead:
		e.Reason = broker.DeadReason(m)
	}
	return e
}

// scanPage is how many elements one command reads.
const scanPage = 1000

// findPending reads the first FindLimit elements of each lane, as long as
// something is missing.
func (b *Broker) findPending(ctx context.Context, s *search) error {
	for name := range s.queues() {
		q := b.queue(name)
		for _, lane := range q.lanes {
			if err := b.scan(ctx, s, q, lane, broker.Pending); err != nil {
				return err
			}
		}
	}
	return nil
}

// scan looks for what is missing in a list.
func (b *Broker) scan(ctx context.Context, s *search, q *queue, list string, state broker.State) error {
	for from := 0; from < broker.FindLimit && len(s.missing) > 0; from += scanPage {
		elements, err := b.rangeOf(ctx, list, from, from+scanPage-1)
		if err != nil {
			return err
		}
		for _, e := range elements {
			s.match(q, e, state)
		}
		if len(elements) < scanPage {
			return nil
		}
	}
	return nil
}

func (s *search) match(q *queue, element []byte, state broker.State) {
	if len(element) < len(broker.ID{}) {
		return
	}
	r := broker.Ref{Queue: q.keys.queue, ID: broker.ID(element[:16])}
	if s.missing[r] != nil {
		s.elements[r] = string(element)
		s.found(entry(r.Queue, bytes.Clone(element), state, 0))
	}
}

// findActive reads the claims of all sessions.
func (b *Broker) findActive(ctx context.Context, s *search) error {
	for name := range s.queues() {
		q := b.queue(name)
		var workers []string
		err := b.call(ctx, func(ctx context.Context) (err error) {
			workers, err = b.commands.ZRange(ctx, q.holders, 0, -1).Result()
			return err
		})
		if err != nil {
			return err
		}
		for _, w := range workers {
			if err := b.findHeld(ctx, s, q, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// findHeld reads the claims of a session, but for what is settled in them.
func (b *Broker) findHeld(ctx context.Context, s *search, q *queue, worker string) error {
	var claims map[string]string
	err := b.call(ctx, func(ctx context.Context) (err error) {
		claims, err = b.commands.HGetAll(ctx, q.claims(worker)).Result()
		return err
	})
	if err != nil {
		return err
	}
	for name, bits := range claims {
		seq, err := strconv.ParseUint(name, 10, 64)
		if err != nil || len(s.missing) == 0 {
			continue
		}
		elements, err := b.rangeOf(ctx, q.claim(worker, seq), 0, -1)
		if err != nil {
			return err
		}
		for i, e := range elements {
			if i/8 < len(bits) && bits[i/8]&(1<<(i%8)) == 0 {
				s.match(q, e, broker.Active)
			}
		}
	}
	return nil
}
