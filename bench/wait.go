package main

import (
	"context"
	"encoding/binary"
	"slices"
	"sync/atomic"
	"time"
)

const idleSlots = 10 // of the worker that mostly waits

// latencyScenario adds tasks at a steady rate to a queue that is empty else. A
// task's latency ends with the start of its handler. It begins with the call that
// adds it or, if the one before came back too late, when it was to be called: so a
// slow Enqueue counts, and the sleep of this loop, which the system wakes up to a
// millisecond late, does not.
func latencyScenario(metric string, rate int) func(*trial) error {
	return func(t *trial) error {
		n := int(t.size.latency.Seconds() * float64(rate))
		if t.system.own {
			n = min(n, 100)
		}
		arrived := make(chan time.Duration, n)
		start := time.Now()
		handle := func(payload []byte) {
			arrived <- time.Since(start) - time.Duration(binary.LittleEndian.Uint64(payload))
		}
		var waits []time.Duration
		err := t.whileWorking(workload{slots: idleSlots}, handle, func(ctx context.Context) error {
			for i := range n {
				due := time.Duration(i) * time.Second / time.Duration(rate)
				if err := enqueueAt(ctx, t.queue, start, due); err != nil {
					return err
				}
			}
			for range n {
				select {
				case wait := <-arrived:
					waits = append(waits, wait)
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		slices.Sort(waits)
		t.add(metric+"_p50_ms", waits[n/2].Seconds()*1e3)
		t.add(metric+"_p99_ms", waits[n*99/100].Seconds()*1e3)
		t.add(metric+"_p999_ms", waits[n*999/1000].Seconds()*1e3)
		return nil
	}
}

// enqueueAt adds a task that knows since when it waits.
func enqueueAt(ctx context.Context, q queue, start time.Time, due time.Duration) error {
	from := due
	if wait := time.Until(start.Add(due)); wait > 0 {
		time.Sleep(wait)
		from = time.Since(start)
	}
	payload := make([]byte, payloadBytes)
	binary.LittleEndian.PutUint64(payload, uint64(from))
	return q.enqueue(ctx, payload)
}

// idleScenario counts what a worker without tasks asks of the server, once its
// start is over.
func idleScenario(metric string, queues int) func(*trial) error {
	return func(t *trial) error {
		return t.whileWorking(workload{slots: idleSlots, queues: queues}, func([]byte) {}, func(ctx context.Context) error {
			time.Sleep(time.Second + time.Duration(queues)*time.Millisecond)
			before, err := t.store.usage(ctx)
			if err != nil {
				return err
			}
			start := time.Now()
			time.Sleep(t.size.idle)
			after, err := t.store.usage(ctx)
			spent, seconds := after.since(before), time.Since(start).Seconds()
			t.add(metric+"_cmds_per_s", spent.commands/seconds)
			t.add(metric+"_requests_per_s", spent.requests/seconds)
			t.add(metric+"_redis_us_per_s", float64(spent.cpu.Microseconds())/seconds)
			return err
		})
	}
}

// produceAndConsume fills a queue while it is drained, until the last task has run.
func produceAndConsume(t *trial) error {
	n := t.tasks(payloadBytes)
	var ran atomic.Int64
	over := make(chan struct{})
	var start time.Time
	err := t.whileWorking(workload{slots: idleSlots}, func([]byte) {
		if ran.Add(1) == int64(n) {
			close(over)
		}
	}, func(ctx context.Context) error {
		start = time.Now()
		if err := load(ctx, t.queue, n, payloadBytes); err != nil {
			return err
		}
		select {
		case <-over:
			t.add("produce_consume_per_s", float64(n)/time.Since(start).Seconds())
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	return err
}

// whileWorking runs do beside a worker, and returns when both have ended. If
// the worker ends first, so does the context of do.
func (t *trial) whileWorking(w workload, handle func([]byte), do func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(t.ctx)
	defer stop(nil)
	done := make(chan error, 1)
	go func() {
		err := t.queue.work(ctx, w, handle)
		stop(err)
		done <- err
	}()
	err := do(ctx)
	stop(nil)
	if workErr := <-done; workErr != nil {
		return workErr
	}
	return err
}
