package redisbroker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Durability makes Enqueue wait until replicas have what it added, so that no
// fail-over to one of them loses it: once for all that goes in together, at the
// cost of a round trip more and the replicas' lag.
//
// Where too few of them have answered in time, the messages have receipts of
// ErrNotDurable, which is an ErrUnknown: they are in and will run, and a fail-over
// right now may lose them. Sending them again with their unique keys (the option
// WithID gives them one) waits again and adds nothing. Only what is added is waited for: a completion that a fail-over
// loses makes a task run again, as a crash does.
type Durability struct {
	Replicas int           // how many must have it; 0, the default: none
	Timeout  time.Duration // for their answers; default 1s, less than CommandTimeout
}

const defaultDurableTimeout = time.Second

// check looks at a durability with its defaults set.
func (d Durability) check(commandTimeout time.Duration) error {
	switch {
	case d.Replicas < 0:
		return fmt.Errorf("%w: Durable.Replicas %d is negative", broker.ErrInvalid, d.Replicas)
	case d.Replicas > 0 && (d.Timeout < time.Millisecond || d.Timeout >= commandTimeout):
		return fmt.Errorf("%w: Durable.Timeout %v is not from 1ms to less than CommandTimeout, %v", broker.ErrInvalid, d.Timeout, commandTimeout)
	}
	return nil
}

// errGone is what a server says that does not know of what was added: another one
// has taken over meanwhile.
var errGone = errors.New("it is not there any more")

// sendDurably sends messages and, if that is asked for, waits for replicas. What a
// fail-over has lost meanwhile goes in again, under the same number.
func (b *Broker) sendDurably(ctx context.Context, q *queue, messages []broker.Message) ([]refusal, error) {
	p := q.producers.borrow(b)
	defer q.producers.give(p)
	for {
		refused, err := b.send(ctx, q, p, messages)
		if err != nil || b.durable.Replicas == 0 {
			return refused, err
		}
		if err = b.replicated(ctx, q, p); !errors.Is(err, errGone) {
			return refused, err
		}
	}
}

// replicated waits until enough replicas have the last number of a producer, with
// all that it added. A write right before, on the same connection, makes WAIT wait
// for it: a repeat of what is in would not have written anything.
func (b *Broker) replicated(ctx context.Context, q *queue, p *producer) error {
	key := q.producer(p.name)
	var state string
	var have int64
	err := b.call(ctx, func(ctx context.Context) error {
		node, err := masterOf(ctx, b.commands, key)
		if err != nil {
			return err
		}
		pipe := node.Pipeline()
		get := pipe.Get(ctx, key)
		pipe.PExpire(ctx, key, time.Duration(remember)*time.Millisecond)
		wait := redis.NewIntCmd(ctx, "wait", b.durable.Replicas, b.durable.Timeout.Milliseconds())
		_ = pipe.Process(ctx, wait)
		if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		state, have = get.Val(), wait.Val()
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w: whether replicas have it is not known: %w", broker.ErrNotDurable, broker.ErrUnknown, err)
	case !strings.HasPrefix(state+" ", p.state()):
		return errGone
	case have < int64(b.durable.Replicas):
		return fmt.Errorf("%w: %w: %d of %d replicas had it within %v", broker.ErrNotDurable, broker.ErrUnknown, have, b.durable.Replicas, b.durable.Timeout)
	}
	return nil
}

// masterOf is the server that has a key.
func masterOf(ctx context.Context, client redis.UniversalClient, key string) (*redis.Client, error) {
	switch c := client.(type) {
	case *redis.ClusterClient:
		return c.MasterForKey(ctx, key)
	case *redis.Client:
		return c, nil
	}
	return nil, broker.ErrUnsupported
}

// undurable are the receipts of messages that are in, but not on replicas; those
// that were refused have theirs already.
func (p *part) undurable(from, to int, refused []refusal, err error) (receipts []broker.Receipt) {
	out := map[int]bool{}
	for _, r := range refused {
		out[from+r.index] = true
	}
	for i := from; i < to; i++ {
		if !out[i] {
			receipts = append(receipts, broker.Receipt{Index: p.index(i), Err: err})
		}
	}
	return receipts
}
