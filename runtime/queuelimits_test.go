package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// limitedWorker is a config of a worker whose code says so much of limits.
func limitedWorker(limit taskqueue.Limit) taskqueue.WorkerConfig {
	kind := &taskqueue.Kind{Name: "test.Note", Settings: taskqueue.Settings{Limit: limit}}
	return taskqueue.WorkerConfig{Tasks: []taskqueue.Task{task(kind, nothing)}}
}

// settings are those of a queue, without their version.
func (f *fixture) settings(queue string) broker.Settings {
	f.Helper()
	infos, err := f.Queues(f.Context(), queue)
	if err != nil {
		f.Fatal(err)
	}
	s := infos[0].Settings
	s.Version = 0
	return s
}

// once starts a worker and stops it.
func (f *fixture) once(config taskqueue.WorkerConfig) {
	f.Helper()
	_, stop := f.work(config)
	stop()
}

// What code says holds when a worker has started; what somebody changed since then
// holds until the code says something new.
func TestLimitsArePublished(t *testing.T) {
	bubble(t, func(f *fixture) {
		two, three := taskqueue.Limit{Concurrency: 2}, taskqueue.Limit{Concurrency: 3}
		want := broker.Settings{Groups: map[string]taskqueue.Limit{"test.Note": two}}
		check := func(when string) {
			f.Helper()
			if diff := cmp.Diff(want, f.settings(taskqueue.Default)); diff != "" {
				f.Errorf("%s (-want +got):\n%s", when, diff)
			}
		}
		f.once(limitedWorker(two))
		check("at the start")
		if err := f.LimitKind(f.Context(), taskqueue.Default, "other.Kind", three); err != nil {
			f.Fatal(err)
		}
		if err := f.LimitKind(f.Context(), taskqueue.Default, "test.Note", taskqueue.Limit{Concurrency: 7}); err != nil {
			f.Fatal(err)
		}
		f.once(limitedWorker(two))
		want.Groups = map[string]taskqueue.Limit{"test.Note": {Concurrency: 7}, "other.Kind": three}
		check("after somebody changed it")
		f.once(limitedWorker(three))
		want.Groups["test.Note"] = three
		check("when the code has changed")
		f.once(limitedWorker(taskqueue.Limit{}))
		delete(want.Groups, "test.Note")
		check("when the code has none")
		if err := f.LimitKind(f.Context(), taskqueue.Default, "no kind", three); !errors.Is(err, taskqueue.ErrInvalid) {
			f.Error(err)
		}
	})
}

// low_priority has the seed's 10 tasks a second, until somebody lifts that.
func TestQueueLimitsArePublished(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.once(tasks(nothing))
		ten := taskqueue.Rate{N: 10, Period: time.Second}
		if got := f.settings(taskqueue.LowPriority); got.Rate != ten {
			f.Errorf("%+v", got)
		}
		if got := f.settings(taskqueue.Default); got.Limited() || got.MaxTasks != 0 {
			f.Errorf("%+v", got)
		}
		other, err := taskqueue.NewClient(f.store, taskqueue.ClientConfig{Queues: []taskqueue.QueueConfig{
			{Name: taskqueue.LowPriority, Rate: taskqueue.Rate{N: taskqueue.NoLimit}, Concurrency: 4, MaxTasks: 9},
		}})
		if err != nil {
			f.Fatal(err)
		}
		(&fixture{f.T, other, f.store}).once(tasks(nothing))
		if diff := cmp.Diff(broker.Settings{Concurrency: 4, MaxTasks: 9}, f.settings(taskqueue.LowPriority)); diff != "" {
			f.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A queue is bounded in bytes, too, and so are its dead letters.
func TestLimitBytesAndDead(t *testing.T) {
	bubble(t, func(f *fixture) {
		if err := f.LimitBytes(f.Context(), "q", 10_000); err != nil {
			t.Fatal(err)
		}
		in := 0
		for range 1000 {
			_, err := f.Enqueue(f.Context(), job(strings.Repeat("x", 100), taskqueue.Queue("q")))
			if err == nil {
				in++
			} else if !errors.Is(err, taskqueue.ErrFull) {
				t.Fatal(err)
			}
		}
		if in < 10 || in > 100 {
			t.Errorf("%d tasks of 100 bytes are in", in)
		}
		if err := f.BoundDead(f.Context(), taskqueue.Default, taskqueue.Bounds{Max: 3}); err != nil {
			t.Fatal(err)
		}
		f.work(tasks(func(context.Context, string) (string, error) { return "", taskqueue.Permanent(errBoom) }))
		f.bulk(taskqueue.Default, 10)
		pass(time.Minute)
		if infos, err := f.Queues(f.Context(), taskqueue.Default); err != nil || infos[0].Dead != 3 || infos[0].Dropped != 7 {
			t.Errorf("%+v %v", infos, err)
		}
		for _, err := range []error{f.LimitBytes(f.Context(), "q", -1), f.BoundDead(f.Context(), "q", taskqueue.Bounds{Max: -2})} {
			if !errors.Is(err, taskqueue.ErrInvalid) {
				t.Error(err)
			}
		}
	})
}

func TestLimitsAtRunTime(t *testing.T) {
	bubble(t, func(f *fixture) {
		ten := taskqueue.Rate{N: 10, Period: time.Second}
		for _, err := range []error{
			f.LimitRate(f.Context(), "q", ten), f.LimitConcurrency(f.Context(), "q", 5), f.Limit(f.Context(), "q", 7), f.Pause(f.Context(), "q"),
		} {
			if err != nil {
				f.Fatal(err)
			}
		}
		if diff := cmp.Diff(broker.Settings{Paused: true, MaxTasks: 7, Rate: ten, Concurrency: 5}, f.settings("q")); diff != "" {
			f.Errorf("(-want +got):\n%s", diff)
		}
		if err := f.LimitRate(f.Context(), "q", taskqueue.Rate{}); err != nil || f.settings("q").Rate != (taskqueue.Rate{}) {
			f.Error(err)
		}
		if err := f.LimitConcurrency(f.Context(), "q", -1); !errors.Is(err, taskqueue.ErrInvalid) {
			f.Error(err)
		}
	})
}

// While the store is away nothing is claimed, so no limit is passed over.
func TestLimitsBeforeTasks(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.add(job("x"))
		away := true
		f.store.set(func() {
			f.store.records = func() error {
				if away {
					return broker.ErrUnavailable
				}
				return nil
			}
		})
		w, _ := f.work(limitedWorker(taskqueue.Limit{Concurrency: 1}))
		pass(time.Minute)
		if n := w.Stats().Done; n != 0 {
			f.Errorf("%d tasks ran before the limits were known", n)
		}
		f.store.set(func() { away = false })
		pass(time.Minute)
		if n := w.Stats().Done; n != 1 {
			f.Errorf("%d tasks ran", n)
		}
	})
}

// A meter counts what begins in each second.
type meter struct {
	mu     sync.Mutex
	starts []time.Time
}

func (m *meter) handle(context.Context, string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.starts = append(m.starts, time.Now())
	return "", nil
}

func (m *meter) perSecond(t *testing.T, seconds int) []int {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.starts) == 0 {
		t.Fatal("nothing began")
	}
	all := make([]int, seconds)
	for _, at := range m.starts {
		if s := int(at.Sub(m.starts[0]) / time.Second); s < seconds {
			all[s]++
		}
	}
	return all
}

// check wants n ± slack starts in each of so many whole seconds, from the first on.
func (m *meter) check(t *testing.T, seconds, n, slack int) {
	t.Helper()
	perSecond := m.perSecond(t, seconds)
	for s, got := range perSecond {
		if got < n-slack || got > n+slack {
			t.Errorf("second %d: %d began, want %d ± %d; all: %v", s, got, n, slack, perSecond)
		}
	}
}

// checkMost wants no more than n in a second, over any stretch from the first on. Each
// worker may have one under way that a busy machine lets begin late.
func (m *meter) checkMost(t *testing.T, n, workers int) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, at := range m.starts {
		if most := 1 + workers + int(at.Sub(m.starts[0])*time.Duration(n)/time.Second); i+1 > most {
			t.Errorf("%d began within %v, at most %d may", i+1, at.Sub(m.starts[0]), most)
			return
		}
	}
}

func (m *meter) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.starts)
}

// Four workers together begin ten tasks a second, whatever each of them could.
func TestRateOverWorkers(t *testing.T) {
	bubble(t, func(f *fixture) {
		var m meter
		for range 4 {
			f.work(tasks(m.handle))
		}
		f.bulk(taskqueue.LowPriority, 1000)
		pass(time.Minute)
		m.check(f.T, 58, 10, 1)
	})
}

// bulk enqueues so many notes.
func (f *fixture) bulk(queue string, n int) {
	f.Helper()
	jobs := make([]taskqueue.Job, n)
	for i := range jobs {
		jobs[i] = job(fmt.Sprint(i), taskqueue.Queue(queue))
	}
	if _, err := f.EnqueueAll(f.Context(), jobs...); err != nil {
		f.Fatal(err)
	}
}

// The same on Redis and in real time, each worker with connections of its own.
func TestRateOverWorkersLive(t *testing.T) {
	server := redistest.Start(t)
	const workers = 4
	var m meter
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for range workers {
		client, err := taskqueue.Open(t.Context(), server.URL())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		f := &fixture{t, client, nil}
		config := tasks(m.handle)
		config.Logger = new(lines).logger()
		w, err := taskqueue.NewWorker(client, config)
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() { _ = w.Run(ctx) })
		f.bulk(taskqueue.LowPriority, 50)
	}
	eventually(t, "50 have begun", func() bool { return m.count() >= 50 })
	m.checkMost(t, 10, workers)
}
