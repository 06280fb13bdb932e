package taskqueue_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

var noopKind = &taskqueue.Kind{Name: "bench.Noop"}

// drain runs n queued tasks that do nothing and returns when the last is over.
func drain(tb testing.TB, slots, n int) (run func()) {
	tb.Helper()
	c, err := taskqueue.Open(tb.Context(), "mem://")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	jobs := make([]taskqueue.Job, min(n, 1000))
	for i := range jobs {
		jobs[i] = taskqueue.NewJob(noopKind, &note1)
	}
	for left := n; left > 0; left -= len(jobs) {
		if _, err := c.EnqueueAll(tb.Context(), jobs[:min(left, len(jobs))]...); err != nil {
			tb.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(tb.Context())
	var left atomic.Int64
	left.Store(int64(n))
	noop := taskqueue.Task{Kind: noopKind, Run: func(_ context.Context, _, dst []byte) ([]byte, error) {
		if left.Add(-1) == 0 {
			cancel()
		}
		return dst, nil
	}}
	w, err := taskqueue.NewWorker(c, taskqueue.WorkerConfig{
		Tasks: []taskqueue.Task{noop}, Concurrency: slots, Logger: slog.New(slog.DiscardHandler),
		Queues: []taskqueue.QueueWeight{{Name: taskqueue.Default}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return func() {
		if err := w.Run(ctx); err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkWorker is the whole way of a task through the engine and the store
// in memory, from claim to settle, with a handler that does nothing.
func BenchmarkWorker(b *testing.B) {
	for _, slots := range []int{10, 100} {
		b.Run(fmt.Sprintf("slots=%d", slots), func(b *testing.B) {
			run := drain(b, slots, b.N)
			b.ReportAllocs()
			b.ResetTimer()
			run()
		})
	}
}

func newClient(tb testing.TB) *taskqueue.Client {
	tb.Helper()
	c, err := taskqueue.NewClient(membroker.New(membroker.Config{}), taskqueue.ClientConfig{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

func BenchmarkEnqueue(b *testing.B) {
	c := newClient(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Enqueue(b.Context(), taskqueue.NewJob(noopKind, &note1)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEnqueueParallel(b *testing.B) {
	c := newClient(b)
	b.ReportAllocs()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Enqueue(b.Context(), taskqueue.NewJob(noopKind, &note1)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEnqueueAll(b *testing.B) {
	c := newClient(b)
	jobs := make([]taskqueue.Job, 1000)
	for i := range jobs {
		jobs[i] = taskqueue.NewJob(noopKind, &note1)
	}
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(jobs) {
		if _, err := c.EnqueueAll(b.Context(), jobs...); err != nil {
			b.Fatal(err)
		}
	}
}
