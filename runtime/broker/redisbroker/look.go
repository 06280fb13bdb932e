package redisbroker

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// look looks at the queues for which it is time, and ends the waiting for those
// with work. Parked tasks are for whoever knows their shape, which only a cycle
// tells: who waits for long cycles now and then, so that they find him.
func (l *listener) look() {
	fresh, due := l.due()
	for i, q := range append(fresh, l.glance(due)...) {
		next, parked, err := l.broker.lookAt(l.broker.ctx, q)
		switch {
		case err != nil:
			l.fail(err)
			return
		case next == 0, parked && i >= len(fresh):
			l.tell(q, nil)
		default:
			l.seen(next, q)
		}
	}
}

// due are the queues that were not looked at, and those that were if it is time
// for one of them: to glance at all costs as much.
func (l *listener) due() (fresh, due []*queue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, late := time.Now(), false
	for q, w := range l.watched {
		if !w.known {
			fresh = append(fresh, q)
			continue
		}
		due = append(due, q)
		late = late || !w.until.After(now)
	}
	if !late {
		due = nil
	}
	return fresh, due
}

// seen notes that there is no work in queues for a while.
func (l *listener) seen(d time.Duration, queues ...*queue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	until := time.Now().Add(d)
	for _, q := range queues {
		if w := l.watched[q]; w != nil {
			w.known, w.until = true, until
		}
	}
}

// glance returns the queues that are worth a look. Most often none of their keys
// exists, and one command tells that of all of them.
func (l *listener) glance(queues []*queue) (worth []*queue) {
	if len(queues) == 0 {
		return nil
	}
	ctx, commands := l.broker.ctx, l.broker.commands
	var keys []string
	for _, q := range queues {
		keys = append(keys, q.glance...)
	}
	switch n, err := commands.Exists(ctx, keys...).Result(); {
	case err != nil, n > 0 && len(queues) == 1:
		return queues
	case n == 0:
		l.seen(l.broker.lookEvery(), queues...)
		return nil
	}
	counts, _ := commands.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, q := range queues {
			pipe.Exists(ctx, q.glance...)
		}
		return nil
	})
	for i, q := range queues {
		if n, err := counts[i].(*redis.IntCmd).Result(); err != nil || n > 0 {
			worth = append(worth, q)
			continue
		}
		l.seen(l.broker.lookEvery(), q)
	}
	return worth
}

// lookAt returns 0 if there is work, or how long there will be none by what is
// known.
func (b *Broker) lookAt(ctx context.Context, q *queue) (next time.Duration, parked bool, err error) {
	answer, err := b.run(ctx, b.scripts.Load().look, q.look)
	if err != nil || answer.int(0) == 1 {
		return 0, false, err
	}
	next = b.lookEvery()
	if ms := answer.int(1); ms >= 0 {
		next = min(max(time.Duration(ms)*time.Millisecond, minBlock), next)
	}
	return next, answer.int(2) > 0, nil
}

// lookEvery is how long a listener does without a look: a session that was not
// there at the last one must be seen before it lapses.
func (b *Broker) lookEvery() time.Duration {
	if lease := time.Duration(b.shortest.Load()); lease > 0 {
		return min(maxBlock, lease*3/4)
	}
	return maxBlock
}

// leased notes the shortest lease of this process: those of others are like it.
func (b *Broker) leased(d time.Duration) {
	for {
		known := b.shortest.Load()
		if known > 0 && known <= int64(d) || b.shortest.CompareAndSwap(known, int64(d)) {
			return
		}
	}
}

// giveToken leaves a token for somebody else.
func (b *Broker) giveToken(q *queue) {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	_ = b.commands.RPush(ctx, q.wake, "").Err()
}
