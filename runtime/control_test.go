package taskqueue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// ended waits for the outcome of a task that was not done.
func (f *fixture) ended(id taskqueue.ID) *taskqueue.TaskError {
	f.Helper()
	_, err := future(f.Client, id).Get(f.Context())
	var outcome *taskqueue.TaskError
	if !errors.As(err, &outcome) {
		f.Fatalf("the future says %v", err)
	}
	return outcome
}

func TestCancelWaiting(t *testing.T) {
	bubble(t, func(f *fixture) {
		keep := taskqueue.Retention(time.Hour)
		for _, id := range []taskqueue.ID{f.add(job("a", keep)), f.add(job("b", keep, taskqueue.In(time.Hour)))} {
			if err := f.Cancel(f.Context(), id, "not needed"); err != nil {
				t.Fatal(err)
			}
			want := &taskqueue.TaskError{ID: id, State: broker.StateDiscarded, Reason: "not needed"}
			if diff := cmp.Diff(want, f.ended(id)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := f.Cancel(f.Context(), id, "again"); !errors.Is(err, taskqueue.ErrNotFound) {
				t.Errorf("again: %v", err)
			}
		}
	})
}

func TestCancelRunning(t *testing.T) {
	bubble(t, func(f *fixture) {
		causes := make(chan error, 1)
		config := tasks(func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return "", taskqueue.Snooze(time.Hour) // whatever it returns
		})
		_, stop := f.work(config)
		id := f.add(job("a", taskqueue.Retention(time.Hour)))
		pass(time.Second)
		start := time.Now()
		if err := f.Cancel(f.Context(), id, "the order was withdrawn"); err != nil {
			t.Fatal(err)
		}
		if cause := <-causes; !errors.Is(cause, taskqueue.ErrCancelled) || !strings.Contains(cause.Error(), "withdrawn") {
			t.Errorf("the cause is %v", cause)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("the handler was told after %v", took)
		}
		outcome := f.ended(id)
		if outcome.State != broker.StateDiscarded || !strings.Contains(outcome.Reason, "cancelled: the order was withdrawn") {
			t.Errorf("the outcome is %v", outcome)
		}
		stop()
	})
}

// A handler that does not notice and succeeds has done the task.
func TestCancelTooLate(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(func(context.Context, string) (string, error) {
			time.Sleep(10 * time.Second)
			return "done", nil
		}))
		id := f.add(job("a", taskqueue.Retention(time.Hour)))
		pass(time.Second)
		if err := f.Cancel(f.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		if got, err := future(f.Client, id).Get(f.Context()); got != "done" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// What a worker has claimed and not begun is not begun.
func TestCancelBuffered(t *testing.T) {
	bubble(t, func(f *fixture) {
		var ran []string
		config := tasks(func(_ context.Context, text string) (string, error) {
			ran = append(ran, text)
			time.Sleep(10 * time.Second)
			return "", nil
		})
		config.Concurrency, config.Prefetch = 1, 10
		w, stop := f.work(config)
		f.add(job("a"))
		pass(time.Second)
		b, c := f.add(job("b", taskqueue.Retention(time.Hour))), f.add(job("c"))
		pass(time.Second)
		if w.Stats().Buffered != 2 {
			t.Fatalf("%d are buffered", w.Stats().Buffered)
		}
		if err := f.Cancel(f.Context(), b, ""); err != nil {
			t.Fatal(err)
		}
		if outcome := f.ended(b); outcome.State != broker.StateDiscarded {
			t.Errorf("the outcome is %v", outcome)
		}
		for _, err := f.Find(f.Context(), c); err == nil; _, err = f.Find(f.Context(), c) {
			pass(time.Second)
		}
		stop()
		if diff := cmp.Diff([]string{"a", "c"}, ran); diff != "" {
			t.Errorf("ran (-want +got):\n%s", diff)
		}
	})
}

func TestExpires(t *testing.T) {
	bubble(t, func(f *fixture) {
		keep := taskqueue.Retention(time.Hour)
		late := f.add(job("late", taskqueue.Expires(time.Minute), keep))
		delayed := f.add(job("delayed", taskqueue.Expires(time.Minute), taskqueue.In(2*time.Minute), keep))
		pass(time.Minute)
		fails := true
		f.work(tasks(func(_ context.Context, text string) (string, error) {
			if fails {
				fails = false
				return "", taskqueue.RetryAfter(errors.New("not yet"), time.Hour) // a retry does not expire
			}
			return text, nil
		}))
		if outcome := f.ended(late); outcome.State != broker.StateDiscarded || !strings.Contains(outcome.Reason, "taskqueue: task expired: its first run was to begin within 1m0s") {
			t.Errorf("the outcome is %v", outcome)
		}
		if got, err := future(f.Client, delayed).Get(f.Context()); got != "delayed" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestProgress(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(func(ctx context.Context, text string) (string, error) {
			for _, p := range []string{"10 %", "20 %"} {
				if err := taskqueue.Progress(ctx, []byte(p)); err != nil {
					t.Error(err)
				}
			}
			if err := taskqueue.Progress(ctx, make([]byte, broker.MaxProgressBytes+1)); !errors.Is(err, taskqueue.ErrTooLarge) {
				t.Error(err)
			}
			time.Sleep(time.Second)
			return "", nil
		}))
		running := future(f.Client, f.add(job("a", taskqueue.Retention(time.Hour))))
		pass(300 * time.Millisecond)
		if got, err := running.Progress(f.Context()); string(got) != "20 %" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if _, err := running.Get(f.Context()); err != nil {
			t.Error(err)
		}
		if got, err := running.Progress(f.Context()); got != nil || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if err := taskqueue.Progress(f.Context(), nil); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Error(err)
		}
	})
}

func TestRequeue(t *testing.T) {
	bubble(t, func(f *fixture) {
		broken := true
		f.work(tasks(func(_ context.Context, text string) (string, error) {
			if broken {
				return "", taskqueue.Permanent(errors.New("broken"))
			}
			return text, nil
		}))
		keep := taskqueue.Retention(time.Hour)
		a, b, c := f.add(job("a", keep)), f.add(job("b", keep)), f.add(job("c", keep))
		f.ended(a)
		f.ended(b)
		f.ended(c)
		broken = false
		if err := f.Requeue(f.Context(), a); err != nil {
			t.Fatal(err)
		}
		if n, err := f.RequeueDead(f.Context(), taskqueue.Default, nil); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		pass(time.Second)
		for _, id := range []taskqueue.ID{a, b, c} {
			if _, err := future(f.Client, id).Get(f.Context()); err != nil {
				t.Errorf("%v: %v", id, err)
			}
		}
	})
}

func TestRescheduleAndDelete(t *testing.T) {
	bubble(t, func(f *fixture) {
		id := f.add(job("a", taskqueue.In(time.Hour)))
		if err := f.Reschedule(f.Context(), id, time.Minute); err != nil {
			t.Fatal(err)
		}
		entry, err := f.Find(f.Context(), id)
		if want := time.Now().Add(time.Minute).Truncate(time.Millisecond); err != nil || !entry.At.Equal(want) {
			t.Errorf("due at %v, want %v; %v", entry.At, want, err)
		}
		if err := f.Delete(f.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Find(f.Context(), id); !errors.Is(err, taskqueue.ErrNotFound) {
			t.Error(err)
		}
		pending := f.add(job("b"))
		if err := f.Reschedule(f.Context(), pending, time.Minute); !errors.Is(err, taskqueue.ErrState) {
			t.Error(err)
		}
		if n, err := f.Purge(f.Context(), taskqueue.Default, broker.Pending); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
}

func TestPauseAndLimit(t *testing.T) {
	bubble(t, func(f *fixture) {
		ran := 0
		f.work(tasks(func(context.Context, string) (string, error) { ran++; return "", nil }))
		if err := f.Pause(f.Context(), taskqueue.Default); err != nil {
			t.Fatal(err)
		}
		if err := f.Limit(f.Context(), taskqueue.Default, 1); err != nil {
			t.Fatal(err)
		}
		f.add(job("a"))
		if _, err := f.Enqueue(f.Context(), job("b")); !errors.Is(err, taskqueue.ErrFull) {
			t.Error(err)
		}
		pass(time.Minute)
		if ran != 0 {
			t.Errorf("%d tasks ran in a paused queue", ran)
		}
		if err := f.Resume(f.Context(), taskqueue.Default); err != nil {
			t.Fatal(err)
		}
		pass(time.Millisecond)
		if ran != 1 {
			t.Errorf("%d tasks ran after the pause", ran)
		}
	})
}

func TestBounds(t *testing.T) {
	bubble(t, func(f *fixture) {
		if err := f.LimitBytes(f.Context(), taskqueue.Default, 1); err != nil {
			t.Fatal(err)
		}
		if err := f.BoundDead(f.Context(), taskqueue.Default, taskqueue.Bounds{Max: 1}); err != nil {
			t.Fatal(err)
		}
		f.add(job("a"))
		if _, err := f.Enqueue(f.Context(), job("b")); !errors.Is(err, taskqueue.ErrFull) {
			t.Error(err)
		}
		f.work(tasks(func(context.Context, string) (string, error) { return "", taskqueue.Permanent(errors.New("boom")) }))
		pass(time.Second)
		f.add(job("c"))
		pass(time.Second)
		infos, err := f.Queues(f.Context(), taskqueue.Default)
		if n := infos[0]; err != nil || n.Died != 2 || n.Dead != 1 || n.Dropped != 1 {
			t.Errorf("%+v, %v", n, err)
		}
	})
}

func TestControlAfterClose(t *testing.T) {
	bubble(t, func(f *fixture) {
		id := f.add(job("a"))
		_ = f.Close()
		_, purge := f.Purge(f.Context(), taskqueue.Default, broker.Pending)
		_, requeue := f.RequeueDead(f.Context(), taskqueue.Default, nil)
		for _, err := range []error{f.Cancel(f.Context(), id, ""), f.Pause(f.Context(), taskqueue.Default), purge, requeue} {
			if !errors.Is(err, taskqueue.ErrClosed) {
				t.Error(err)
			}
		}
	})
}
