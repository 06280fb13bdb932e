package redisbroker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A part is what goes to one queue in one atomic step.
type part struct {
	queue    *queue
	messages []broker.Message
	indexes  []int // of the messages in the call; nil: 0, 1, 2 …
}

// Enqueue implements broker.Queue.
func (b *Broker) Enqueue(ctx context.Context, messages []broker.Message) ([]broker.Receipt, error) {
	for i := range messages {
		if err := messages[i].Check(); err != nil {
			return nil, fmt.Errorf("message %d: %w", i, err)
		}
	}
	if err := b.enter(ctx); err != nil || len(messages) == 0 {
		return nil, err
	}
	var receipts []broker.Receipt
	for _, p := range b.divide(messages) {
		receipts = append(receipts, b.add(ctx, &p)...)
	}
	if receipts != nil && b.ctx.Err() != nil {
		return nil, broker.ErrClosed
	}
	slices.SortFunc(receipts, func(a, b broker.Receipt) int { return a.Index - b.Index })
	return receipts, nil
}

// divide makes parts: those of a queue keep the messages' order.
func (b *Broker) divide(messages []broker.Message) []part {
	first := messages[0].Queue
	if !slices.ContainsFunc(messages, func(m broker.Message) bool { return m.Queue != first }) {
		return []part{{queue: b.queue(first), messages: messages}}
	}
	var parts []part
	place := make(map[string]int)
	for i := range messages {
		at, known := place[messages[i].Queue]
		if !known {
			at = len(parts)
			place[messages[i].Queue] = at
			parts = append(parts, part{queue: b.queue(messages[i].Queue)})
		}
		parts[at].messages = append(parts[at].messages, messages[i])
		parts[at].indexes = append(parts[at].indexes, i)
	}
	return parts
}

// add sends a part, in steps of what one may hold. After a step that failed
// the rest is not sent, as it would overtake.
func (b *Broker) add(ctx context.Context, p *part) (receipts []broker.Receipt) {
	err := b.list(ctx, p.queue)
	for from := 0; from < len(p.messages); {
		to := p.step(from)
		if err == nil {
			var refused []refusal
			refused, err = b.sendDurably(ctx, p.queue, p.messages[from:to])
			if errors.Is(err, broker.ErrNotDurable) {
				receipts, err = append(receipts, p.undurable(from, to, refused, err)...), nil
			}
			if err == nil {
				for _, r := range refused {
					receipts = append(receipts, r.receipt(p.index(from+r.index), &p.messages[from+r.index]))
				}
				from = to
				continue
			}
		} else if !errors.Is(err, broker.ErrFull) {
			err = fmt.Errorf("%w: not sent, as what comes before it failed", broker.ErrUnavailable)
		}
		for i := from; i < to; i++ {
			receipts = append(receipts, broker.Receipt{Index: p.index(i), Err: err})
		}
		from = to
	}
	return receipts
}

// step ends where the messages exceed one atomic step.
func (p *part) step(from int) int {
	bytes := 0
	for to := from; to < len(p.messages); to++ {
		bytes += len(p.messages[to].Payload)
		if to-from == broker.MaxBatch || to > from && bytes > broker.MaxBatchBytes {
			return to
		}
	}
	return len(p.messages)
}

func (p *part) index(i int) int {
	if p.indexes == nil {
		return i
	}
	return p.indexes[i]
}

// list makes sure that the queue can be found by its name, before anything is
// in it.
func (b *Broker) list(ctx context.Context, q *queue) error {
	q.mu.Lock()
	listed := q.listed
	q.mu.Unlock()
	if listed {
		return nil
	}
	err := b.call(ctx, func(ctx context.Context) error {
		return b.commands.SAdd(ctx, registry(b.prefix), q.keys.queue).Err()
	})
	if err != nil {
		return opening(err)
	}
	q.mu.Lock()
	q.listed = true
	q.mu.Unlock()
	return nil
}

// What is worth a transaction, which costs four commands and two scripts, about 75 µs: so
// many messages that enqueue.lua looks at; of messages that are alike, for which
// add.lua does nothing but pass them on, so many, or so many bytes. (16 callers: 53,000
// tasks a second with 12 for both, and 68,000.)
const (
	bulkFrom   = 12
	alikeFrom  = 64
	alikeBytes = 16 << 10
)

// A refusal is a message that enqueue.lua did not add: D a duplicate, S stale, F
// for a full queue.
type refusal struct {
	index  int
	why    byte
	detail string // of sixteen bytes
}

// receipt says it in the contract's words.
func (r *refusal) receipt(index int, m *broker.Message) broker.Receipt {
	switch r.why {
	case 'D':
		id := broker.ID([]byte(r.detail))
		return broker.Receipt{Index: index, Existing: id, Err: fmt.Errorf("%w: %s holds the unique key %q in queue %s", broker.ErrDuplicate, id, m.Unique.Key, m.Queue)}
	case 'S':
		last := strings.TrimRight(r.detail, "\x00")
		return broker.Receipt{Index: index, Err: fmt.Errorf("%w: %d of %q in queue %s: the last one was %s", broker.ErrStale, m.Once.Seq, m.Once.Name, m.Queue, last)}
	}
	return broker.Receipt{Index: index, Err: fmt.Errorf("%w: queue %s takes no more by its settings", broker.ErrFull, m.Queue)}
}

// send adds messages in one atomic step. The number of their producer makes it
// safe to send them again.
func (b *Broker) send(ctx context.Context, q *queue, p *producer, messages []broker.Message) ([]refusal, error) {
	e := b.pack(messages)
	way := b.sendBulk
	switch {
	case !plain(messages):
		return b.sendFew(ctx, q, p, messages, e)
	case e.alike():
		way = b.sendPlain
	case len(messages) < bulkFrom:
		return b.sendFew(ctx, q, p, messages, e)
	}
	if err := way(ctx, q, p, e); !errors.Is(err, errLimited) {
		return nil, err
	}
	return b.sendFew(ctx, q, p, messages, e)
}

// alike reports whether the elements are few, all go to one lane and none is large.
func (e *envelopes) alike() bool {
	bytes := 0
	for i := range e.elements {
		bytes += len(e.elements[i])
		if e.lanes[i] != e.lanes[0] || len(e.elements[i]) > largeFrom {
			return false
		}
	}
	return len(e.elements) < alikeFrom && bytes <= alikeBytes
}

// sendPlain adds messages that are alike.
func (b *Broker) sendPlain(ctx context.Context, q *queue, p *producer, e *envelopes) error {
	args := make([]any, 0, 3+len(e.elements))
	args = append(args, p.state(), remember, p.asks())
	for i := range e.elements {
		args = append(args, &e.elements[i])
	}
	keys := []string{q.lanes[e.lanes[0]], q.wake, q.count, q.settings, q.producer(p.name)}
	answer := int64(0)
	err := b.call(ctx, func(ctx context.Context) error {
		sent := time.Now()
		err := scripted(func(by evaluation) error {
			cmd := number{redis.NewIntCmd(ctx, by(b.scripts.Load().add, keys, args)...)}
			err := b.commands.Process(ctx, cmd)
			answer = cmd.Val()
			return err
		})
		if err == nil {
			b.clock.learn(answer, sent, time.Now())
		}
		return b.unlessIn(ctx, q, p, err)
	})
	if err == nil && answer < 0 {
		err = errLimited
	}
	return err
}

// plain reports whether messages go to their lanes whatever the time and
// whatever else is in.
func plain(messages []broker.Message) bool {
	for i := range messages {
		m := &messages[i]
		if m.Group != "" || m.Unique.Key != "" || m.Once.Name != "" || m.Delay >= time.Millisecond || !m.Due.IsZero() {
			return false
		}
	}
	return true
}

// envelopes are messages as elements, one after the other in one buffer.
type envelopes struct {
	elements []string
	lanes    []byte // of each, from 0
}

// pack encodes messages. Since when they can run is told by the clock.
func (b *Broker) pack(messages []broker.Message) *envelopes {
	size := 0
	for i := range messages {
		size += len(messages[i].Payload) + len(messages[i].Kind) + headSize + 32
	}
	buffer := make([]byte, 0, size)
	e := &envelopes{make([]string, len(messages)), make([]byte, len(messages))}
	ready := b.clock.now()
	for i := range messages {
		m := messages[i]
		m.Ready = ready
		start := len(buffer)
		buffer = appendEnvelope(buffer, &m)
		e.elements[i] = alias(buffer[start:])
		e.lanes[i] = lane(&m)
	}
	return e
}

// lane is where a message waits, from 0 in the order of service.
func lane(m *broker.Message) byte {
	if m.Lost >= broker.SuspectAfter {
		return lanes - 1
	}
	return laneByte(m.Priority) - 1
}

// sendFew passes messages through the script, which looks at each of them.
func (b *Broker) sendFew(ctx context.Context, q *queue, p *producer, messages []broker.Message, e *envelopes) ([]refusal, error) {
	args := make([]any, 0, 2+4*len(messages))
	args = append(args, p.number, remember)
	for i := range messages {
		args = append(args, &e.elements[i], when(&messages[i]), uniqueness(&messages[i].Unique), once(messages[i].Once))
	}
	keys := append(slices.Clip(q.enqueueKeys), q.producer(p.name))
	answer, err := b.run(ctx, b.scripts.Load().enqueue, keys, args...)
	if err != nil {
		return nil, err
	}
	return refusals(answer.string(1)), nil
}

// when is what enqueue.lua reads of a message's time.
func when(m *broker.Message) string {
	switch {
	case m.Delay >= time.Millisecond:
		return "+" + strconv.FormatInt(m.Delay.Milliseconds(), 10)
	case !m.Due.IsZero():
		return "@" + strconv.FormatInt(max(m.Due.UnixMilli(), 0), 10)
	}
	return ""
}

// uniqueness is what enqueue.lua reads of a unique key.
func uniqueness(u *broker.Unique) string {
	if u.Key == "" {
		return ""
	}
	return strconv.FormatInt(u.Window.Milliseconds(), 10) + " " + u.Key
}

func once(o broker.Once) string {
	if o.Name == "" {
		return ""
	}
	return strconv.FormatInt(o.Seq, 10) + " " + o.Name
}

func refusals(answer string) (all []refusal) {
	const size = 3 + len(broker.ID{})
	for ; len(answer) >= size; answer = answer[size:] {
		all = append(all, refusal{int(answer[0])<<8 | int(answer[1]), answer[2], answer[3:size]})
	}
	return all
}

// sendBulk adds messages by RPUSHX between the two parts of bulk.lua.
func (b *Broker) sendBulk(ctx context.Context, q *queue, p *producer, e *envelopes) error {
	pushes := make([][]any, 0, lanes)
	keys := q.common(q.producer(p.name))
	args := []any{"open", p.number, remember}
	for l := range byte(lanes) {
		if push, largest := e.push(l, q.opened[l]); largest > 0 {
			pushes = append(pushes, push)
			keys = append(keys, q.opened[l])
			args = append(args, int(l)+1, len(push)-2, largest)
		}
	}
	limited := false
	err := b.call(ctx, func(ctx context.Context) error {
		err := scripted(func(by evaluation) error { return b.transact(ctx, by, keys, args, pushes) })
		if limited = errors.Is(err, errLimited); limited { // an answer, nothing to try again
			return nil
		}
		return b.unlessIn(ctx, q, p, err)
	})
	if limited {
		return errLimited
	}
	return err
}

// unlessIn is the error of a command that adds, if there is one. A full server
// refuses what adds without a look at what it would do: nothing, if an earlier
// try has done it.
func (b *Broker) unlessIn(ctx context.Context, q *queue, p *producer, err error) error {
	if err == nil || !errors.Is(b.refusal(err), broker.ErrFull) {
		return err
	}
	state, getErr := b.commands.Get(ctx, q.producer(p.name)).Result()
	if getErr == nil && state == p.state() {
		return nil
	}
	return err
}

// push is the command that adds the elements of a lane; largest is the size of
// the largest, 0 where there are none.
func (e *envelopes) push(lane byte, list string) (push []any, largest int) {
	for i := range e.elements {
		if e.lanes[i] != lane {
			continue
		}
		if push == nil {
			push = append(make([]any, 0, 2+len(e.elements)-i), "rpushx", list)
		}
		push = append(push, &e.elements[i])
		largest = max(largest, len(e.elements[i]))
	}
	return push, largest
}

// errLimited is what a queue with a limit says: each message has to be counted.
var errLimited = errors.New("the queue has a limit")

// errNotIn is what a server says that lost a command inside a transaction.
var errNotIn = fmt.Errorf("%w: the transaction was not carried out whole", broker.ErrUnavailable)

func (b *Broker) transact(ctx context.Context, evaluate evaluation, keys []string, args []any, pushes [][]any) error {
	s := b.scripts.Load().bulk
	closing := slices.Clone(args)
	closing[0] = "close"
	pipe := b.commands.TxPipeline()
	open := newSingle(ctx, evaluate(s, keys, args))
	_ = pipe.Process(ctx, open)
	for _, push := range pushes {
		_ = pipe.Process(ctx, redis.NewIntCmd(ctx, push...))
	}
	shut := newSingle(ctx, evaluate(s, keys, closing))
	_ = pipe.Process(ctx, shut)
	sent := time.Now()
	if cmds, err := pipe.Exec(ctx); err != nil {
		return cause(cmds, err)
	}
	b.clock.learn(reply(open.Val()).int(0), sent, time.Now())
	switch {
	case reply(open.Val()).string(1) == "in", reply(shut.Val()).string(1) == "in":
		return nil
	case reply(open.Val()).string(1) == "limited":
		return errLimited
	}
	return errNotIn
}

// cause is why a transaction was not carried out: the command that was refused
// tells more than the transaction.
func cause(cmds []redis.Cmder, err error) error {
	for _, cmd := range cmds {
		var reply redis.Error
		if errors.As(cmd.Err(), &reply) && !strings.HasPrefix(reply.Error(), "EXECABORT") {
			return cmd.Err()
		}
	}
	return err
}
