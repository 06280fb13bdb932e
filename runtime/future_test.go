package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

const kept = time.Hour

// echo answers with its text after the time that the text may begin with.
func echo(ctx context.Context, text string) (string, error) {
	if d, err := time.ParseDuration(text); err == nil {
		time.Sleep(d)
	}
	switch text {
	case "bad":
		return "", taskqueue.Permanent(errBoom)
	case "drop":
		return "", taskqueue.Discard(errBoom)
	}
	return "re: " + text, nil
}

func TestFutureGet(t *testing.T) {
	tests := []struct {
		name, text string
		options    []taskqueue.Option
		wait       time.Duration // before Get
		result     string
		is         error
		reason     string
		took       time.Duration
	}{
		{"done before", "1s", []taskqueue.Option{taskqueue.Retention(kept)}, time.Minute, "re: 1s", nil, "", 0},
		{"done while it waits", "1m", []taskqueue.Option{taskqueue.Retention(kept)}, 0, "re: 1m", nil, "", time.Minute},
		{"scheduled", "x", []taskqueue.Option{taskqueue.Retention(kept), taskqueue.In(3 * time.Hour)}, 0, "re: x", nil, "", 3 * time.Hour},
		{"dead before", "bad", []taskqueue.Option{taskqueue.Retention(kept)}, time.Minute, "", nil, "is dead: boom", 0},
		{"dead while it waits", "bad", []taskqueue.Option{taskqueue.Retention(kept), taskqueue.In(time.Minute)}, 0, "", nil, "is dead: boom", time.Minute},
		{"dead without retention", "bad", nil, time.Minute, "", nil, "is dead: boom", 0},
		{"discarded", "drop", []taskqueue.Option{taskqueue.Retention(kept)}, time.Minute, "", nil, "is discarded: boom", 0},
		{"forgotten", "x", []taskqueue.Option{taskqueue.Retention(time.Minute)}, time.Hour, "", taskqueue.ErrNotFound, "", 0},
		{"never kept", "1m", nil, 0, "", taskqueue.ErrNotFound, "", time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.work(tasks(echo))
				id := f.add(job(test.text, test.options...))
				pass(test.wait)
				began := time.Now()
				result, err := future(f.Client, id).Get(f.Context())
				if took := time.Since(began); took < test.took || took > test.took+5*time.Second+20*time.Millisecond {
					t.Errorf("it took %v, want %v", took, test.took)
				}
				if result != test.result {
					t.Errorf("result %q, want %q", result, test.result)
				}
				var failed *taskqueue.TaskError
				switch {
				case test.reason != "":
					if !errors.As(err, &failed) || failed.ID != id || failed.Reason != "boom" || !strings.HasSuffix(err.Error(), test.reason) {
						t.Errorf("%v, want one that %s", err, test.reason)
					}
				case !errors.Is(err, test.is):
					t.Errorf("%v, want %v", err, test.is)
				}
			})
		})
	}
}

func TestFuturePoll(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		type look struct {
			result string
			done   bool
		}
		poll := func(id taskqueue.ID) (look, error) {
			result, done, err := future(f.Client, id).Poll(f.Context())
			return look{result, done}, err
		}
		slow, bad := f.add(job("1m", taskqueue.Retention(kept))), f.add(job("bad"))
		pass(time.Second)
		if got, err := poll(slow); got != (look{}) || err != nil {
			t.Errorf("while it runs: %+v %v", got, err)
		}
		var failed *taskqueue.TaskError
		if got, err := poll(bad); got != (look{"", true}) || !errors.As(err, &failed) {
			t.Errorf("dead: %+v %v", got, err)
		}
		if got, err := poll(taskqueue.NewID(taskqueue.Default)); got != (look{"", true}) || !errors.Is(err, taskqueue.ErrNotFound) {
			t.Errorf("never was: %+v %v", got, err)
		}
		pass(time.Minute)
		if got, err := poll(slow); got != (look{"re: 1m", true}) || err != nil {
			t.Errorf("done: %+v %v", got, err)
		}
		f.store.set(func() { f.store.find = func() error { return errBoom } })
		if got, err := poll(slow); got != (look{}) || !errors.Is(err, errBoom) {
			t.Errorf("without the store: %+v %v", got, err)
		}
	})
}

// Wait is Get without the result, be it one that cannot be decoded.
func TestWait(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		wait := func(id taskqueue.ID) error {
			began := time.Now()
			err := taskqueue.NewFuture(f.Client, id, func([]byte) (string, error) { return "", errBoom }).Wait(f.Context())
			if other := f.Wait(f.Context(), id); (other == nil) != (err == nil) || time.Since(began) > 2*time.Minute {
				t.Errorf("%v; by id: %v after %v", err, other, time.Since(began))
			}
			return err
		}
		if err := wait(f.add(job("1m", taskqueue.Retention(kept)))); err != nil {
			t.Error(err)
		}
		if err := wait(f.add(job("bad"))); !errors.As(err, new(*taskqueue.TaskError)) {
			t.Error(err)
		}
		if err := wait(f.add(job("1m"))); !errors.Is(err, taskqueue.ErrNotFound) {
			t.Errorf("nothing is kept: %v", err)
		}
	})
}

func TestFutureOfNothing(t *testing.T) {
	bubble(t, func(f *fixture) {
		for name, bad := range map[string]taskqueue.Future[string]{
			"zero": {}, "without client": future(nil, taskqueue.NewID("q")), "without id": future(f.Client, taskqueue.ID{}),
		} {
			if _, err := bad.Get(f.Context()); !errors.Is(err, taskqueue.ErrInvalid) {
				t.Errorf("%s: Get: %v", name, err)
			}
			if _, _, err := bad.Poll(f.Context()); !errors.Is(err, taskqueue.ErrInvalid) {
				t.Errorf("%s: Poll: %v", name, err)
			}
			if err := bad.Wait(f.Context()); !errors.Is(err, taskqueue.ErrInvalid) {
				t.Errorf("%s: Wait: %v", name, err)
			}
		}
		for _, id := range []taskqueue.ID{taskqueue.NewID(taskqueue.Default), taskqueue.NewID("unheard-of")} {
			if _, err := future(f.Client, id).Get(f.Context()); !errors.Is(err, taskqueue.ErrNotFound) {
				t.Errorf("Get: %v", err)
			}
		}
	})
}

func TestFutureGetEndsWithItsContext(t *testing.T) {
	bubble(t, func(f *fixture) {
		id := f.add(job("x"))
		ctx, cancel := context.WithTimeoutCause(f.Context(), time.Minute, errBoom)
		defer cancel()
		if _, err := future(f.Client, id).Get(ctx); err != errBoom {
			t.Errorf("%v", err)
		}
		f.store.set(func() { f.store.find = func() error { return errors.New("down") } })
		ctx, cancel = context.WithTimeoutCause(f.Context(), time.Minute, errBoom)
		defer cancel()
		if _, err := future(f.Client, id).Get(ctx); err != errBoom {
			t.Errorf("without the store: %v", err)
		}
	})
}

// Thousands wait on one subscription, several for the same task, some leave.
func TestManyFutures(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(echo)
		config.Concurrency = 100
		f.work(config)
		var jobs []taskqueue.Job
		for i := range 3000 {
			jobs = append(jobs, job(fmt.Sprint("note ", i), taskqueue.Retention(kept), taskqueue.In(time.Duration(i%50)*100*time.Millisecond)))
		}
		ids, err := f.EnqueueAll(f.Context(), jobs...)
		if err != nil {
			t.Fatal(err)
		}
		var waiting sync.WaitGroup
		for i, id := range ids {
			for range 2 {
				waiting.Go(func() {
					if got, err := future(f.Client, id).Get(f.Context()); err != nil || got != fmt.Sprint("re: note ", i) {
						t.Errorf("%q %v", got, err)
					}
				})
			}
			waiting.Go(func() {
				ctx, cancel := context.WithTimeout(f.Context(), time.Duration(i%5000)*time.Millisecond)
				defer cancel()
				if _, err := future(f.Client, id).Get(ctx); err != nil && err != context.DeadlineExceeded {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := f.store.watching(); n != 1 {
			t.Errorf("%d subscriptions", n)
		}
		waiting.Wait()
	})
}

// A result comes when the task ends, not when somebody looks again.
func TestFutureIsPrompt(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		for i := range 100 {
			id := f.add(job(fmt.Sprint(i*7, "ms"), taskqueue.Retention(kept)))
			began := time.Now()
			if _, err := future(f.Client, id).Get(f.Context()); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > time.Duration(i*7+2)*time.Millisecond {
				t.Errorf("a task of %d ms: %v", i*7, took)
			}
		}
	})
}

// What ends before the subscription stands is seen when it does.
func TestFutureOfTaskThatEndsBeforeTheSubscription(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		f.store.watch = func() error { time.Sleep(time.Second); return nil }
		id := f.add(job("500ms", taskqueue.Retention(kept)))
		began := time.Now()
		if _, err := future(f.Client, id).Get(f.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 1100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

// However events come and subscriptions break, nobody is forgotten.
func TestFutureWithoutEvents(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		down := errors.New("connection reset")
		f.store.watch = func() error { return down }
		id := f.add(job("1m", taskqueue.Retention(kept)))
		got, err := future(f.Client, id).Get(f.Context())
		if got != "re: 1m" || err != nil {
			t.Errorf("%q %v", got, err)
		}
	})
}

func TestFutureDuringOutage(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		f.store.find = func() error { return errors.New("down") }
		id := f.add(job("1s", taskqueue.Retention(kept)))
		go func() {
			time.Sleep(time.Minute)
			f.store.set(func() { f.store.find = nil })
		}()
		began := time.Now()
		got, err := future(f.Client, id).Get(f.Context())
		if took := time.Since(began); got != "re: 1s" || err != nil || took > 61*time.Second {
			t.Errorf("%q %v after %v", got, err, took)
		}
	})
}

func TestCloseEndsFutures(t *testing.T) {
	bubble(t, func(f *fixture) {
		var waiting sync.WaitGroup
		for i := range 50 {
			id := f.add(job("x", taskqueue.Queue(fmt.Sprint("q", i%3))))
			waiting.Go(func() {
				if _, err := future(f.Client, id).Get(f.Context()); !errors.Is(err, taskqueue.ErrClosed) {
					t.Errorf("%v", err)
				}
			})
		}
		synctest.Wait()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		waiting.Wait()
	})
}

// An unused subscription is given up, and the next Get begins another, at
// whatever moment it comes.
func TestSubscriptionsRetire(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		for i := range 60 {
			id := f.add(job("1ms", taskqueue.Retention(kept)))
			if _, err := future(f.Client, id).Get(f.Context()); err != nil {
				t.Fatal(err)
			}
			pass(14900*time.Millisecond + time.Duration(i)*5*time.Millisecond)
		}
		pass(time.Minute)
		if n := f.store.watching(); n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
	})
}

// Joining and retiring at the same instant, by many.
func TestSubscriptionsRetireUnderRace(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		var waiting sync.WaitGroup
		for i := range 50 {
			waiting.Go(func() {
				for n := range 10 {
					id := f.add(job("x", taskqueue.Retention(kept)))
					if got, err := future(f.Client, id).Get(f.Context()); got != "re: x" || err != nil {
						t.Errorf("%q %v", got, err)
					}
					time.Sleep(15*time.Second - time.Duration((i+n)%3)*time.Millisecond)
				}
			})
		}
		waiting.Wait()
	})
}

// A pending task beyond the store's sight is not one that is gone.
func TestFutureOfTaskDeepInItsQueue(t *testing.T) {
	bubble(t, func(f *fixture) {
		id := f.add(job("x", taskqueue.Retention(kept)))
		f.store.set(func() { f.store.Broker = &shortSighted{f.store.Broker, id} })
		ctx, cancel := context.WithTimeout(f.Context(), time.Minute)
		defer cancel()
		if _, err := future(f.Client, id).Get(ctx); err != context.DeadlineExceeded {
			t.Errorf("Get: %v", err)
		}
		if _, done, err := future(f.Client, id).Poll(f.Context()); done || err != nil {
			t.Errorf("Poll: %v %v", done, err)
		}
	})
}

// A shortSighted store does not find one task in its long queue.
type shortSighted struct {
	broker.Broker
	id taskqueue.ID
}

func (s *shortSighted) Find(ctx context.Context, refs []broker.Ref) ([]broker.Entry, error) {
	entries, err := s.Broker.Find(ctx, refs)
	for i := range entries {
		if entries[i].ID == s.id {
			entries[i] = broker.Entry{Ref: refs[i]}
		}
	}
	return entries, err
}

func (s *shortSighted) Queues(ctx context.Context, names ...string) ([]broker.QueueInfo, error) {
	infos, err := s.Broker.Queues(ctx, names...)
	for i := range infos {
		infos[i].Pending += broker.FindLimit
	}
	return infos, err
}
