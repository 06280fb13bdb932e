package taskqueue_test

import (
	"context"
	"runtime"
	"testing"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A sink takes everything and keeps nothing.
type sink struct{ broker.Broker }

func (sink) Enqueue(context.Context, []broker.Message) ([]broker.Receipt, error) { return nil, nil }
func (sink) Close() error                                                        { return nil }

// What Enqueue allocates is the store's.
func TestEnqueueAllocatesNothing(t *testing.T) {
	c, err := taskqueue.NewClient(sink{}, taskqueue.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n, ctx := &note{"hi"}, t.Context()
	allocs := testing.AllocsPerRun(1000, func() {
		if _, err := c.Enqueue(ctx, taskqueue.NewJob(noteKind, n, taskqueue.Retries(1))); err != nil {
			t.Fatal(err)
		}
	})
	if limit := 0.0; allocs > limit && !raceEnabled {
		t.Errorf("%v allocations, want %v", allocs, limit)
	}
	jobs := make([]taskqueue.Job, 100)
	for i := range jobs {
		jobs[i] = taskqueue.NewJob(noteKind, n)
	}
	allocs = testing.AllocsPerRun(100, func() {
		if _, err := c.EnqueueAll(ctx, jobs...); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 20 {
		t.Errorf("%v allocations for 100 jobs", allocs)
	}
}

// What a run allocates is a share of its claim: the messages, leases and runs of a
// batch are made together. One is the store's, which keeps a copy of each task.
func TestRunAllocatesLittle(t *testing.T) {
	const tasks = 20_000
	run := drain(t, 10, tasks)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	perTask := float64(after.Mallocs-before.Mallocs) / tasks
	if limit := 1.5; perTask > limit && !raceEnabled {
		t.Errorf("%.2f allocations a task, want at most %v", perTask, limit)
	}
}
