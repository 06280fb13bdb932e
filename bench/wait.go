package main

import (
	"context"
	"encoding/binary"
	"slices"
	"time"
)

const (
	idleSlots   = 10  // of the worker that mostly waits
	latencyRate = 100 // tasks a second
)

// measureLatency adds tasks at a steady rate to a queue that is empty else. A
// task's latency is from the moment at which it was to be added, so that a slow
// Enqueue counts, to the start of its handler.
func measureLatency(t *trial) error {
	n := int(t.size.latency.Seconds() * latencyRate)
	arrived := make(chan time.Duration, n)
	start := time.Now()
	handle := func(payload []byte) {
		arrived <- time.Since(start) - time.Duration(binary.LittleEndian.Uint64(payload))
	}
	var waits []time.Duration
	err := t.whileWorking(handle, func(ctx context.Context) error {
		for i := range n {
			due := time.Duration(i) * time.Second / latencyRate
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
	t.add("latency_p50_ms", waits[n/2].Seconds()*1e3)
	t.add("latency_p99_ms", waits[n*99/100].Seconds()*1e3)
	return nil
}

// enqueueAt adds a task that knows when it is due.
func enqueueAt(ctx context.Context, q queue, start time.Time, due time.Duration) error {
	time.Sleep(time.Until(start.Add(due)))
	payload := make([]byte, payloadBytes)
	binary.LittleEndian.PutUint64(payload, uint64(due))
	return q.enqueue(ctx, payload)
}

// measureIdle counts what a worker without tasks asks of the server.
func measureIdle(t *trial) error {
	return t.whileWorking(func([]byte) {}, func(ctx context.Context) error {
		time.Sleep(time.Second) // its start is not what is measured
		before, err := t.store.usage(ctx)
		if err != nil {
			return err
		}
		start := time.Now()
		time.Sleep(t.size.idle)
		after, err := t.store.usage(ctx)
		spent, seconds := after.since(before), time.Since(start).Seconds()
		t.add("idle_cmds_per_s", spent.commands/seconds)
		t.add("idle_requests_per_s", spent.requests/seconds)
		t.add("idle_redis_us_per_s", float64(spent.cpu.Microseconds())/seconds)
		return err
	})
}

// whileWorking runs do beside a worker, and returns when both have ended. If
// the worker ends first, so does the context of do.
func (t *trial) whileWorking(handle func([]byte), do func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(t.ctx)
	defer stop(nil)
	done := make(chan error, 1)
	go func() {
		err := t.queue.work(ctx, idleSlots, false, handle)
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
