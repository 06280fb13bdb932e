package worker

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

func TestRunsOnce(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.start()
		if err := f.engine.Run(f.Context()); err != ErrRanBefore {
			t.Errorf("a second Run: %v", err)
		}
	})
}

func TestEveryTaskRunsOnce(t *testing.T) {
	for _, slots := range []int{1, 3, 100} {
		for _, prefetch := range []int{0, 7, Adaptive} {
			t.Run(fmt.Sprintf("%d slots, prefetch %d", slots, prefetch), func(t *testing.T) {
				bubble(t, func(f *fixture) {
					f.config.Slots, f.config.Prefetch = slots, prefetch
					var tally tally
					f.handle("test", func(_ context.Context, payload string) (string, error) {
						defer tally.enter(payload)()
						time.Sleep(100 * time.Microsecond)
						return "", nil
					})
					var payloads []string
					for i := range 2500 {
						payloads = append(payloads, fmt.Sprint(i))
					}
					f.put("mail", "test", payloads[:1000])
					f.start()
					f.put("mail", "test", payloads[1000:])
					f.pass(time.Minute)
					seen := map[string]int{}
					for _, p := range tally.begun() {
						seen[p]++
					}
					if len(seen) != 2500 || len(tally.begun()) != 2500 {
						t.Errorf("%d tasks had %d runs", len(seen), len(tally.begun()))
					}
					if tally.most() > slots {
						t.Errorf("%d ran at once in %d slots", tally.most(), slots)
					}
					if got := f.info("mail"); got.Done != 2500 || got.Active != 0 || got.Pending != 0 {
						t.Errorf("%+v", got)
					}
				})
			})
		}
	}
}

func TestOneSlotKeepsTheOrder(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots, f.config.Prefetch = 1, Adaptive
		var tally tally
		f.handle("test", func(_ context.Context, payload string) (string, error) {
			defer tally.enter(payload)()
			return "", nil
		})
		f.start()
		var want []string
		for i := range 500 {
			want = append(want, fmt.Sprint(i))
			f.put("mail", "test", want[i:])
		}
		f.pass(time.Second)
		if diff := cmp.Diff(want, tally.begun()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// What cannot run is not claimed: other workers may have a slot for it.
func TestBackpressure(t *testing.T) {
	for _, test := range []struct{ slots, prefetch, active int }{
		{1, 0, 1}, {4, 0, 4}, {4, 3, 7}, {4, Adaptive, 4},
	} {
		t.Run(fmt.Sprintf("%d slots, prefetch %d", test.slots, test.prefetch), func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.config.Slots, f.config.Prefetch = test.slots, test.prefetch
				f.handle("test", sleeper)
				f.start()
				f.put("mail", "test", times(20, "1h"))
				for range 60 {
					f.pass(59 * time.Second)
					s, info := f.engine.Stats(), f.info("mail")
					if s.Active != test.slots || int(info.Active) != test.active || s.Buffered != test.active-test.slots {
						t.Fatalf("%d run, %d wait here, %d are claimed", s.Active, s.Buffered, info.Active)
					}
				}
			})
		})
	}
}

// A task that comes to an idle worker starts at once, whenever it comes.
func TestIdleWorkerStartsAtOnce(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Prefetch = Adaptive
		f.handle("test", sleeper)
		f.start()
		for i := range 400 {
			f.pass(time.Duration(i*i) * time.Millisecond / 7)
			f.put("mail", "test", []string{"1ms"})
			f.pass(2 * time.Millisecond)
		}
		events := f.events.all()
		if len(events) != 400 {
			t.Fatalf("%d runs", len(events))
		}
		for i, e := range events {
			if e.Wait >= time.Millisecond { // the store's clock is as fine as that
				t.Fatalf("task %d has waited for %v", i, e.Wait)
			}
		}
		if got := f.info("mail"); got.Released != 0 {
			t.Errorf("%d were given back", got.Released)
		}
	})
}

// Nor does it wait for the end of others' tasks.
func TestScheduledTaskStartsWhenItIsDue(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("test", sleeper)
		f.start()
		f.put("mail", "test", []string{"1h"})
		for _, delay := range []time.Duration{time.Millisecond, 137 * time.Millisecond, 12345 * time.Millisecond, 17 * time.Minute} {
			f.put("mail", "test", []string{"1ms"}, func(m *broker.Message) { m.Delay = delay })
		}
		f.pass(30 * time.Minute)
		events := f.events.all()
		if len(events) != 4 {
			t.Fatalf("%d runs", len(events))
		}
		for i, e := range events {
			if e.Wait >= 2*time.Millisecond {
				t.Errorf("task %d has waited for %v after it was due", i, e.Wait)
			}
		}
	})
}

func TestIdleWorkerIsQuiet(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.start()
		before := f.faults.count()
		f.pass(time.Minute)
		if n := f.faults.count() - before; n > 30 {
			t.Errorf("%d cycles in a minute without work", n)
		}
	})
}

// The end of a task is told at once when nothing else runs, and within the
// linger otherwise.
func TestSettlesArePrompt(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("test", sleeper)
		f.start()
		lone := f.put("mail", "test", []string{"10ms"})[0]
		f.pass(10 * time.Millisecond)
		if e := f.find(lone); e.State != broker.StateDone {
			t.Errorf("alone: %v", e.State)
		}
		refs := f.put("mail", "test", []string{"10ms", "1h"})
		f.pass(11 * time.Millisecond)
		if e := f.find(refs[0]); e.State != broker.StateDone {
			t.Errorf("beside another: %v", e.State)
		}
	})
}

// Where a limit may hold others back nothing lingers.
func TestLimitedRunsSettleAtOnce(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("test", sleeper)
		f.handle("limited", sleeper)
		f.config.Kinds["limited"].Prompt = true
		f.config.Slots = 3
		f.start()
		for _, test := range []struct {
			kind string
			want broker.State
		}{{"test", broker.Active}, {"limited", broker.StateDone}} {
			f.put("mail", "test", []string{"1s"})
			f.pass(500 * time.Millisecond)
			ref := f.put("mail", test.kind, []string{"10ms"})[0]
			f.pass(10 * time.Millisecond)
			if e := f.find(ref); e.State != test.want {
				t.Errorf("%s: %v, want %v", test.kind, e.State, test.want)
			}
			f.pass(time.Second)
		}
	})
}

func TestResize(t *testing.T) {
	bubble(t, func(f *fixture) {
		var tally tally
		f.config.Slots = 3
		f.handle("test", func(ctx context.Context, payload string) (string, error) {
			defer tally.enter("")()
			return sleeper(ctx, payload)
		})
		f.start()
		f.put("mail", "test", times(1000, "1s"))
		active := func(want int) {
			t.Helper()
			if n := f.engine.Active(); n != want {
				t.Errorf("%d are active, want %d", n, want)
			}
		}
		f.pass(5500 * time.Millisecond)
		active(3)
		f.engine.Resize(10)
		f.pass(0)
		active(10)
		if tally.most() != 10 {
			t.Errorf("%d ran at once", tally.most())
		}
		f.engine.Resize(2) // the ten finish first
		f.pass(0)
		active(10)
		f.pass(1500 * time.Millisecond)
		active(2)
		f.engine.Resize(10)
		f.engine.Resize(1)
		f.engine.Resize(4)
		f.pass(1500 * time.Millisecond)
		active(4)
		f.engine.Resize(1)
		f.pass(1500 * time.Millisecond)
		active(1)
		if tally.most() != 10 {
			t.Errorf("%d ran at once", tally.most())
		}
		if s := f.engine.Stats(); s.Slots != 1 {
			t.Errorf("%d slots", s.Slots)
		}
	})
}

func TestResizeBeforeRun(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("test", sleeper)
		f.put("mail", "test", times(10, "1h"))
		f.engine = New(f.config)
		f.engine.Resize(5)
		f.run()
		f.pass(time.Second)
		if n := f.engine.Active(); n != 5 {
			t.Errorf("%d are active", n)
		}
	})
}

// Idle executors that are one too many do not take others' wake-ups with them.
func TestResizeOfIdleWorker(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots = 10
		f.handle("test", sleeper)
		f.start()
		f.engine.Resize(1)
		for range 20 {
			f.put("mail", "test", []string{"1ms"})
			f.pass(3 * time.Millisecond)
		}
		if n := len(f.events.all()); n != 20 {
			t.Errorf("%d of 20 have run", n)
		}
	})
}

// Claims that were under way when the slots became fewer are given back, not
// hoarded.
func TestResizeShedsWhatWasUnderWay(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots = 10
		f.handle("test", sleeper)
		f.faults.after = func(c broker.Cycle, g *broker.Grant) error { time.Sleep(time.Second); return nil }
		f.put("mail", "test", times(10, "1h"))
		f.start()
		f.pass(500 * time.Millisecond)
		f.engine.Resize(3)
		f.pass(10 * time.Second)
		if info := f.info("mail"); info.Active != 3 || info.Pending != 7 {
			t.Errorf("%d are claimed, %d are pending", info.Active, info.Pending)
		}
		f.pass(time.Hour)
	})
}

// Tasks that wait behind handlers which turned out slow go to other workers.
func TestStalledBufferIsGivenBack(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Prefetch = Adaptive
		f.handle("test", sleeper)
		f.start()
		f.put("mail", "test", times(1000, "10us")) // fast ones make it prefetch
		f.pass(time.Second)
		if n := f.engine.Stats().Prefetch; n < 100 {
			t.Fatalf("prefetch %d after fast tasks", n)
		}
		f.put("mail", "test", times(500, "1h"))
		f.pass(500 * time.Millisecond)
		if s := f.engine.Stats(); s.Active != 2 || s.Buffered == 0 {
			t.Fatalf("%d run, %d wait", s.Active, s.Buffered)
		}
		f.pass(time.Second)
		if s, info := f.engine.Stats(), f.info("mail"); s.Buffered != 0 || info.Active != 2 || info.Pending != 498 || s.Prefetch != 0 {
			t.Errorf("%d wait here with prefetch %d, %d are claimed, %d pending", s.Buffered, s.Prefetch, info.Active, info.Pending)
		}
	})
}

func TestAdaptivePrefetch(t *testing.T) {
	tests := []struct {
		slots int
		run   time.Duration
		want  int
	}{
		{10, 0, 0},
		{10, time.Microsecond, 1000},
		{10, 100 * time.Microsecond, 200},
		{10, time.Millisecond, 20},
		{10, 2 * time.Millisecond, 10},
		{10, 2*time.Millisecond + 1, 0},
		{10, time.Hour, 0},
		{1, time.Millisecond, 2},
		{1000, time.Millisecond, 1000},
	}
	for _, test := range tests {
		if got := adaptive(test.slots, float64(test.run)); got != test.want {
			t.Errorf("%d slots of %v: prefetch %d, want %d", test.slots, test.run, got, test.want)
		}
	}
}

// A task that may kill its worker runs beside no other suspect.
func TestOneSuspectAtATime(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots = 5
		f.config.Queues = []Queue{{"mail", 1}, {"sms", 1}}
		var tally tally
		f.handle("test", func(context.Context, string) (string, error) {
			defer tally.enter("")()
			time.Sleep(10 * time.Second)
			return "", nil
		})
		f.handle("plain", sleeper)
		suspect := func(m *broker.Message) { m.Lost = broker.SuspectAfter }
		f.put("mail", "test", times(3, "x"), suspect)
		f.put("sms", "test", times(3, "x"), suspect)
		plain := f.put("mail", "plain", []string{"1ms"})[0]
		f.start()
		f.pass(time.Second)
		if e := f.find(plain); e.State != broker.StateDone {
			t.Errorf("a plain task waits for suspects: %v", e.State)
		}
		before := f.faults.count()
		f.pass(time.Second)
		if n := f.faults.count() - before; n > 200 {
			t.Errorf("%d cycles in a second while a suspect runs and another waits", n)
		}
		f.pass(2 * time.Minute)
		if tally.most() != 1 || len(tally.begun()) != 6 {
			t.Errorf("%d suspects ran, %d at once", len(tally.begun()), tally.most())
		}
	})
}

// The same with no slot free: the store has something, but not for us.
func TestFullWorkerDoesNotSpin(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots = 1
		f.handle("test", sleeper)
		suspect := func(m *broker.Message) { m.Lost = broker.SuspectAfter }
		f.put("mail", "test", times(2, "10m"), suspect)
		f.start()
		before := f.faults.count()
		f.pass(time.Second)
		if n := f.faults.count() - before; n > 200 {
			t.Errorf("%d cycles in a second", n)
		}
		f.pass(30 * time.Minute)
		if got := f.info("mail"); got.Done != 2 {
			t.Errorf("%d are done", got.Done)
		}
	})
}

func TestStats(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Queues = []Queue{{"mail", 1}, {"sms", 1}}
		f.config.Slots, f.config.Prefetch = 3, 2
		f.handle("test", sleeper)
		f.handle("bad", func(context.Context, string) (string, error) { return "", errors.New("boom") })
		f.start()
		f.put("mail", "test", times(3, "1s"))
		f.put("sms", "bad", times(2, "x"), func(m *broker.Message) { m.Max = 1 })
		f.pass(1100 * time.Millisecond)
		f.put("mail", "test", times(9, "1h"))
		f.pass(time.Second)
		s := f.engine.Stats()
		if s.RunTime <= 0 {
			t.Errorf("run time %v", s.RunTime)
		}
		if c := s.Claims; c.Asked <= c.Vain || c.Granted != 10 || c.Begun != 8 || c.Returned != 0 {
			t.Errorf("%+v", c)
		}
		s.RunTime, s.Claims = 0, Claims{}
		want := Stats{
			Counts: Counts{Done: 3, Failed: 2, Dead: 2},
			Slots:  3, Active: 3, Buffered: 2, Prefetch: 2,
			Queues: map[string]Counts{"mail": {Done: 3}, "sms": {Failed: 2, Dead: 2}},
		}
		if diff := cmp.Diff(want, s); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// A cycle promotes no more than the config says; more of what is due comes with the
// next ones, at once.
func TestPromote(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Promote = 7
		f.handle("test", sleeper)
		refs := f.put("mail", "test", times(50, "10ms"), func(m *broker.Message) { m.Delay = time.Minute })
		f.faults.before = func(_ context.Context, c broker.Cycle) error {
			if c.Promote != 7 {
				t.Errorf("a cycle promotes %d", c.Promote)
			}
			return nil
		}
		f.start()
		f.pass(time.Minute + time.Second)
		for _, ref := range refs {
			if e := f.find(ref); e.State != broker.StateDone {
				t.Errorf("%v is %v", ref.ID, e.State)
			}
		}
	})
}
