package redisbroker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	// maxBlock is how long a listener blocks at most before it looks by itself:
	// tokens are hints, and may be lost with whoever took them.
	maxBlock = 5 * time.Second
	minBlock = time.Millisecond

	// waitTimeout bounds the answer to a blocking command.
	waitTimeout = maxBlock + 2*time.Second

	// maxListeners is how many connections wait for the queues of a process. A queue
	// has one to itself where there are no more of them; ten thousand queues share
	// them: an idle process sends two commands every maxBlock over each, 2.4/s.
	maxListeners = 6
)

// A listener blocks over one connection until there may be work in one of the
// queues that somebody waits for. It is a goroutine while somebody does.
type listener struct {
	broker *Broker
	own    string // the list whose token interrupts it
	conn   *redis.Conn
	node   *redis.Client // that conn is to

	mu          sync.Mutex
	watched     map[*queue]*watched
	running     bool
	blocked     bool
	interrupted bool // since it blocked
}

// A watched queue is one that somebody waits for.
type watched struct {
	vigils []*vigil
	known  bool      // it was looked at since the last of them came
	until  time.Time // by what is known there is no work before that
}

// listenerOf is the listener of a queue: by turns one of a few, or its own in a
// Cluster, where a command may not name keys of two slots.
func (b *Broker) listenerOf(q *queue) *listener {
	b.listenMu.Lock()
	defer b.listenMu.Unlock()
	if q.listener != nil {
		return q.listener
	}
	_, clustered := b.waits.(*redis.ClusterClient)
	if !clustered && len(b.listeners) >= maxListeners {
		q.listener = b.listeners[b.turn%maxListeners]
		b.turn++
		return q.listener
	}
	q.listener = &listener{
		broker: b, own: q.waiter(b.process + "." + strconv.FormatInt(b.serial.Add(1), 36)),
		watched: make(map[*queue]*watched),
	}
	b.listeners = append(b.listeners, q.listener)
	return q.listener
}

// interrupt lets a listener that blocks see what has changed; the caller holds mu.
// (CLIENT UNBLOCK is of no use: on a client that waits for the end of a CLIENT
// PAUSE it crashes Redis 7.0.)
func (l *listener) interrupt() {
	if !l.blocked || l.interrupted {
		return
	}
	l.interrupted = true
	l.broker.start(func() {
		ctx, cancel := context.WithTimeout(l.broker.ctx, time.Second)
		defer cancel()
		pipe := l.broker.commands.TxPipeline()
		pipe.RPush(ctx, l.own, "")
		pipe.PExpire(ctx, l.own, 2*maxBlock)
		_, _ = pipe.Exec(ctx)
	})
}

// run looks and blocks in turn while somebody waits.
func (l *listener) run() {
	b := l.broker
	for n := 0; b.ctx.Err() == nil; {
		l.look()
		queues, d := l.block()
		if len(queues) == 0 {
			return
		}
		if d <= 0 { // somebody came, or it is time
			continue
		}
		err := l.await(queues, max(d, minBlock))
		if err == nil {
			n = 0
			continue
		}
		// A token may be lost with the connection, so it is time to look.
		l.forget()
		if passing, _ := judge(err); !passing {
			l.fail(b.refusal(err))
		}
		b.reload(b.ctx)
		b.pause(b.ctx, n)
		n++
	}
}

// block begins a time of blocking: for these queues, for so long, if at all.
// Without queues the listener ends.
func (l *listener) block() (queues []*queue, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	d = maxBlock
	for q, w := range l.watched {
		queues = append(queues, q)
		if !w.known {
			d = 0
		}
		d = min(d, w.until.Sub(now))
	}
	l.running = len(queues) > 0
	l.blocked, l.interrupted = l.running && d > 0, false
	return queues, d
}

// await waits for a token. One that nobody waits for any more goes back.
func (l *listener) await(queues []*queue, d time.Duration) error {
	err := l.connect(queues[0])
	if err != nil {
		return err
	}
	args := make([]any, 0, len(queues)+3)
	args = append(args, "blpop")
	for _, q := range queues {
		args = append(args, &q.wake)
	}
	args = append(args, l.own, fmt.Sprintf("%.3f", d.Seconds()))
	cmd := redis.NewStringSliceCmd(l.broker.ctx, args...)
	err = l.conn.Process(l.broker.ctx, cmd)
	l.mu.Lock()
	l.blocked = false
	l.mu.Unlock()
	switch {
	case errors.Is(err, redis.Nil):
		return nil
	case err != nil:
		l.disconnect()
		return err
	}
	for _, q := range queues {
		if cmd.Val()[0] == q.wake && !l.tell(q, nil) {
			l.broker.giveToken(q)
		}
	}
	return nil
}

// connect makes sure that the connection is to the node that has the queue.
func (l *listener) connect(q *queue) error {
	node, err := l.broker.nodeOf(l.broker.ctx, q.wake)
	if err != nil {
		return err
	}
	if l.conn != nil && l.node == node {
		return nil
	}
	l.disconnect()
	l.conn, l.node = node.Conn(), node
	return nil
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

func (l *listener) disconnect() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
	l.conn, l.node = nil, nil
}

// forget makes the listener look again at all.
func (l *listener) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.watched {
		w.known = false
	}
}

// fail tells all who wait that there is no waiting.
func (l *listener) fail(err error) {
	l.mu.Lock()
	all := l.watched
	l.watched = make(map[*queue]*watched)
	l.mu.Unlock()
	for q, w := range all {
		for _, v := range w.vigils {
			v.tell(q.keys.queue, err)
		}
	}
}
