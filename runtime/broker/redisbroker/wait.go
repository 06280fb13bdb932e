package redisbroker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	maxBlock = 5 * time.Second // a waiter looks by itself so often: tokens are hints
	minBlock = time.Millisecond

	// waitTimeout bounds the answer to a blocking command.
	waitTimeout = maxBlock + 2*time.Second
)

// A vigil is one Wait: the first of its queues to find something ends it.
type vigil struct {
	over  atomic.Bool
	found chan woken
}

// A woken is what a waiter has found.
type woken struct {
	queue string
	err   error
}

// Wait implements broker.Queue. Each queue is watched over a connection of its
// own, held by a goroutine, so that Wait itself ends at once with its context.
func (b *Broker) Wait(ctx context.Context, queues []string) (string, error) {
	if len(queues) == 0 {
		return "", fmt.Errorf("%w: there is no queue to wait for", broker.ErrInvalid)
	}
	for _, name := range queues {
		if err := broker.CheckName("queue name", name); err != nil {
			return "", err
		}
	}
	if b.ctx.Err() != nil {
		return "", broker.ErrClosed
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	v := &vigil{found: make(chan woken, 1)}
	for _, name := range queues {
		if !b.start(func() { b.await(waiting, b.queue(name), v) }) {
			return "", broker.ErrClosed
		}
	}
	return b.first(ctx, v)
}

// first is what is found first. What is found as the context ends is returned
// too: a token may have been taken for it.
func (b *Broker) first(ctx context.Context, v *vigil) (string, error) {
	var err error
	select {
	case w := <-v.found:
		return w.queue, w.err
	case <-ctx.Done():
		err = ctx.Err()
	case <-b.ctx.Done():
		err = broker.ErrClosed
	}
	if v.over.CompareAndSwap(false, true) {
		return "", err
	}
	if w := <-v.found; w.err == nil {
		return w.queue, nil
	}
	return "", err
}

// await tells when there may be work in one queue. A token that nobody waits for
// any more goes back.
func (b *Broker) await(ctx context.Context, q *queue, v *vigil) {
	got, err := b.watchFor(ctx, q)
	if v.over.CompareAndSwap(false, true) {
		v.found <- woken{q.keys.queue, err}
	} else if got {
		b.giveToken(q)
	}
}

// watchFor looks and blocks in turn until there is work. got: a token was taken.
func (b *Broker) watchFor(ctx context.Context, q *queue) (got bool, err error) {
	for n := 0; ctx.Err() == nil; n++ {
		next, err := b.lookAt(ctx, q)
		if err != nil || next == 0 {
			return false, err
		}
		if got, err = b.block(ctx, q, next); got {
			return true, nil
		}
		if err == nil {
			n = 0
			continue
		}
		// The token may be lost with the connection, so it is time to look.
		if passing, _ := judge(err); !passing {
			return false, b.refusal(err)
		}
		b.reload(ctx)
		b.pause(ctx, n)
	}
	return false, ctx.Err()
}

// lookAt returns 0 if there is work, or how long there will be none by what is
// known.
func (b *Broker) lookAt(ctx context.Context, q *queue) (time.Duration, error) {
	answer, err := b.run(ctx, b.scripts.Load().look, q.look)
	if err != nil {
		return 0, err
	}
	if answer.int(0) == 1 {
		return 0, nil
	}
	if next := answer.int(1); next >= 0 {
		return min(max(time.Duration(next)*time.Millisecond, minBlock), maxBlock), nil
	}
	return maxBlock, nil
}

// block waits for a token. When the context ends, a token of its own ends it, so
// that none is lost on a dead connection. (CLIENT UNBLOCK is of no use: on a
// client that waits for the end of a CLIENT PAUSE it crashes Redis 7.0.)
func (b *Broker) block(ctx context.Context, q *queue, d time.Duration) (got bool, err error) {
	w, err := b.waiter(ctx, q.wake)
	if err != nil {
		return false, err
	}
	own := q.waiter(b.process + "." + strconv.FormatInt(b.serial.Add(1), 36))
	stop := context.AfterFunc(ctx, func() { b.start(func() { b.unblock(own) }) })
	defer stop()
	// The context must not cut the connection off: unblock does it gently.
	held := context.WithoutCancel(ctx)
	cmd := redis.NewStringSliceCmd(held, "blpop", q.wake, own, fmt.Sprintf("%.3f", d.Seconds()))
	err = w.conn.Process(held, cmd)
	switch {
	case err == nil:
		b.giveWaiter(w)
		return len(cmd.Val()) > 0 && cmd.Val()[0] == q.wake, nil
	case errors.Is(err, redis.Nil):
		b.giveWaiter(w)
		return false, nil
	}
	_ = w.conn.Close()
	b.dropWaiters(w.node)
	return false, err
}

func (b *Broker) giveToken(q *queue) {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	_ = b.commands.RPush(ctx, q.wake, "").Err()
}

// A waiter is a connection that may block.
type waiter struct {
	node *redis.Client
	conn *redis.Conn
}

// waiter takes an idle connection to the node that has a key, or makes one.
func (b *Broker) waiter(ctx context.Context, key string) (*waiter, error) {
	node, err := b.nodeOf(ctx, key)
	if err != nil {
		return nil, err
	}
	b.waiterMu.Lock()
	if idle := b.waiters[node]; len(idle) > 0 {
		w := idle[len(idle)-1]
		b.waiters[node] = idle[:len(idle)-1]
		b.waiterMu.Unlock()
		return w, nil
	}
	b.waiterMu.Unlock()
	return &waiter{node, node.Conn()}, nil
}

func (b *Broker) nodeOf(ctx context.Context, key string) (*redis.Client, error) {
	switch c := b.waits.(type) {
	case *redis.ClusterClient:
		return c.MasterForKey(ctx, key)
	case *redis.Client:
		return c, nil
	}
	return nil, broker.ErrUnsupported
}

func (b *Broker) giveWaiter(w *waiter) {
	b.waiterMu.Lock()
	defer b.waiterMu.Unlock()
	b.waiters[w.node] = append(b.waiters[w.node], w)
}

// dropWaiters closes the idle connections to a node: what became of one of them
// has become of the others.
func (b *Broker) dropWaiters(node *redis.Client) {
	b.waiterMu.Lock()
	idle := b.waiters[node]
	delete(b.waiters, node)
	b.waiterMu.Unlock()
	for _, w := range idle {
		_ = w.conn.Close()
	}
}

// unblock puts a token where only one waiter waits. It may be too late for that
// one, so it does not stay.
func (b *Broker) unblock(own string) {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	pipe := b.commands.TxPipeline()
	pipe.RPush(ctx, own, "")
	pipe.PExpire(ctx, own, 2*maxBlock)
	_, _ = pipe.Exec(ctx)
}
