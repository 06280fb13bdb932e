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
// without a reversal. The way down is hurried by a short window. While the machine
// gives this process no time, no time passes; where that is much, only the way up and
// down is judged.
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
	beat := startPulse(t)
	var mu sync.Mutex
	var late time.Time // the last run that had waited too long
	config.OnFinish = func(e taskqueue.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Wait-beat.lost(time.Now().Add(-e.Run-e.Wait)) > waitTarget {
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

	begun := time.Now()
	offer(t, client, 3, 4*time.Second, nil)
	step := time.Now()
	offer(t, client, 30, 11*time.Second, nil)
	offer(t, client, 3, 2*time.Minute, func() bool { return worker.Decisions(1)[0].To == 2 })
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	lost, whole := beat.lost(begun), time.Since(begun)
	t.Logf("of %v the machine took %v", whole, lost)
	if late.After(step.Add(10*time.Second + beat.lost(step))) {
		t.Errorf("%v after the step a task had waited for more than %v; the machine took %v", late.Sub(step), waitTarget, lost)
	}
	checkHill(t, worker.Decisions(1000), lost < whole/20)
}

// A pulse notes when its goroutine was not woken in time: then the machine had no time
// for this process.
type pulse struct {
	mu   sync.Mutex
	gaps []gap
}

type gap struct {
	end time.Time
	d   time.Duration
}

// startPulse begins one that ends with the test.
func startPulse(t *testing.T) *pulse {
	const period = 10 * time.Millisecond
	p := new(pulse)
	ticker := time.NewTicker(period)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		last := time.Now()
		for {
			select {
			case <-t.Context().Done():
				return
			case <-ticker.C:
			}
			now := time.Now()
			if d := now.Sub(last) - period; d > period/2 {
				p.mu.Lock()
				p.gaps = append(p.gaps, gap{now, d})
				p.mu.Unlock()
			}
			last = now
		}
	}()
	t.Cleanup(func() { <-ended; ticker.Stop() })
	return p
}

// lost is how much time was lost since then.
func (p *pulse) lost(since time.Time) (sum time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range slices.Backward(p.gaps) {
		if g.end.Before(since) {
			break
		}
		sum += g.d
	}
	return sum
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

// checkHill wants decisions, the newest first, to go up and down, to the minimum, and
// once only if what came was even.
func checkHill(t *testing.T, decisions []taskqueue.Decision, even bool) {
	t.Helper()
	var sizes []int
	for _, d := range slices.Backward(decisions) {
		sizes = append(sizes, d.To)
	}
	top := slices.Index(sizes, slices.Max(sizes))
	down := slices.IsSortedFunc(sizes[top:], func(a, b int) int { return b - a })
	if sizes[top] < 12 || even && !down || sizes[len(sizes)-1] != 2 {
		t.Errorf("sizes %v; last: %v", sizes, decisions[0])
	}
	t.Logf("sizes %v", slices.Compact(sizes))
}
