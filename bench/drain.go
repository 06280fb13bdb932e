package main

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// drainScenario measures a worker that finds the queue full: from its start to
// the end of the last handler. It ends when all is settled, which is in the
// server's share.
func drainScenario(metric string, w workload, size int) func(*trial) error {
	return func(t *trial) error {
		n := t.tasks(size)
		if err := load(t.ctx, t.queue, n, size); err != nil {
			return err
		}
		before, err := t.store.usage(t.ctx)
		if err != nil {
			return err
		}
		own := ownUsage()
		elapsed, err := drain(t.ctx, t.queue, n, w)
		if err != nil {
			return err
		}
		t.addOwn(metric, own, n)
		t.add(metric+"_per_s", float64(n)/elapsed.Seconds())
		if t.system.own {
			return nil
		}
		after, err := t.store.usage(t.ctx)
		spent := after.since(before)
		t.add(metric+"_redis_us_per_task", float64(spent.cpu.Nanoseconds())/1e3/float64(n))
		t.add(metric+"_redis_cmds_per_task", spent.commands/float64(n))
		t.add(metric+"_requests_per_task", spent.requests/float64(n))
		return err
	}
}

// An own usage is what this process has spent so far.
type own struct {
	cpu         time.Duration
	allocations uint64
}

func ownUsage() own {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return own{processCPU(), m.Mallocs}
}

// addOwn records what the process has spent on each of n tasks.
func (t *trial) addOwn(metric string, before own, n int) {
	after := ownUsage()
	t.add(metric+"_go_us_per_task", float64((after.cpu-before.cpu).Nanoseconds())/1e3/float64(n))
	t.add(metric+"_go_allocs_per_task", float64(after.allocations-before.allocations)/float64(n))
}

// drain works until n tasks have run. One more or less is an error: a queue
// that loses or repeats tasks has no speed.
func drain(ctx context.Context, q queue, n int, w workload) (time.Duration, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var ran atomic.Int64
	var elapsed time.Duration
	start := time.Now()
	err := q.work(ctx, w, func([]byte) {
		if ran.Add(1) == int64(n) {
			elapsed = time.Since(start)
			stop()
		}
	})
	if got := ran.Load(); err == nil && got != int64(n) {
		err = fmt.Errorf("%d runs of %d tasks", got, n)
	}
	return elapsed, err
}

// measureMemory compares the server with a queue of waiting tasks and without.
func measureMemory(t *trial) error {
	if t.system.own {
		return nil
	}
	if err := t.queue.close(); err != nil {
		return err
	}
	before, err := t.store.quiet(t.ctx)
	if err != nil {
		return err
	}
	if t.queue, err = t.open(); err != nil {
		return err
	}
	if err := load(t.ctx, t.queue, t.size.tasks, payloadBytes); err != nil {
		return err
	}
	if err := t.queue.close(); err != nil {
		return err
	}
	after, err := t.store.quiet(t.ctx)
	t.add("bytes_per_pending", after.since(before).memory/float64(t.size.tasks))
	return err
}
