package worker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// However often replies are lost, delayed or calls do not arrive, each task
// runs once and ends once, as long as the worker is heard of within its lease.
func TestLostReplies(t *testing.T) {
	for _, prefetch := range []int{0, 20, Adaptive} {
		t.Run(fmt.Sprint("prefetch ", prefetch), func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.config.Slots, f.config.Prefetch = 5, prefetch
				random := rand.New(rand.NewPCG(1, uint64(prefetch)))
				var mu sync.Mutex
				trouble := func() error {
					mu.Lock()
					n := random.IntN(4)
					mu.Unlock()
					time.Sleep(time.Duration(n) * time.Millisecond)
					if n == 0 {
						return errLost
					}
					return nil
				}
				f.faults.before = func(context.Context, broker.Cycle) error { return trouble() }
				f.faults.after = func(broker.Cycle, *broker.Grant) error { return trouble() }
				f.handle("test", func(_ context.Context, payload string) (string, error) {
					time.Sleep(time.Millisecond)
					return payload, nil
				})
				var payloads []string
				for i := range 500 {
					payloads = append(payloads, fmt.Sprint(i))
				}
				refs := f.put("mail", "test", payloads)
				f.start()
				f.pass(5 * time.Minute)
				if n := len(f.events.all()); n != 500 {
					t.Errorf("%d runs", n)
				}
				for i, ref := range refs {
					if e := f.find(ref); e.State != broker.StateDone || string(e.Result) != payloads[i] {
						t.Errorf("task %d: %v %q", i, e.State, e.Result)
					}
				}
				if s := f.engine.Stats(); s.Done != 500 || s.Lost != 0 || s.Active != 0 || s.Buffered != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// A repeat is the same cycle: same number, same settles, same wants.
func TestRepeatsAreTheSame(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots = 3
		n := 0
		f.faults.after = func(broker.Cycle, *broker.Grant) error {
			if n++; n%3 != 0 {
				return errLost
			}
			return nil
		}
		f.handle("test", sleeper)
		f.put("mail", "test", times(50, "10ms"))
		f.start()
		f.pass(time.Minute)
		f.faults.mu.Lock()
		defer f.faults.mu.Unlock()
		first := map[uint64]broker.Cycle{}
		for _, c := range f.faults.cycles {
			before, repeat := first[c.Seq]
			if !repeat {
				if last := uint64(len(first)); c.Seq != last+1 {
					t.Fatalf("cycle %d follows %d", c.Seq, last)
				}
				first[c.Seq] = c
				continue
			}
			// The settles' memory is reused after the answer: only their number stays.
			if before.Session != c.Session || before.Want != c.Want || len(before.Settle) != len(c.Settle) {
				t.Errorf("cycle %d was %+v, then %+v", c.Seq, before, c)
			}
		}
		if len(first) < 20 {
			t.Errorf("%d cycles", len(first))
		}
	})
}

// An outage is told once, survived, and over in less than a second.
func TestOutage(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Queues = three
		f.handle("test", sleeper)
		f.start()
		down := errors.New("connection refused")
		f.faults.set(func() {
			f.faults.before = func(context.Context, broker.Cycle) error { return down }
			f.faults.wait = func(context.Context, []string) error { return down }
		})
		f.pass(10 * time.Minute)
		if s := f.engine.Stats(); !errors.Is(s.Outage, down) {
			t.Errorf("outage: %v", s.Outage)
		}
		ref := f.put("low", "test", []string{"1ms"})[0]
		f.faults.set(func() { f.faults.before, f.faults.wait = nil, nil })
		f.pass(time.Second)
		if e := f.find(ref); e.State != broker.StateDone {
			t.Errorf("a second after the outage the task is %v", e.State)
		}
		f.pass(10 * time.Second)
		if s := f.engine.Stats(); s.Outage != nil {
			t.Errorf("outage: %v", s.Outage)
		}
		for _, text := range []string{"task store does not answer", "task store answers again"} {
			if lines := f.log.grep(text); len(lines) != 1 {
				t.Errorf("%d lines %q", len(lines), lines)
			}
		}
	})
}

// In a cluster, a node that is away stops only its own queues.
func TestOutageOfOneQueue(t *testing.T) {
	for _, strict := range []bool{false, true} {
		t.Run(fmt.Sprint("strict ", strict), func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.config.Queues, f.config.Strict, f.config.Slots = three, strict, 4
				f.handle("test", sleeper)
				f.put("high", "test", times(100, "1s"))
				f.put("low", "test", times(1000, "1s"))
				f.faults.before = func(ctx context.Context, c broker.Cycle) error {
					if c.Session.Queue == "high" {
						return hang(ctx)
					}
					return nil
				}
				f.start()
				f.pass(6 * time.Second)
				before := f.runs()["low"]
				f.pass(100*time.Second + time.Millisecond)
				if n := f.runs()["low"] - before; n < 396 {
					t.Errorf("%d of 400 runs while the other queue is away", n)
				}
				f.faults.set(func() { f.faults.before = nil })
				f.pass(10 * time.Second)
				if n := f.runs()["high"]; n < 20 {
					t.Errorf("%d runs of the other queue when it is back", n)
				}
				f.pass(5 * time.Minute)
				if got := f.runs(); got["high"] != 100 || got["low"] != 1000 {
					t.Errorf("%v", got)
				}
			})
		})
	}
}

// A worker that was out of touch for longer than its lease tells its handlers,
// settles nothing of what it held and goes on in a new session.
func TestFenced(t *testing.T) {
	bubble(t, func(f *fixture) {
		causes := make(chan error, 10)
		f.handle("test", func(ctx context.Context, _ string) (string, error) {
			select {
			case <-ctx.Done():
				causes <- context.Cause(ctx)
			case <-time.After(25 * time.Second):
			}
			return "late", ctx.Err()
		})
		f.start()
		refs := f.put("mail", "test", times(2, "x"))
		f.pass(time.Second)
		f.faults.set(func() {
			f.faults.before = func(ctx context.Context, _ broker.Cycle) error { return hang(ctx) }
		})
		other := f.another()
		other.config.Kinds = f.config.Kinds
		f.pass(time.Second)
		other.start()
		f.pass(15 * time.Second) // the other has them by now
		for _, ref := range refs {
			if e := f.find(ref); e.State != broker.Active || e.Message.Lost != 1 || e.Message.Attempts != 0 {
				t.Errorf("%v, lost %d times, %d attempts", e.State, e.Message.Lost, e.Message.Attempts)
			}
		}
		f.faults.set(func() { f.faults.before = nil })
		f.pass(6 * time.Second)
		for range 2 {
			if cause := <-causes; cause != ErrLeaseLost {
				t.Errorf("cause %v", cause)
			}
		}
		f.pass(time.Minute)
		for _, ref := range refs {
			if e := f.find(ref); e.State != broker.StateDone {
				t.Errorf("%v", e.State)
			}
		}
		s := f.engine.Stats()
		if diff := cmp.Diff(Counts{Lost: 2}, s.Counts); diff != "" {
			t.Errorf("counts (-want +got)\n%s", diff)
		}
		if lines := f.log.grep("session lost"); len(lines) != 1 {
			t.Errorf("log: %q", lines)
		}
		next := f.one("test")
		other.stop()
		f.pass(time.Minute)
		if e := f.find(next); e.State != broker.StateDone {
			t.Errorf("in the new session: %v", e.State)
		}
	})
}

// Also in the buffer, among the finished and beside a suspect.
func TestFencedWithEverything(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Prefetch = 10
		f.handle("test", sleeper)
		f.start()
		f.one("test", func(m *broker.Message) { m.Lost, m.Payload = broker.SuspectAfter, []byte("30s") })
		f.pass(100 * time.Millisecond)
		f.put("mail", "test", times(9, "1s"))
		f.pass(time.Second) // the suspect runs, one has ended, one has begun, seven wait
		stale := false
		f.faults.set(func() {
			f.faults.before = func(context.Context, broker.Cycle) error {
				if stale {
					return nil
				}
				stale = true
				return broker.ErrStale
			}
		})
		f.pass(5 * time.Minute)
		if info := f.info("mail"); info.Done != 10 || info.Active != 0 {
			t.Errorf("%+v", info)
		}
		s := f.engine.Stats()
		if s.Lost != 3 || s.Done != 10 || s.Active != 0 || s.Buffered != 0 {
			t.Errorf("%+v", s)
		}
		f.engine.mu.Lock()
		defer f.engine.mu.Unlock()
		if f.engine.suspects != 0 || f.engine.suspector != nil || f.engine.promised != 0 || f.engine.queues[0].held != 0 {
			t.Errorf("the books: %d suspects, %v, %d promised, %d held", f.engine.suspects, f.engine.suspector, f.engine.promised, f.engine.queues[0].held)
		}
	})
}

// Waits that tell each thing once lose nothing while a cycle is under way.
func TestWakeUpDuringCycle(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("test", sleeper)
		calls := make(chan struct{}, 1)
		f.faults.wait = func(ctx context.Context, _ []string) error {
			select {
			case <-calls:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		f.faults.after = func(broker.Cycle, *broker.Grant) error {
			time.Sleep(100 * time.Millisecond)
			return nil
		}
		f.start()
		f.pass(pollInterval + 150*time.Millisecond) // the second cycle is under way: it found nothing
		ref := f.put("mail", "test", []string{"1ms"})[0]
		calls <- struct{}{}
		f.pass(400 * time.Millisecond)
		if e := f.find(ref); e.State != broker.StateDone {
			t.Errorf("%v", e.State)
		}
	})
}

// A wake-up that comes to a worker without a free slot is passed on by a cycle.
func TestWakeUpWithoutCapacity(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots = 1
		f.config.Grace = time.Minute
		f.handle("test", sleeper)
		f.put("mail", "test", []string{"30s"})
		f.start()
		f.pass(100 * time.Millisecond)
		for _, state := range []string{"full", "draining"} {
			before := f.faults.count()
			f.engine.woken(f.engine.queues[0])
			f.pass(time.Millisecond)
			if n := f.faults.count() - before; n != 1 {
				t.Errorf("%s: %d cycles", state, n)
			}
			if state == "full" {
				f.cancel()
				f.pass(100 * time.Millisecond)
			}
		}
		<-f.ended
		f.cancel = nil
	})
}

// Without Wait, work is found by looking for it, and the log says so once.
func TestWaitFails(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.faults.wait = func(context.Context, []string) error { return errors.New("no permission") }
		f.handle("test", sleeper)
		f.start()
		f.pass(time.Minute)
		ref := f.put("mail", "test", []string{"1ms"})[0]
		f.pass(pollInterval + time.Millisecond)
		if e := f.find(ref); e.State != broker.StateDone {
			t.Errorf("%v", e.State)
		}
		if lines := f.log.grep("cannot wait for tasks"); len(lines) != 1 {
			t.Errorf("log: %q", lines)
		}
	})
}

// The lease is renewed however long the handlers take, and orphans of others
// are taken over.
func TestLeaseIsRenewed(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Lease = time.Second
		f.handle("test", sleeper)
		f.start()
		f.put("mail", "test", []string{"3m"})
		f.pass(100 * time.Millisecond)
		other := f.another()
		other.handle("test", sleeper)
		other.start()
		f.pass(4 * time.Minute)
		if info := f.info("mail"); info.Lost != 0 || info.Done != 1 {
			t.Errorf("%+v", info)
		}
	})
}

func TestOrphansRunSoon(t *testing.T) {
	bubble(t, func(f *fixture) {
		refs := f.put("mail", "test", times(5, "1ms"))
		c := broker.Cycle{Session: broker.Session{Worker: "dead", Queue: "mail"}, Seq: 1, Lease: 12 * time.Second, Want: broker.Want{Max: 10}}
		if g, err := f.store.Cycle(f.Context(), c); err != nil || len(g.Leases) != 5 {
			t.Fatal(err)
		}
		f.handle("test", sleeper)
		f.start()
		f.pass(12*time.Second + 100*time.Millisecond)
		for _, ref := range refs {
			if e := f.find(ref); e.State != broker.StateDone {
				t.Errorf("%v", e.State)
			}
		}
	})
}

// Settles that do not fit in one cycle go in several.
func TestManyLargeSettles(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots, f.config.MaxResult = 2500, 1<<20
		f.config.Kinds["big"] = &Kind{Name: "big", Run: func(ctx context.Context, _, dst []byte) ([]byte, error) {
			time.Sleep(time.Second)
			return append(dst, make([]byte, 10<<10)...), nil
		}}
		for range 5 {
			f.put("mail", "big", times(500, "x"))
		}
		f.start()
		f.pass(10 * time.Second)
		if info := f.info("mail"); info.Done != 2500 {
			t.Errorf("%+v", info)
		}
		f.faults.mu.Lock()
		defer f.faults.mu.Unlock()
		for _, c := range f.faults.cycles {
			if len(c.Settle) > broker.MaxBatch || len(c.Settle)*10<<10 > broker.MaxBatchBytes+10<<10 {
				t.Errorf("%d settles in one cycle", len(c.Settle))
			}
		}
	})
}

// A jumpy store says at once that there may be work, always.
type jumpy struct{ *faults }

func (s jumpy) Wait(ctx context.Context, queues []string) (string, error) {
	return queues[0], ctx.Err()
}

// Wake-ups in vain do not make a worker spin, be it idle or full.
func TestWakeUpsInVain(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Store, f.config.Slots = jumpy{f.faults}, 1
		f.handle("test", sleeper)
		f.start()
		for _, state := range []string{"idle", "full"} {
			before := f.faults.count()
			f.pass(10 * time.Second)
			if n := f.faults.count() - before; n > 400 {
				t.Errorf("%s: %d cycles in 10 seconds", state, n)
			}
			f.put("mail", "test", []string{"30s"})
			f.pass(33 * time.Millisecond)
			if n := f.engine.Active(); n != 1 {
				t.Errorf("%s: the task does not run after the longest pause", state)
			}
		}
	})
}
