package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A bubble's clock makes the times exact, but for the buckets.
func TestMetricsOfAWorker(t *testing.T) {
	bubble(t, func(f *fixture) {
		for _, text := range []string{"good", "good", "good", "bad"} {
			f.add(job(text, taskqueue.Retries(0)))
		}
		pass(time.Second)
		var metrics taskqueue.Metrics
		config := tasks(func(ctx context.Context, text string) (string, error) {
			time.Sleep(100 * time.Millisecond)
			if text == "bad" {
				return "", errors.New("bad")
			}
			return text, nil
		})
		config.Concurrency, config.OnFinish = 4, metrics.Observe
		f.work(config)
		pass(time.Second)
		kinds := metrics.Kinds()
		if len(kinds) != 1 {
			t.Fatalf("%d series, want 1", len(kinds))
		}
		k := &kinds[0]
		if k.Queue != taskqueue.Default || k.Kind != noteKind.Name || k.Runs() != 4 || k.Done != 3 || k.Dead != 1 || k.Failed() != 1 {
			t.Errorf("%+v", k)
		}
		for name, d := range map[string]*taskqueue.Durations{"run": k.Run, "wait": k.Wait, "total": k.Total} {
			want := map[string]time.Duration{"run": 100 * time.Millisecond, "wait": time.Second, "total": 1100 * time.Millisecond}[name]
			if d.Count != 4 || d.Max != want || d.Mean() != want || d.Quantile(0.99) > want || d.Quantile(0.5) < want*7/8 {
				t.Errorf("%s: %d times, max %v, mean %v, median %v, want %v", name, d.Count, d.Max, d.Mean(), d.Quantile(0.5), want)
			}
		}
	})
}

func TestMetricsAreBounded(t *testing.T) {
	var metrics taskqueue.Metrics
	if got := metrics.Kinds(); got != nil {
		t.Errorf("of nothing: %v", got)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 2 * taskqueue.MaxSeries {
				metrics.Observe(taskqueue.Event{Queue: "q", Kind: fmt.Sprintf("k%04d", i), Outcome: taskqueue.Done, Run: time.Second})
			}
		})
	}
	all.Wait()
	kinds := metrics.Kinds()
	if len(kinds) != taskqueue.MaxSeries+1 {
		t.Fatalf("%d series, want %d", len(kinds), taskqueue.MaxSeries+1)
	}
	other, runs := int64(0), int64(0)
	for i := range kinds {
		runs += kinds[i].Runs()
		if kinds[i].Kind == taskqueue.OtherSeries {
			other = kinds[i].Runs()
		}
	}
	if runs != 8*taskqueue.MaxSeries || other != 4*taskqueue.MaxSeries {
		t.Errorf("%d runs, %d of them in the other series", runs, other)
	}
}

func TestMetricsAllocateNothing(t *testing.T) {
	var metrics taskqueue.Metrics
	e := taskqueue.Event{Queue: "q", Kind: "k", Outcome: taskqueue.Done, Run: time.Second}
	metrics.Observe(e)
	if n := testing.AllocsPerRun(100, func() { metrics.Observe(e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMetricsObserve(b *testing.B) {
	var metrics taskqueue.Metrics
	e := taskqueue.Event{Queue: "default", Kind: "email.Send", Outcome: taskqueue.Done, Wait: time.Millisecond, Run: time.Second}
	b.ReportAllocs()
	for range b.N {
		metrics.Observe(e)
	}
}

func TestList(t *testing.T) {
	bubble(t, func(f *fixture) {
		var want, got []taskqueue.ID
		for i := range 5 {
			want = append(want, f.add(job(fmt.Sprint(i))))
			pass(time.Millisecond)
		}
		query := taskqueue.ListQuery{Queue: taskqueue.Default, State: taskqueue.Pending, Limit: 2}
		for {
			page, err := f.List(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Entries {
				got = append(got, e.ID)
			}
			if query.Cursor = page.Next; query.Cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
	})
}

func TestRunning(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(func(ctx context.Context, text string) (string, error) {
			time.Sleep(time.Minute)
			return "", nil
		})
		config.Concurrency = 2
		w, _ := f.work(config)
		first := f.add(job("a"))
		pass(time.Second)
		second := f.add(job("b", taskqueue.Timeout(time.Second)))
		pass(5 * time.Second)
		running := w.Running(10)
		if len(running) != 2 || running[0].ID != first || running[1].ID != second {
			t.Fatalf("%+v", running)
		}
		if r := running[0]; r.Kind != noteKind.Name || r.Queue != taskqueue.Default || r.Attempt != 1 || time.Since(r.Started) != 6*time.Second || r.Overdue {
			t.Errorf("%+v", r)
		}
		if !running[1].Overdue || running[1].Deadline.IsZero() {
			t.Errorf("%+v", running[1])
		}
		if got := w.Running(1); len(got) != 1 || got[0].ID != first {
			t.Errorf("the longest: %+v", got)
		}
		if diff := cmp.Diff([]string{noteKind.Name}, w.Kinds()); diff != "" {
			t.Errorf("kinds (-want +got):\n%s", diff)
		}
		pass(time.Minute)
	})
}
