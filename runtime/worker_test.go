package taskqueue_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

func nothing(context.Context, string) (string, error) { return "", nil }

func TestNewWorkerRefuses(t *testing.T) {
	kind := func(name string, s taskqueue.Settings) []taskqueue.Task {
		return []taskqueue.Task{task(&taskqueue.Kind{Name: name, Settings: s}, nothing)}
	}
	good := kind("good", taskqueue.Settings{})
	tests := []struct {
		name   string
		config taskqueue.WorkerConfig
		text   []string
	}{
		{"no tasks", taskqueue.WorkerConfig{}, []string{"WorkerConfig.Tasks is empty"}},
		{"no kind", taskqueue.WorkerConfig{Tasks: []taskqueue.Task{{}}}, []string{"Tasks[0]: taskqueue: invalid: it has no kind"}},
		{"nothing to run", taskqueue.WorkerConfig{Tasks: []taskqueue.Task{{Kind: noteKind}}}, []string{"test.Note has nothing to run"}},
		{"two of a name", taskqueue.WorkerConfig{Tasks: slices.Concat(good, good)}, []string{`Tasks[0] and Tasks[1] are both called "good"`, "//taskqueue:task name="}},
		{"an old name twice", taskqueue.WorkerConfig{Tasks: slices.Concat(good, []taskqueue.Task{task(&taskqueue.Kind{Name: "new", Was: []string{"good"}}, nothing)})},
			[]string{`Tasks[0], good, and Tasks[1], new, both run what is called "good"`, "name= or was="}},
		{"a newer older version", taskqueue.WorkerConfig{Tasks: []taskqueue.Task{{Kind: noteKind, Run: good[0].Run, Older: map[uint16]taskqueue.RunFunc{1: good[0].Run}}}}, []string{"Older[1] is not older"}},
		{"a bad old name", taskqueue.WorkerConfig{Tasks: []taskqueue.Task{task(&taskqueue.Kind{Name: "new", Was: []string{"a b"}}, nothing)}}, []string{`the old task kind "a b"`}},
		{"bad name", taskqueue.WorkerConfig{Tasks: kind("a b", taskqueue.Settings{})}, []string{"the task kind"}},
		{"bad settings", taskqueue.WorkerConfig{Tasks: kind("k", taskqueue.Settings{Queue: "a b", Priority: 9, Retries: -2, Timeout: 1, Retention: -1, Expires: -1, Backoff: taskqueue.Backoff{Jitter: 2}})},
			[]string{`"a b"`, "priority 9", "-2 retries", "timeout 1ns", "retention -1ns", "expires -1ns", "jitter 2"}},
		{"bad backoff", taskqueue.WorkerConfig{Tasks: kind("k", taskqueue.Settings{Backoff: taskqueue.Backoff{Base: -1}})}, []string{"a pause of the backoff is negative"}},
		{"bad interval", taskqueue.WorkerConfig{Tasks: kind("k", taskqueue.Settings{Backoff: taskqueue.Backoff{Intervals: []time.Duration{-1}}})}, []string{"a pause of the backoff is negative"}},
		{"bad factor", taskqueue.WorkerConfig{Tasks: kind("k", taskqueue.Settings{Backoff: taskqueue.Backoff{Factor: 0.5}})}, []string{"factor 0.5"}},
		{"bad queues", taskqueue.WorkerConfig{Tasks: good, Queues: []taskqueue.QueueWeight{{Name: "a/b"}, {Name: "c", Weight: 1001}, {Name: "d"}, {Name: "d"}}},
			[]string{`"a/b"`, "queue c: weight 1001", "queue d is listed twice"}},
		{"everything else", taskqueue.WorkerConfig{
			Tasks: good, Concurrency: -1, Prefetch: 1001, Lease: time.Millisecond, ShutdownGrace: -2, UnknownKindAge: -1, MaxResultBytes: 1 << 30, Name: "a b", Promote: taskqueue.Promote{Interval: time.Millisecond, Batch: 501},
		}, []string{"-1 slots are outside 1 to 100000", "Prefetch 1001", "Lease 1ms is outside 1s to 1h0m0s", "ShutdownGrace -2ns", "UnknownKindAge -1ns", "MaxResultBytes 1073741824", "Promote.Interval 1ms is outside", "Promote.Batch 501", `the worker name "a b"`}},
		{"too many slots", taskqueue.WorkerConfig{Tasks: good, Concurrency: 100_001}, []string{"100001 slots"}},
		{"long name", taskqueue.WorkerConfig{Tasks: good, Name: strings.Repeat("n", 101)}, []string{"Name has 101 bytes, at most 100"}},
	}
	bubble(t, func(f *fixture) {
		for _, test := range tests {
			w, err := taskqueue.NewWorker(f.Client, test.config)
			if w != nil || !errors.Is(err, taskqueue.ErrInvalid) {
				t.Errorf("%s: %v", test.name, err)
				continue
			}
			for _, text := range test.text {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%s: %q is not in\n%v", test.name, text, err)
				}
			}
		}
		if _, err := taskqueue.NewWorker(nil, taskqueue.WorkerConfig{Tasks: good}); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Errorf("no client: %v", err)
		}
	})
}

func TestWorkerName(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(nothing)
		config.Name = "shop"
		one, _ := f.work(config)
		two, _ := f.work(config)
		other, _ := f.work(tasks(nothing))
		if !strings.HasPrefix(one.Name(), "shop.") || one.Name() == two.Name() || broker.CheckName("", other.Name()) != nil {
			t.Errorf("%q %q %q", one.Name(), two.Name(), other.Name())
		}
	})
}

// Without Queues, a worker serves the client's queues by priority and those
// that its tasks name.
func TestDefaultQueues(t *testing.T) {
	bubble(t, func(f *fixture) {
		sms := &taskqueue.Kind{Name: "test.SMS", Settings: taskqueue.Settings{Queue: "sms"}}
		config := taskqueue.WorkerConfig{Strict: true, Concurrency: 1}
		var mu sync.Mutex
		var order []string
		note := func(ctx context.Context, _ string) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, taskqueue.Info(ctx).Queue)
			return "", nil
		}
		config.Tasks = []taskqueue.Task{task(sms, note), task(noteKind, note)}
		f.add(taskqueue.NewJob(sms, &note1))
		for _, q := range []string{taskqueue.LowPriority, taskqueue.Default, taskqueue.HighPriority, "unserved"} {
			f.add(job("x", taskqueue.Queue(q)))
		}
		f.work(config)
		pass(time.Minute)
		if diff := cmp.Diff([]string{"high_priority", "default", "sms", "low_priority"}, order); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

var note1 = note{"x"}

func TestControlErrors(t *testing.T) {
	boom := errors.New("boom")
	type want struct {
		State    broker.State // 10 minutes later
		Attempts []int        // Info's, of each run
		Reason   string
	}
	tests := []struct {
		name string
		err  func(attempt int) error
		want want
	}{
		{"nil", func(int) error { return nil }, want{broker.StateDone, []int{1}, ""}},
		{"an error", func(int) error { return boom }, want{broker.StateDead, []int{1, 2, 3, 4}, "boom"}},
		{"an error that heals", func(n int) error {
			if n < 3 {
				return boom
			}
			return nil
		}, want{broker.StateDone, []int{1, 2, 3}, ""}},
		{"Permanent", func(int) error { return taskqueue.Permanent(boom) }, want{broker.StateDead, []int{1}, "boom"}},
		{"Permanent(nil)", func(int) error { return taskqueue.Permanent(nil) }, want{broker.StateDone, []int{1}, ""}},
		{"RetryAfter", func(int) error { return taskqueue.RetryAfter(boom, 8*time.Minute) }, want{broker.Scheduled, []int{1, 2}, ""}},
		{"RetryAfter(nil)", func(int) error { return taskqueue.RetryAfter(nil, time.Hour) }, want{broker.StateDone, []int{1}, ""}},
		{"Snooze", func(int) error { return taskqueue.Snooze(4 * time.Minute) }, want{broker.Scheduled, []int{1, 1, 1}, ""}},
		{"Discard", func(int) error { return taskqueue.Discard(boom) }, want{broker.StateDiscarded, []int{1}, "boom"}},
		{"Discard(nil)", func(int) error { return taskqueue.Discard(nil) }, want{broker.StateDone, []int{1}, ""}},
		{"panic", func(int) error { panic("ouch") }, want{broker.StateDead, []int{1, 2, 3, 4}, "taskqueue: handler panicked: ouch"}},
		{"Goexit", func(int) error { runtime.Goexit(); return nil }, want{broker.StateDead, []int{1, 2, 3, 4}, "taskqueue: handler called runtime.Goexit"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				var attempts []int
				f.work(tasks(func(ctx context.Context, text string) (string, error) {
					info := taskqueue.Info(ctx)
					attempts = append(attempts, info.Attempt)
					return "", test.err(info.Attempt)
				}))
				id := f.add(job("x", taskqueue.Retention(time.Hour)))
				pass(10 * time.Minute)
				entry, err := f.Find(f.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				reason, _, _ := strings.Cut(entry.Reason, "\n") // of a panic: without the stack
				if diff := cmp.Diff(test.want, want{entry.State, attempts, reason}); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

func TestControlErrorsAreErrors(t *testing.T) {
	for _, err := range []error{taskqueue.Permanent(errBoom), taskqueue.Discard(errBoom), taskqueue.RetryAfter(errBoom, 1)} {
		if !errors.Is(err, errBoom) || err.Error() != "boom" {
			t.Errorf("%v", err)
		}
	}
	if got := taskqueue.Snooze(time.Minute).Error(); got != "taskqueue: snoozed for 1m0s" {
		t.Errorf("%s", got)
	}
}

func TestBackoffs(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name    string
		backoff taskqueue.Backoff
		want    []time.Duration
		spread  float64
	}{
		{"default", taskqueue.Backoff{}, []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 60 * s, 60 * s}, 0.2},
		{"no jitter", taskqueue.Backoff{Base: s}, []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 60 * s, 60 * s}, 0},
		{"fixed", taskqueue.Backoff{Base: 5 * s, Factor: 1}, slices.Repeat([]time.Duration{5 * s}, 8), 0},
		{"exponential", taskqueue.Backoff{Base: s, Factor: 3, Max: 20 * s}, []time.Duration{s, 3 * s, 9 * s, 20 * s, 20 * s, 20 * s, 20 * s, 20 * s}, 0},
		{"a long base", taskqueue.Backoff{Base: 120 * s}, slices.Repeat([]time.Duration{120 * s}, 8), 0},
		{"intervals", taskqueue.Backoff{Intervals: []time.Duration{s, 10 * s, 0}}, []time.Duration{s, 10 * s, 0, 0, 0, 0, 0, 0}, 0},
		{"none", taskqueue.Backoff{Intervals: []time.Duration{0}}, slices.Repeat([]time.Duration{0}, 8), 0},
		{"wide", taskqueue.Backoff{Base: 10 * s, Factor: 1, Jitter: 1}, slices.Repeat([]time.Duration{10 * s}, 8), 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				kind := &taskqueue.Kind{Name: "test.Bad", Settings: taskqueue.Settings{Retries: 8, Backoff: test.backoff}}
				var starts []time.Time
				f.work(taskqueue.WorkerConfig{Tasks: []taskqueue.Task{task(kind, func(context.Context, string) (string, error) {
					starts = append(starts, time.Now())
					return "", errBoom
				})}})
				f.add(taskqueue.NewJob(kind, &note1))
				pass(time.Hour)
				if len(starts) != 9 {
					t.Fatalf("%d runs", len(starts))
				}
				for i, want := range test.want {
					got, slack := starts[i+1].Sub(starts[i]), time.Duration(float64(want)*test.spread)+10*time.Millisecond
					if got < want-slack || got > want+slack {
						t.Errorf("retry %d after %v, want %v ± %v", i+1, got, want, slack)
					}
				}
			})
		})
	}
}

func TestInfo(t *testing.T) {
	bubble(t, func(f *fixture) {
		var infos []taskqueue.TaskInfo
		w, _ := f.work(tasks(func(ctx context.Context, text string) (string, error) {
			child, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			infos = append(infos, taskqueue.Info(child))
			if len(infos) == 1 {
				return "", errBoom
			}
			return "", nil
		}))
		began := time.Now()
		id := f.add(job("x", taskqueue.WithHeader("trace", "abc"), taskqueue.WithPriority(taskqueue.High), taskqueue.Timeout(time.Minute), taskqueue.Retries(2)))
		pass(time.Minute)
		want := []taskqueue.TaskInfo{{
			ID: id, Kind: "test.Note", Queue: "default", Priority: taskqueue.High, Worker: w.Name(),
			Attempt: 1, Max: 3, Token: 1, Deadline: began.Add(time.Minute), Enqueued: began, Ready: began,
			Headers: []taskqueue.Header{{Key: "trace", Value: "abc"}},
		}, {
			ID: id, Kind: "test.Note", Queue: "default", Priority: taskqueue.High, Worker: w.Name(),
			Attempt: 2, Max: 3, Token: 2, Deadline: began.Add(61 * time.Second), Enqueued: began, Ready: began.Add(time.Second),
			Headers:  []taskqueue.Header{{Key: "trace", Value: "abc"}},
			Failures: []taskqueue.Failure{{At: began, Attempt: 1, Reason: "boom"}},
		}}
		jitter := cmpopts.EquateApproxTime(300 * time.Millisecond)
		if diff := cmp.Diff(want, infos, jitter, cmpopts.IgnoreUnexported(taskqueue.TaskInfo{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if infos[0].Header("trace") != "abc" || infos[0].Header("other") != "" {
			t.Errorf("headers %v", infos[0].Headers)
		}
	})
}

func TestInfoOutsideOfHandlers(t *testing.T) {
	info := taskqueue.Info(t.Context())
	if !info.ID.IsZero() || info.Logger() == nil || info.Header("x") != "" {
		t.Errorf("%+v", info)
	}
}

// The fencing token rises with lost runs as well.
func TestTokenRisesWithLosses(t *testing.T) {
	bubble(t, func(f *fixture) {
		id := f.add(job("x"))
		c := broker.Cycle{Session: broker.Session{Worker: "dead", Queue: taskqueue.Default}, Seq: 1, Lease: time.Second, Want: broker.Want{Max: 1}}
		if _, err := f.store.Cycle(f.Context(), c); err != nil {
			t.Fatal(err)
		}
		var info taskqueue.TaskInfo
		f.work(tasks(func(ctx context.Context, _ string) (string, error) { info = taskqueue.Info(ctx); return "", nil }))
		pass(time.Minute)
		if info.ID != id || info.Token != 2 || info.Attempt != 1 || info.Lost != 1 {
			t.Errorf("%+v", info)
		}
	})
}

func TestInfoLogger(t *testing.T) {
	bubble(t, func(f *fixture) {
		var log lines
		config := tasks(func(ctx context.Context, _ string) (string, error) {
			taskqueue.Info(ctx).Logger().Info("hello")
			taskqueue.Logger(ctx).Info("hello")
			return "", nil
		})
		config.Logger = log.logger()
		f.work(config)
		id := f.add(job("x"))
		pass(time.Second)
		if want := "msg=hello id=" + id.String() + " kind=test.Note queue=default attempt=1\n"; strings.Count(log.String(), want) != 2 {
			t.Errorf("%q is not in\n%s", want, log.String())
		}
	})
}

func TestRunOnce(t *testing.T) {
	bubble(t, func(f *fixture) {
		w, stop := f.work(tasks(nothing))
		if err := w.Run(f.Context()); err == nil {
			t.Error("a second Run, while the first goes on")
		}
		stop()
		if err := w.Run(f.Context()); err == nil {
			t.Error("a second Run, after the first")
		}
	})
}

func TestObserver(t *testing.T) {
	bubble(t, func(f *fixture) {
		var mu sync.Mutex
		var events []taskqueue.Event
		config := tasks(func(_ context.Context, text string) (string, error) {
			time.Sleep(3 * time.Second)
			if text == "bad" {
				return "", taskqueue.Permanent(errBoom)
			}
			return "", nil
		})
		config.Concurrency = 1
		config.OnFinish = func(e taskqueue.Event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e)
		}
		f.work(config)
		good, bad := f.add(job("good")), f.add(job("bad"))
		pass(time.Minute)
		want := []taskqueue.Event{
			{ID: good, Kind: "test.Note", Queue: "default", Attempt: 1, Outcome: taskqueue.Done, Run: 3 * time.Second},
			{ID: bad, Kind: "test.Note", Queue: "default", Attempt: 1, Outcome: taskqueue.Dead, Err: errBoom, Wait: 3 * time.Second, Run: 3 * time.Second},
		}
		sameText := cmp.Comparer(func(a, b error) bool { return a == b || a != nil && b != nil && a.Error() == b.Error() })
		near := cmp.Comparer(func(a, b time.Duration) bool { return (a - b).Abs() < 5*time.Millisecond })
		if diff := cmp.Diff(want, events, sameText, near); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestDeadLetters(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		f.add(job("good"))
		one := f.add(job("bad"))
		pass(time.Second)
		two := f.add(job("bad"))
		pass(time.Second)
		dead, err := f.DeadLetters(f.Context(), taskqueue.Default, 10)
		if err != nil || len(dead) != 2 || dead[0].ID != two || dead[1].ID != one {
			t.Fatalf("%+v %v", dead, err)
		}
		if text, err := decode(dead[1].Message.Payload); text != "bad" || err != nil || dead[1].Reason != "boom" || len(dead[1].Message.Failures) != 1 {
			t.Errorf("%q %v: %+v", text, err, dead[1])
		}
		if dead, err := f.DeadLetters(f.Context(), taskqueue.Default, 1); err != nil || len(dead) != 1 {
			t.Errorf("%+v %v", dead, err)
		}
		if _, err := f.DeadLetters(f.Context(), taskqueue.Default, 0); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Errorf("%v", err)
		}
	})
}

func TestWorkerStatsAndResize(t *testing.T) {
	bubble(t, func(f *fixture) {
		w, _ := f.work(tasks(echo))
		for range 30 {
			f.add(job("10s"))
		}
		pass(time.Second)
		if s := w.Stats(); s.Slots != 10 || s.Active != 10 || w.Active() != 10 || s.Buffered != 0 {
			t.Errorf("%+v", s)
		}
		if err := w.Resize(15); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if n := w.Active(); n != 15 {
			t.Errorf("%d are active", n)
		}
		for _, n := range []int{0, -1, 100_001} {
			if err := w.Resize(n); !errors.Is(err, taskqueue.ErrInvalid) {
				t.Errorf("Resize(%d): %v", n, err)
			}
		}
		pass(time.Minute)
		s := w.Stats()
		if s.Done != 30 || s.Queues["default"].Done != 30 || s.Active != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestHealth(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(echo)
		config.Concurrency, config.ShutdownGrace = 1, time.Hour
		idle, err := taskqueue.NewWorker(f.Client, config)
		if err != nil {
			t.Fatal(err)
		}
		if h := idle.Health(f.Context()); h.OK() || h.Running {
			t.Errorf("before Run: %+v", h)
		}
		w, stop := f.work(config)
		if h := w.Health(f.Context()); !h.OK() || !h.Running || h.Store != nil {
			t.Errorf("running: %+v", h)
		}
		f.add(job("10m", taskqueue.Timeout(time.Minute), taskqueue.Retries(0)))
		pass(30 * time.Second)
		if h := w.Health(f.Context()); !h.OK() || h.Stats.Active != 1 {
			t.Errorf("busy: %+v", h)
		}
		pass(time.Minute)
		if h := w.Health(f.Context()); h.OK() || !h.Stuck || h.Stats.Overdue != 1 {
			t.Errorf("stuck: %+v", h)
		}
		go stop()
		pass(time.Minute)
		if h := w.Health(f.Context()); h.OK() || !h.Draining || !h.Running {
			t.Errorf("draining: %+v", h)
		}
		pass(time.Hour)
		if h := w.Health(f.Context()); h.OK() || h.Running {
			t.Errorf("at the end: %+v", h)
		}
		ctx, cancel := context.WithCancel(f.Context())
		cancel()
		if h := w.Health(ctx); !errors.Is(h.Store, context.Canceled) {
			t.Errorf("without an answer: %+v", h)
		}
	})
}

func TestClientClosedUnderWorker(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(nothing)
		config.Logger = new(lines).logger()
		w, err := taskqueue.NewWorker(f.Client, config)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- w.Run(f.Context()) }()
		pass(time.Minute)
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, taskqueue.ErrClosed) {
			t.Errorf("Run: %v", err)
		}
	})
}

// Handlers see the values of Run's context, and its end only after the grace.
func TestShutdownCause(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			return "", context.Cause(ctx)
		})
		config.ShutdownGrace = time.Minute
		_, stop := f.work(config)
		id := f.add(job("x", taskqueue.Timeout(0)))
		pass(time.Hour)
		began := time.Now()
		stop()
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it took %v", took)
		}
		entry, err := f.Find(f.Context(), id)
		if err != nil || entry.State != broker.Pending || entry.Message.Attempts != 0 {
			t.Errorf("%+v %v", entry, err)
		}
	})
}
