package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// loaders is how many callers fill a queue where that is not what is measured.
const loaders = 16

// enqueueScenario measures callers that each add one task after the other. One
// caller alone adds fewer, or the slow systems would take too long.
func enqueueScenario(metric string, callers int) func(*trial) error {
	return func(t *trial) error {
		n := t.tasks(payloadBytes)
		if callers == 1 {
			n = min(n, t.size.singles)
		}
		elapsed, err := enqueueFrom(t.ctx, t.queue, callers, n, payloadBytes)
		if err == nil {
			t.add(metric, float64(n)/elapsed.Seconds())
		}
		return err
	}
}

// enqueueFrom adds n tasks from several goroutines.
func enqueueFrom(ctx context.Context, q queue, callers, n, size int) (time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range callers {
		wg.Go(func() {
			payload := make([]byte, size)
			for next.Add(1) <= int64(n) && ctx.Err() == nil {
				if err := q.enqueue(ctx, payload); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start), context.Cause(ctx)
}

// batchScenario measures one caller that adds many tasks in each call.
func batchScenario(metric string, batch int) func(*trial) error {
	return func(t *trial) error {
		start := time.Now()
		err := enqueueBatches(t.ctx, t.queue, batch, t.tasks(payloadBytes), payloadBytes)
		if errors.Is(err, errNoBatch) {
			return nil
		}
		if err == nil {
			t.add(metric, float64(t.tasks(payloadBytes))/time.Since(start).Seconds())
		}
		return err
	}
}

func enqueueBatches(ctx context.Context, q queue, batch, n, size int) error {
	payloads := make([][]byte, batch)
	for i := range payloads {
		payloads[i] = make([]byte, size)
	}
	for n > 0 {
		now := min(batch, n)
		if err := q.enqueueAll(ctx, payloads[:now]); err != nil {
			return err
		}
		n -= now
	}
	return nil
}

// load fills a queue in the fastest way that the system has.
func load(ctx context.Context, q queue, n, size int) error {
	err := enqueueBatches(ctx, q, 1000, n, size)
	if errors.Is(err, errNoBatch) {
		_, err = enqueueFrom(ctx, q, loaders, n, size)
	}
	return err
}
