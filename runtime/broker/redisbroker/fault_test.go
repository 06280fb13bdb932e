package redisbroker

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// TestLostRepliesOfEnqueue loses about every second reply: 300 sends leave
// exactly 300 tasks, one by one and in bulk.
func TestLostRepliesOfEnqueue(t *testing.T) {
	for name, size := range map[string]int{"one": 1, "bulk": 70} {
		t.Run(name, func(t *testing.T) {
			const sends = 300
			s := redistest.Start(t)
			p := redistest.StartProxy(t, s.Addr())
			r := newRig(t, mustOpen(t, p.URL(), Config{Logger: quiet}))
			n, sent := 0, redistest.Command("EVALSHA", "EVAL")
			if size > 1 {
				sent = redistest.Command("EXEC")
			}
			p.DropReplies(149, func(args []string) bool {
				if sent(args) {
					n++
					return n%3 == 0
				}
				return false
			})
			for range sends {
				r.put(r.tasks(size, "x")...)
			}
			if got := r.info(); got.Pending != int64(sends*size) || got.Enqueued != got.Pending || p.Dropped() != 149 {
				t.Errorf("%d replies lost: %+v", p.Dropped(), got)
			}
			r.sound()
		})
	}
}

// TestLostReplies loses 3 % of all replies under load.
func TestLostReplies(t *testing.T) {
	total := 4000
	if testing.Short() {
		total = 1000
	}
	s := redistest.Start(t)
	p := redistest.StartProxy(t, s.Addr())
	r := newRig(t, mustOpen(t, p.URL(), Config{Logger: quiet}))
	p.DropReplies(1<<30, func([]string) bool { return rand.Float64() < 0.03 })
	tr := newTraffic(r, total)
	tr.run(t, 4)
	p.DropReplies(0, func([]string) bool { return false })
	t.Logf("%d replies lost", p.Dropped())
	tr.verdict(t)
}

// TestLostReplyOfLeave: the session has ended, so nothing went wrong.
func TestLostReplyOfLeave(t *testing.T) {
	for nth := 1; nth <= 3; nth++ { // the cycle, its claims, the leave
		s := redistest.Start(t)
		p := redistest.StartProxy(t, s.Addr())
		r := newRig(t, mustOpen(t, p.URL(), Config{Logger: quiet}))
		r.put(r.tasks(20, "x")...)
		h := r.hand("w")
		g := h.cycle(10)
		n := 0
		p.DropReplies(1, func(args []string) bool {
			if redistest.Command("EVALSHA", "EVAL", "HKEYS")(args) {
				n++
			}
			return n == nth
		})
		h.leave(ends(broker.Done, g.Leases[:3]...)...)
		if got := r.info(); got.Done != 3 || got.Pending != 17 || got.Released != 7 || got.Sessions != 0 || p.Dropped() != 1 {
			t.Errorf("reply %d lost: %+v", nth, got)
		}
		r.sound()
	}
}

// TestLostReplyOfEdit: what was done is not told as an error.
func TestLostReplyOfEdit(t *testing.T) {
	for _, e := range []broker.Edit{
		{Action: broker.Cancel, Reason: "no"}, {Action: broker.Delete}, {Action: broker.Requeue}, {Action: broker.Reschedule, After: time.Hour},
	} {
		for _, retention := range []time.Duration{0, time.Hour} {
			s := redistest.Start(t)
			p := redistest.StartProxy(t, s.Addr())
			r := newRig(t, mustOpen(t, p.URL(), Config{Logger: quiet}))
			m := r.task("x", func(m *broker.Message) { m.Delay, m.Retention = time.Hour, retention })
			r.put(m)
			e.Ref = broker.Ref{Queue: r.queue, ID: m.ID}
			p.DropReplies(1, func(args []string) bool {
				return redistest.Command("EVALSHA", "EVAL")(args) && slices.Contains(args, "scheduled")
			})
			receipts, err := r.b.Edit(t.Context(), []broker.Edit{e})
			if err != nil || receipts != nil || p.Dropped() != 1 {
				t.Errorf("action %v: %v, %v, %d lost", e.Action, receipts, err, p.Dropped())
			}
			r.sound()
		}
	}
}

// disturb runs traffic while something happens to a server of its own.
func disturb(t *testing.T, total int, what func(ctx context.Context, s *redistest.Server), args ...string) {
	t.Helper()
	s := redistest.Start(t, args...)
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet, CommandTimeout: 500 * time.Millisecond}))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		what(ctx, s)
	}()
	tr := newTraffic(r, total)
	tr.run(t, 4)
	cancel()
	<-ended
	tr.verdict(t)
}

// every calls f until the context ends.
func every(ctx context.Context, d time.Duration, f func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			f()
		case <-ctx.Done():
			return
		}
	}
}

func TestScriptFlush(t *testing.T) {
	disturb(t, 2000, func(ctx context.Context, s *redistest.Server) {
		every(ctx, 3*time.Millisecond, func() { s.Do(t, "SCRIPT", "FLUSH") })
	})
}

func TestClientPause(t *testing.T) {
	t.Parallel() // it waits for most of the time
	disturb(t, 2000, func(ctx context.Context, s *redistest.Server) {
		every(ctx, 100*time.Millisecond, func() { s.Do(t, "CLIENT", "PAUSE", "60", "WRITE") })
	})
}

func TestKilledConnections(t *testing.T) {
	disturb(t, 2000, func(ctx context.Context, s *redistest.Server) {
		every(ctx, 20*time.Millisecond, func() { s.Do(t, "CLIENT", "KILL", "TYPE", "normal") })
	})
}

// TestKilledServer kills a server that writes before it answers.
func TestKilledServer(t *testing.T) {
	long(t)
	disturb(t, 3000, func(ctx context.Context, s *redistest.Server) {
		for range 3 {
			time.Sleep(150 * time.Millisecond) // some load in between
			s.Kill()
			s.Restart(t)
		}
	}, "--appendonly", "yes", "--appendfsync", "always")
}

// TestStoppedServer has one answer nothing for longer than a command may take.
func TestStoppedServer(t *testing.T) {
	long(t)
	disturb(t, 3000, func(ctx context.Context, s *redistest.Server) {
		for range 2 {
			time.Sleep(150 * time.Millisecond) // some load in between
			s.Pause(t)
			time.Sleep(800 * time.Millisecond) // longer than the command timeout
			s.Resume(t)
		}
	})
}

// TestFailover kills the master behind sentinels. What its replica did not have
// yet may be gone, but calls go on by themselves and the structures are sound.
// replicated waits until the replica has all that its master has. (WAIT on a
// connection that has written nothing waits for nothing.)
func replicated(t *testing.T, master *redistest.Server) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		offset := master.Info(t, "replication", "master_repl_offset")
		if strings.Contains(master.Info(t, "replication", "slave0")+",", "offset="+offset+",") {
			return
		}
	}
	t.Fatal("the replica does not catch up with its master")
}

func TestFailover(t *testing.T) {
	long(t)
	s := redistest.StartSentinel(t, 1)
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet, CommandTimeout: 500 * time.Millisecond}))
	r.put(r.tasks(50, "x")...)
	h := r.hand("w")
	h.cycle(5)
	waited := make(chan error, 1)
	go func() {
		_, err := r.b.Wait(t.Context(), []string{"idle"})
		waited <- err
	}()
	replicated(t, s.Master(t))
	s.Failover(t)
	r.put(r.tasks(50, "after")...)
	h.cycle(10)
	other := newRig(t, r.b)
	other.queue = "idle"
	other.put(other.tasks(1, "wake up")...)
	select {
	case err := <-waited:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(2 * maxBlock):
		t.Error("who waited before the fail-over is not woken after it")
	}
	if n := r.info(); n.Pending+n.Active != 100 {
		t.Errorf("%+v", n)
	}
	r.sound()
}

// TestSilence: against a server that says nothing, calls end with their contexts
// and tell that the outcome is not known.
func TestSilence(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := redistest.StartProxy(t, s.Addr())
	r := newRig(t, mustOpen(t, p.URL(), Config{Logger: quiet, CommandTimeout: 100 * time.Millisecond, Patience: 2 * time.Second}))
	r.put(r.tasks(1, "x")...)
	h := r.hand("w")
	h.cycle(1)
	p.Hang()
	var calls sync.WaitGroup
	within := func(what string, f func(ctx context.Context)) {
		calls.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			start := time.Now()
			f(ctx)
			if took := time.Since(start); took > 2*maxBlock {
				t.Errorf("%s took %v", what, took)
			}
		})
	}
	unknown := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, broker.ErrUnknown) || !strings.Contains(err.Error(), p.Addr()) {
			t.Errorf("%s: %v", what, err)
		}
	}
	within("enqueue", func(ctx context.Context) {
		receipts, _ := r.b.Enqueue(ctx, r.tasks(1, "y"))
		unknown("enqueue", receipts[0].Err)
	})
	within("enqueue without a deadline", func(context.Context) {
		receipts, _ := r.b.Enqueue(t.Context(), r.tasks(20, "y"))
		unknown("enqueue", receipts[0].Err)
	})
	within("cycle", func(ctx context.Context) {
		_, err := r.b.Cycle(ctx, h.next)
		unknown("cycle", err)
	})
	within("find", func(ctx context.Context) {
		if _, err := r.b.Find(ctx, []broker.Ref{{Queue: r.queue, ID: broker.ID{1}}}); !errors.Is(err, broker.ErrUnavailable) || errors.Is(err, broker.ErrUnknown) {
			t.Errorf("find: %v", err)
		}
	})
	within("wait", func(ctx context.Context) {
		if _, err := r.b.Wait(ctx, []string{r.queue}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("wait: %v", err)
		}
	})
	calls.Wait()
	within("close", func(context.Context) { _ = r.b.Close() })
	calls.Wait()
	p.Resume()
}
