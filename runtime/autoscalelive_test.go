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
		t.Skip("it takes half a minute")
	}
	t.Parallel()
	client := openLive(t)
	config := tasks(fifthOfASecond)
	config.Concurrency, config.Logger = 5, new(lines).logger()
	config.Autoscale = taskqueue.Autoscale{Min: 2, Max: 100, Tuning: tuned(func(t *taskqueue.AutoscaleTuning) {
		t.ScaleDownCooldown = time.Second
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

	offer(t, client, 3, 4*time.Second, nil)
	step := time.Now()
	offer(t, client, 30, 11*time.Second, nil)
	offer(t, client, 3, 40*time.Second, func() bool { return worker.Decisions(1)[0].To == 2 })
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

func openLive(t *testing.T) *taskqueue.Client {
	t.Helper()
	client, err := taskqueue.Open(t.Context(), redistest.Start(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func fifthOfASecond(context.Context, string) (string, error) {
	time.Sleep(200 * time.Millisecond)
	return "", nil
}

// offer enqueues so many tasks in each tenth of a second, for a time or until a
// condition holds.
func offer(t *testing.T, c *taskqueue.Client, tenth int, d time.Duration, until func() bool) {
	t.Helper()
	jobs := slices.Repeat([]taskqueue.Job{job("x")}, tenth)
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for range int(d / (100 * time.Millisecond)) {
		if until != nil && until() {
			return
		}
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
