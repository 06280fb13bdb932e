package taskqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A load is a worker that scales, under arrivals that a test sets.
type load struct {
	*fixture
	worker *taskqueue.Worker
	stop   func()
	slots  int

	mu    sync.Mutex
	since time.Time     // runs that began before it do not count
	kind  string        // the only one that counts; empty: all do
	worst time.Duration // wait of those that count
	ended int
	log   lines
}

// scale starts a worker whose tasks take half a second, or what handle takes.
func (f *fixture) scale(a taskqueue.Autoscale, slots int, handle func(context.Context, string) (string, error), more ...taskqueue.Task) *load {
	f.Helper()
	l := &load{fixture: f, slots: slots}
	config := tasks(handle)
	config.Tasks = append(config.Tasks, more...)
	config.Concurrency, config.Autoscale, config.Logger = slots, a, l.log.logger()
	config.OnFinish = func(e taskqueue.Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.ended++
		if (l.kind == "" || l.kind == e.Kind) && !time.Now().Add(-e.Run).Before(l.since) {
			l.worst = max(l.worst, e.Wait)
		}
	}
	l.worker, l.stop = f.work(config)
	return l
}

func halfSecond(context.Context, string) (string, error) {
	time.Sleep(500 * time.Millisecond)
	return "", nil
}

// arrive enqueues so many tasks in each tenth of a second, and returns the
// number of workers after each second.
func (l *load) arrive(tenth int, d time.Duration) (sizes []int) {
	l.Helper()
	jobs := make([]taskqueue.Job, tenth)
	for i := range jobs {
		jobs[i] = job("x")
	}
	for i := range int(d / (100 * time.Millisecond)) {
		if tenth > 0 {
			if _, err := l.EnqueueAll(l.Context(), jobs...); err != nil {
				l.Fatal(err)
			}
		}
		pass(100 * time.Millisecond)
		if i%10 == 9 {
			sizes = append(sizes, l.worker.Stats().Slots/l.slots)
		}
	}
	return sizes
}

// countKind makes waits of a kind count from now on.
func (l *load) countKind(kind string) {
	l.count()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kind = kind
}

// count makes waits count from now on.
func (l *load) count() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since, l.worst = time.Now(), 0
}

func (l *load) worstWait() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.worst
}

func tuned(change func(*taskqueue.AutoscaleTuning)) *taskqueue.AutoscaleTuning {
	t := taskqueue.DefaultTuning()
	change(&t)
	return &t
}

// waitTarget is what the default service level leaves for waiting when tasks take
// half a second.
const waitTarget = 4500 * time.Millisecond

// Ten times as many arrivals from one moment on: ten seconds later no task waits
// longer than it may, and afterwards the workers go without coming again.
func TestAutoscaleStep(t *testing.T) {
	bubble(t, func(f *fixture) {
		l := f.scale(taskqueue.Autoscale{Min: 3, Max: 60}, 5, halfSecond)
		before := l.arrive(2, time.Minute)
		rise := l.arrive(20, 10*time.Second)
		l.count()
		high := l.arrive(20, time.Minute)
		if worst := l.worstWait(); worst > waitTarget {
			t.Errorf("10 s after the step tasks wait up to %v; sizes %v %v", worst, rise, high)
		}
		if d := l.worker.Decisions(1)[0]; d.Offered < 90 || d.Offered > 110 {
			t.Errorf("200 tasks of half a second arrive in a second, it takes them for %.1f erlang", d.Offered)
		}
		after := l.arrive(2, 3*time.Minute)
		after = append(after, l.arrive(0, 3*time.Minute)...)
		if after[len(after)-1] != 3 {
			t.Errorf("it does not go back to its minimum: %v", after)
		}
		if !slices.IsSortedFunc(after, func(a, b int) int { return b - a }) {
			t.Errorf("reversals on the way down: %v", after)
		}
		if slices.Max(before) != 3 || slices.Max(high) < 20 {
			t.Errorf("sizes before %v, after the step %v", before, high)
		}
		if text := l.log.String(); !strings.Contains(text, "workers scaled") || !strings.Contains(text, "step in arrivals") {
			t.Errorf("the log does not explain it:\n%s", text)
		}
	})
}

// What fails because another system is broken would not be helped by more
// workers. Where the calls hang before they fail, nothing is known of that at
// first; what was added until then goes again.
func TestAutoscaleFailingDownstream(t *testing.T) {
	for _, test := range []struct {
		name  string
		hangs time.Duration
		known int // seconds until it can be
	}{{"at once", 0, 0}, {"after five seconds", 5 * time.Second, 15}} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				var broken atomic.Bool
				l := f.scale(taskqueue.Autoscale{Min: 2, Max: 100}, 5, func(ctx context.Context, text string) (string, error) {
					if !broken.Load() {
						return halfSecond(ctx, text)
					}
					time.Sleep(test.hangs)
					return "", errBoom
				})
				healthy := slices.Max(l.arrive(4, 2*time.Minute))
				broken.Store(true)
				sick := l.arrive(4, 3*time.Minute)
				if rest := sick[test.known:]; !slices.IsSortedFunc(rest, func(a, b int) int { return b - a }) || rest[len(rest)-1] > healthy {
					t.Errorf("%d workers while all was well, then %v", healthy, sick)
				}
				if last := l.worker.Decisions(1)[0]; !strings.Contains(last.String(), "test.Note fails") {
					t.Errorf("it does not say that tasks fail: %v", last)
				}
			})
		})
	}
}

// The bounds hold, whatever comes.
func TestAutoscaleBounds(t *testing.T) {
	bubble(t, func(f *fixture) {
		l := f.scale(taskqueue.Autoscale{Min: 2, Max: 4, Initial: 3}, 2, halfSecond)
		if got := l.worker.Stats().Slots; got != 6 {
			t.Errorf("%d slots at the start, want 6", got)
		}
		if d := l.worker.Decisions(5); len(d) != 1 || d[0].To != 3 {
			t.Errorf("decisions at the start: %v", d)
		}
		sizes := l.arrive(10, time.Minute)
		sizes = append(sizes, l.arrive(0, 20*time.Minute)...)
		if slices.Min(sizes) != 2 || slices.Max(sizes) != 4 {
			t.Errorf("sizes from %d to %d", slices.Min(sizes), slices.Max(sizes))
		}
		d := l.worker.Decisions(2000)
		if len(d) != 1000 || !d[0].At.After(d[1].At) || !strings.Contains(d[0].String(), "2 stay: ") {
			t.Errorf("%d decisions, the newest %v %v", len(d), d[0].At, d[0])
		}
		if err := l.worker.Resize(7); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Errorf("Resize: %v", err)
		}
	})
}

// While the store does not answer nothing is decided, and afterwards it goes on.
func TestAutoscaleHolds(t *testing.T) {
	bubble(t, func(f *fixture) {
		l := f.scale(taskqueue.Autoscale{Min: 1, Max: 20}, 5, halfSecond)
		l.arrive(8, 30*time.Second)
		size := l.worker.Stats().Slots
		f.store.set(func() { f.store.queues = func() error { return errBoom } })
		l.arrive(0, 10*time.Minute)
		last := l.worker.Decisions(1)[0]
		if got := l.worker.Stats().Slots; got != size || size == 5 || time.Since(last.At) < 9*time.Minute {
			t.Errorf("%d slots, then %d; last decision %v ago: %v", size, got, time.Since(last.At), last)
		}
		f.store.set(func() { f.store.queues = nil })
		l.arrive(0, 10*time.Minute)
		if got := l.worker.Stats().Slots; got != 5 {
			t.Errorf("%d slots when nothing has come for long", got)
		}
	})
}

// A worker that ends while it scales leaves no goroutine: the bubble would not
// end. Nothing is lost.
func TestAutoscaleShutdown(t *testing.T) {
	bubble(t, func(f *fixture) {
		l := f.scale(taskqueue.Autoscale{Min: 1, Max: 50}, 2, halfSecond)
		l.arrive(1, 10*time.Second)
		sizes := l.arrive(30, 3*time.Second)
		if slices.Max(sizes) == 1 {
			t.Errorf("it does not scale: %v", sizes)
		}
		l.stop()
		synctest.Wait()
		q, err := f.Queues(f.Context(), taskqueue.Default)
		if err != nil || q[0].Active != 0 || q[0].Lost != 0 || q[0].Pending+q[0].Done != 1000 {
			t.Errorf("%+v %v", q, err)
		}
	})
}

// A config with several mistakes hears of all of them.
func TestAutoscaleInvalid(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(nothing)
		config.Concurrency = 1000
		config.Autoscale = taskqueue.Autoscale{Min: 5, Max: 900, Initial: 4, Tuning: &taskqueue.AutoscaleTuning{}}
		_, err := taskqueue.NewWorker(f.Client, config)
		if !errors.Is(err, taskqueue.ErrInvalid) {
			t.Fatalf("%v", err)
		}
		for _, text := range []string{"Initial 4", "900 workers of 1000 slots", "scale_up_count", "learning_rate", "evaluation_interval_ms"} {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%q is not in\n%v", text, err)
			}
		}
		config.Autoscale = taskqueue.Autoscale{Min: 3}
		if _, err := taskqueue.NewWorker(f.Client, config); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Errorf("no maximum: %v", err)
		}
	})
}

// A tuning is a plain value: it can be compared, copied, printed and sent as JSON.
func TestTuningIsAValue(t *testing.T) {
	given := taskqueue.DefaultTuning()
	text, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	var got taskqueue.AutoscaleTuning
	if err := json.Unmarshal(text, &got); err != nil || got != given {
		t.Errorf("%+v, read %+v: %v", given, got, err)
	}
	got.Triggers.ErrorRate = 1
	if got == given || taskqueue.DefaultTuning() != given {
		t.Error("a copy is not one")
	}
}
