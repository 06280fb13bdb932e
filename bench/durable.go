package main

import (
	"context"
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
)

// aofTasks are few: with a write to disk for each command some systems are slow.
const aofTasks = 20_000

// aofScenario measures a whole life of tasks on a server of its own that writes
// them to disk: never, every second, or before it answers.
func aofScenario(fsync string) func(*trial) error {
	args := []string{"--appendonly", "yes", "--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0"}
	if fsync == "none" {
		args = nil
	}
	return func(t *trial) error {
		s, err := openStore(t.ctx, args...)
		if err != nil {
			return err
		}
		defer s.close()
		q, err := t.system.open(s.url())
		if err != nil {
			return err
		}
		defer q.close()
		n := min(t.size.tasks, aofTasks)
		start := time.Now()
		if err := load(t.ctx, q, n, payloadBytes); err != nil {
			return err
		}
		t.add("aof_"+fsync+"_enqueue_per_s", float64(n)/time.Since(start).Seconds())
		elapsed, err := drain(t.ctx, q, n, workload{slots: 10})
		if err != nil {
			return err
		}
		t.add("aof_"+fsync+"_drain_per_s", float64(n)/elapsed.Seconds())
		if args == nil {
			return nil
		}
		bytes, err := s.number(t.ctx, "Persistence", "aof_current_size")
		t.add("aof_"+fsync+"_bytes_per_task", bytes/float64(n))
		return err
	}
}

// measureBacklog drains as many tasks from queues that are ever longer.
func measureBacklog(t *trial) error {
	for n, zeros := backlogPart, 4; n <= t.size.backlog; n, zeros = n*10, zeros+1 {
		if err := t.store.redis.FlushAll(t.ctx).Err(); err != nil {
			return err
		}
		for round := range backlogRounds {
			fill := backlogPart
			if round == 0 {
				fill = n
			}
			rate, err := t.drainPart(fill)
			if err != nil {
				return err
			}
			t.add(fmt.Sprintf("backlog_1e%d_per_s", zeros), rate)
		}
	}
	return nil
}

const (
	backlogPart   = 10_000
	backlogRounds = 7
)

// drainPart fills a queue up, and stops when a part of it has run; the rest stays.
// The first half is for the worker to get up to speed.
func (t *trial) drainPart(fill int) (perSecond float64, err error) {
	q, err := t.open()
	if err != nil {
		return 0, err
	}
	defer q.close()
	if err := load(t.ctx, q, fill, payloadBytes); err != nil {
		return 0, err
	}
	return drainSome(t.ctx, q, backlogPart, backlogPart/2)
}

// drainSome measures n runs, but for the first warm ones.
func drainSome(ctx context.Context, q queue, n, warm int) (perSecond float64, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	count := newCounter(n, warm, stop)
	err = q.work(ctx, workload{slots: 10}, func([]byte) { count.add() })
	return count.perSecond(), err
}

// openStore starts a server; args are redis-server's.
func openStore(ctx context.Context, args ...string) (*store, error) {
	server, err := redistest.Launch(args...)
	if err != nil {
		return nil, err
	}
	return newStore(ctx, server)
}
