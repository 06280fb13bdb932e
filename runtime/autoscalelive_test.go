package taskqueue_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Ten times as many arrivals within a second, on Redis and in real time: after
// ten seconds no task waits longer than it may, and then the workers go again,
// without a reversal. The way down is hurried by a short window.
func TestAutoscaleLive(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes three quarters of a minute")
	}
	server := redistest.Start(t)
	client, err := taskqueue.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	config := tasks(func(context.Context, string) (string, error) {
		time.Sleep(200 * time.Millisecond)
		return "", nil
	})
	config.Concurrency, config.Logger = 5, new(lines).logger()
	config.Autoscale = taskqueue.Autoscale{Min: 2, Max: 100, Tuning: tuned(func(t *taskqueue.AutoscaleTuning) {
		t.ScaleDownCooldown = 2 * time.Second
	})}
	var mu sync.Mutex
	var late time.Time // the last run that had waited too long
	config.OnFinish = func(e taskqueue.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Wait > waitTarget {
			late = time.Now()
		}
	}
	worker, err := taskqueue.NewWorker(client, config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()

	offer(t, client, 3, 5*time.Second)
	step := time.Now()
	offer(t, client, 30, 12*time.Second)
	offer(t, client, 3, 30*time.Second)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if late.After(step.Add(10 * time.Second)) {
		t.Errorf("%v after the step a task had waited for more than %v", late.Sub(step), waitTarget)
	}
	checkHill(t, worker.Decisions(1000))
}

// offer enqueues so many tasks in each tenth of a second.
func offer(t *testing.T, c *taskqueue.Client, tenth int, d time.Duration) {
	t.Helper()
	jobs := slices.Repeat([]taskqueue.Job{job("x")}, tenth)
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for range int(d / (100 * time.Millisecond)) {
		if _, err := c.EnqueueAll(t.Context(), jobs...); err != nil {
			t.Fatal(err)
		}
		<-ticker.C
	}
}

// checkHill wants decisions, the newest first, to go up once and down once, to
// the minimum.
func checkHill(t *testing.T, decisions []taskqueue.Decision) {
	t.Helper()
	var sizes []int
	for _, d := range slices.Backward(decisions) {
		sizes = append(sizes, d.To)
	}
	top := slices.Index(sizes, slices.Max(sizes))
	down := slices.IsSortedFunc(sizes[top:], func(a, b int) int { return b - a })
	if sizes[top] < 12 || !down || sizes[len(sizes)-1] != 2 {
		t.Errorf("sizes %v; last: %v", sizes, decisions[0])
	}
	t.Logf("sizes %v", slices.Compact(sizes))
}
