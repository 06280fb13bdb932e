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
		n := t.size.tasks
		if callers == 1 {
			n = t.size.singles
		}
		elapsed, err := enqueueFrom(t.ctx, t.queue, callers, n)
		if err == nil {
			t.add(metric, float64(n)/elapsed.Seconds())
		}
		return err
	}
}

// enqueueFrom adds n tasks from several goroutines.
func enqueueFrom(ctx context.Context, q queue, callers, n int) (time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range callers {
		wg.Go(func() {
			payload := make([]byte, payloadBytes)
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
		err := enqueueBatches(t.ctx, t.queue, batch, t.size.tasks)
		if errors.Is(err, errNoBatch) {
			return nil
		}
		if err == nil {
			t.add(metric, float64(t.size.tasks)/time.Since(start).Seconds())
		}
		return err
	}
}

func enqueueBatches(ctx context.Context, q queue, batch, n int) error {
	payloads := make([][]byte, batch)
	for i := range payloads {
		payloads[i] = make([]byte, payloadBytes)
	}
	for n > 0 {
		size := min(batch, n)
		if err := q.enqueueAll(ctx, payloads[:size]); err != nil {
			return err
		}
		n -= size
	}
	return nil
}

// load fills a queue in the fastest way that the system has.
func load(ctx context.Context, q queue, n int) error {
	err := enqueueBatches(ctx, q, 1000, n)
	if errors.Is(err, errNoBatch) {
		_, err = enqueueFrom(ctx, q, loaders, n)
	}
	return err
}
