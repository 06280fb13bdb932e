package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A hostile error panics when it is asked anything.
type hostile struct{ text string }

func (h *hostile) Error() string { return h.text }
func (h *hostile) Unwrap() error { return errors.New(h.text) }

func TestOutcomes(t *testing.T) {
	verdict := func(o broker.Outcome, after time.Duration) error {
		return &Verdict{Outcome: o, After: after, Err: errors.New("boom")}
	}
	tests := []struct {
		name    string
		handler func(ctx context.Context) (string, error)
		max     uint8
		state   broker.State // a minute after the first run began
		runs    int
		reason  string // the last failure begins with it
		counts  Counts
	}{
		{"done", func(context.Context) (string, error) { return "ok", nil }, 4, broker.StateDone, 1, "", Counts{Done: 1}},
		{"failed until it died", func(context.Context) (string, error) { return "", errors.New("boom") }, 4, broker.StateDead, 4, "boom", Counts{Failed: 4, Retried: 3, Dead: 1}},
		{"no retries", func(context.Context) (string, error) { return "", errors.New("boom") }, 1, broker.StateDead, 1, "boom", Counts{Failed: 1, Dead: 1}},
		{"permanent", func(context.Context) (string, error) { return "", verdict(broker.Dead, 0) }, 4, broker.StateDead, 1, "boom", Counts{Failed: 1, Dead: 1}},
		{"discarded", func(context.Context) (string, error) { return "", verdict(broker.Discard, 0) }, 4, broker.StateDiscarded, 1, "boom", Counts{Discarded: 1}},
		{"retried on its own terms", func(context.Context) (string, error) { return "", verdict(broker.Retry, 25*time.Second) }, 4, broker.Scheduled, 3, "boom", Counts{Failed: 3, Retried: 3}},
		{"snoozed for ever", func(context.Context) (string, error) { return "", verdict(broker.Release, 25*time.Second) }, 1, broker.Scheduled, 3, "", Counts{Released: 3}},
		{"panic", func(context.Context) (string, error) { panic("ouch") }, 1, broker.StateDead, 1,
			"taskqueue: handler panicked: ouch\ngithub.com/tqgen/taskqueue/runtime/internal/worker.TestOutcomes.", Counts{Failed: 1, Dead: 1, Panics: 1}},
		{"panic with an error", func(context.Context) (string, error) { panic(fmt.Errorf("ouch")) }, 1, broker.StateDead, 1, "taskqueue: handler panicked: ouch\n", Counts{Failed: 1, Dead: 1, Panics: 1}},
		{"panic of the runtime", func(ctx context.Context) (string, error) { return "", ctx.Value(runKey{}).(error) }, 1, broker.StateDead, 1,
			"taskqueue: handler panicked: interface conversion: *worker.Run is not error: missing method Error\ngithub.com/tqgen/taskqueue/runtime/internal/worker.TestOutcomes.", Counts{Failed: 1, Dead: 1, Panics: 1}},
		{"panic(nil)", func(context.Context) (string, error) { panic(nil) }, 1, broker.StateDead, 1, "taskqueue: handler panicked: panic called with nil argument", Counts{Failed: 1, Dead: 1, Panics: 1}},
		{"Goexit", func(context.Context) (string, error) { runtime.Goexit(); return "", nil }, 4, broker.StateDead, 4, "taskqueue: handler called runtime.Goexit", Counts{Failed: 4, Retried: 3, Dead: 1}},
		{"an error that panics", func(context.Context) (string, error) { return "", (*hostile)(nil) }, 1, broker.StateDead, 1,
			"taskqueue: handler panicked: runtime error: invalid memory address", Counts{Failed: 1, Dead: 1, Panics: 1}},
		{"a result at the limit", func(context.Context) (string, error) { return strings.Repeat("x", 1024), nil }, 4, broker.StateDone, 1, "", Counts{Done: 1}},
		{"a result over the limit", func(context.Context) (string, error) { return strings.Repeat("x", 1025), nil }, 4, broker.StateDead, 1,
			"taskqueue: too large: the result of test has 1025 bytes, at most 1024 are allowed", Counts{Failed: 1, Dead: 1}},
		{"a very long reason", func(context.Context) (string, error) { return "", errors.New(strings.Repeat("x", 1<<20)) }, 1, broker.StateDead, 1,
			strings.Repeat("x", broker.MaxReasonBytes), Counts{Failed: 1, Dead: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.config.Slots = 1 // so a slot that leaks shows
				f.handle("test", func(ctx context.Context, _ string) (string, error) { return test.handler(ctx) })
				f.handle("next", sleeper)
				f.start()
				ref := f.one("test", func(m *broker.Message) { m.Max = test.max })
				f.pass(time.Minute)
				e := f.find(ref)
				reason := e.Reason
				if e.Message != nil && len(e.Message.Failures) > 0 {
					reason = e.Message.Failures[len(e.Message.Failures)-1].Reason
				}
				if e.State != test.state || !strings.HasPrefix(reason, test.reason) || (test.reason == "") != (reason == "") {
					t.Errorf("%v %q, want %v %q", e.State, reason, test.state, test.reason)
				}
				if e.State == broker.StateDead && string(e.Message.Payload) != "x" {
					t.Errorf("the dead letter's payload is %q", e.Message.Payload)
				}
				if n := len(f.events.all()); n != test.runs {
					t.Errorf("%d runs, want %d", n, test.runs)
				}
				if diff := cmp.Diff(test.counts, f.engine.Stats().Counts); diff != "" {
					t.Errorf("counts (-want +got)\n%s", diff)
				}
				next := f.put("mail", "next", []string{"1ms"})[0]
				f.pass(5 * time.Millisecond)
				if e := f.find(next); e.State != broker.StateDone {
					t.Errorf("the slot is not free: the next task is %v", e.State)
				}
			})
		})
	}
}

func TestResultIsKept(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots, f.config.MaxResult = 1, 1<<20
		f.handle("test", func(_ context.Context, payload string) (string, error) { return strings.Repeat(payload, 3), nil })
		f.start()
		long := strings.Repeat("y", maxScratch/2)
		refs := f.put("mail", "test", []string{"a", "bb", long, "c"})
		f.pass(time.Second)
		for i, want := range []string{"aaa", "bbbbbb", strings.Repeat(long, 3), "ccc"} {
			if e := f.find(refs[i]); string(e.Result) != want {
				t.Errorf("result %d has %d bytes: %.10q", i, len(e.Result), e.Result)
			}
		}
		forgotten := f.one("test", func(m *broker.Message) { m.Retention = 0 })
		f.pass(time.Second)
		if e := f.find(forgotten); e.State != broker.StateUnknown {
			t.Errorf("a task without retention is %v", e.State)
		}
	})
}

// A handler may return memory that is not its own, such as the payload.
func TestResultMemoryIsNotReused(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots = 1
		var seen [][]byte
		f.config.Kinds["echo"] = &Kind{Name: "echo", Run: func(_ context.Context, payload, dst []byte) ([]byte, error) {
			seen = append(seen, payload)
			return payload, nil
		}}
		f.handle("test", func(_ context.Context, payload string) (string, error) { return "ZZZ", nil })
		f.start()
		f.put("mail", "echo", []string{"one"})
		f.put("mail", "test", []string{"two"})
		f.pass(time.Second)
		if string(seen[0]) != "one" {
			t.Errorf("a payload was overwritten: %q", seen[0])
		}
	})
}

func TestRetriesComeAfterTheirPauses(t *testing.T) {
	bubble(t, func(f *fixture) {
		var starts []time.Duration
		began := time.Now()
		f.handle("test", func(context.Context, string) (string, error) {
			starts = append(starts, time.Since(began).Truncate(10*time.Millisecond))
			return "", errors.New("boom")
		})
		f.start()
		f.one("test")
		f.pass(time.Minute)
		if diff := cmp.Diff([]time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}, starts); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestFailuresTravelWithTheTask(t *testing.T) {
	bubble(t, func(f *fixture) {
		n := 0
		f.handle("test", func(context.Context, string) (string, error) {
			n++
			return "", fmt.Errorf("boom %d", n)
		})
		f.start()
		began := time.Now()
		ref := f.one("test", func(m *broker.Message) { m.Max = 3 })
		f.pass(time.Minute)
		want := []broker.Failure{
			{At: began, Attempt: 1, Reason: "boom 1"},
			{At: began.Add(time.Second), Attempt: 2, Reason: "boom 2"},
			{At: began.Add(3 * time.Second), Attempt: 3, Reason: "boom 3"},
		}
		near := cmpopts.EquateApproxTime(20 * time.Millisecond)
		if diff := cmp.Diff(want, f.find(ref).Message.Failures, near); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestEventsAndWaits(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots = 1
		f.handle("test", sleeper)
		f.start()
		f.put("mail", "test", []string{"2s", "3s"})
		f.pass(time.Minute)
		var got []Event
		for _, e := range f.events.all() {
			got = append(got, Event{Outcome: e.Outcome, Wait: e.Wait.Truncate(10 * time.Millisecond), Run: e.Run})
		}
		want := []Event{{Outcome: broker.Done, Run: 2 * time.Second}, {Outcome: broker.Done, Wait: 2 * time.Second, Run: 3 * time.Second}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// What an observer does is not the task's fault, and costs no slot.
func TestBadObservers(t *testing.T) {
	tests := map[string]func(){
		"panic":  func() { panic("ouch") },
		"Goexit": runtime.Goexit,
	}
	for name, bad := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.config.Slots = 1
				f.config.OnFinish = func(*Event) { bad() }
				f.handle("test", sleeper)
				f.handle("exit", func(context.Context, string) (string, error) { runtime.Goexit(); return "", nil })
				f.start()
				refs := f.put("mail", "test", times(5, "1ms"))
				refs = append(refs, f.put("mail", "exit", []string{"x"}, func(m *broker.Message) { m.Max = 1 })...)
				f.pass(time.Second)
				var states []broker.State
				for _, ref := range refs {
					states = append(states, f.find(ref).State)
				}
				want := append(slices.Repeat([]broker.State{broker.StateDone}, 5), broker.StateDead)
				if diff := cmp.Diff(want, states); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if s := f.engine.Stats(); s.Active != 0 {
					t.Errorf("%d are active", s.Active)
				}
			})
		})
	}
}

// The time that an observer takes is not the next task's.
func TestSlowObserverDoesNotShortenRuns(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots = 1
		f.config.Prefetch = 5
		add := f.config.OnFinish
		f.config.OnFinish = func(e *Event) { add(e); time.Sleep(50 * time.Second) }
		f.handle("test", func(ctx context.Context, _ string) (string, error) {
			time.Sleep(40 * time.Second)
			return "", ctx.Err()
		})
		f.start()
		f.put("mail", "test", times(3, "x"), func(m *broker.Message) { m.Timeout = time.Minute })
		f.pass(10 * time.Minute)
		for _, e := range f.events.all() {
			if e.Run != 40*time.Second || e.Err != nil {
				t.Errorf("run %v: %v", e.Run, e.Err)
			}
		}
	})
}

func TestLogLevels(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("test", func(_ context.Context, payload string) (string, error) {
			switch payload {
			case "bad":
				return "", errors.New("boom")
			case "drop":
				return "", &Verdict{Outcome: broker.Discard, Err: errors.New("stale")}
			case "snooze":
				return "", &Verdict{Outcome: broker.Release, After: time.Hour, Err: errors.New("later")}
			}
			return "", nil
		})
		f.start()
		f.put("mail", "test", []string{"good", "bad", "drop", "snooze"}, func(m *broker.Message) { m.Max = 2 })
		f.pass(time.Minute)
		for text, want := range map[string]int{
			"DEBUG task started id=":                                  5,
			"DEBUG task done id=":                                     1,
			"WARN task failed; it will be retried id=":                1,
			"ERROR task failed for good; it is a dead letter now id=": 1,
			"WARN task discarded id=":                                 1,
			"DEBUG task given back id=":                               1,
			"error=boom":                                              2,
		} {
			if got := f.log.grep(text); len(got) != want {
				t.Errorf("%d lines with %q, want %d: %q", len(got), text, want, got)
			}
		}
	})
}
