package redisbroker

import (
	"context"
	"errors"
	"fmt"
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
	found := make(chan woken, len(queues))
	for _, name := range queues {
		if !b.start(func() { found <- b.await(waiting, b.queue(name)) }) {
			return "", broker.ErrClosed
		}
	}
	select {
	case w := <-found:
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return w.queue, w.err
	case <-ctx.Done():
		return "", ctx.Err()
	case <-b.ctx.Done():
		return "", broker.ErrClosed
	}
}

// await returns when there may be work in one queue. A token that it has taken
// after its context ended goes back.
func (b *Broker) await(ctx context.Context, q *queue) woken {
	for {
		next, err := b.lookAt(ctx, q)
		if err != nil || next == 0 {
			return woken{q.keys.queue, err}
		}
		got, err := b.block(ctx, q, next)
		switch {
		case got && ctx.Err() != nil:
			b.giveToken(q)
			return woken{err: ctx.Err()}
		case got || err != nil:
			return woken{q.keys.queue, err}
		}
	}
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

// block waits for a token. When the context ends, another connection tells
// Redis to stop waiting, so that no token is lost on a dead one.
func (b *Broker) block(ctx context.Context, q *queue, d time.Duration) (got bool, err error) {
	err = b.call(ctx, func(ctx context.Context) error {
		w, err := b.waiter(ctx, q.wake)
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { w.unblock(b) })
		defer stop()
		// The context must not cut the connection off: unblock does it gently.
		held := context.WithoutCancel(ctx)
		err = w.conn.Process(held, redis.NewStringSliceCmd(held, "blpop", q.wake, fmt.Sprintf("%.3f", d.Seconds())))
		if errors.Is(err, redis.Nil) {
			err = nil
		} else if err == nil {
			got = true
		}
		if err != nil {
			_ = w.conn.Close()
			return err
		}
		b.giveWaiter(w)
		return nil
	})
	return got, err
}

func (b *Broker) giveToken(q *queue) {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	_ = b.commands.RPush(ctx, q.wake, "").Err()
}

// A waiter is a connection that may block, and its name at the server.
type waiter struct {
	node *redis.Client
	conn *redis.Conn
	id   int64
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
	conn := node.Conn()
	id, err := conn.ClientID(ctx).Result()
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &waiter{node, conn, id}, nil
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

// unblock makes the server answer a blocked waiter at once.
func (w *waiter) unblock(b *Broker) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), time.Second)
	defer cancel()
	_ = w.node.ClientUnblock(ctx, w.id).Err()
}
