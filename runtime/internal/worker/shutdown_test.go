package worker

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

func TestShutdown(t *testing.T) {
	tests := []struct {
		name    string
		grace   time.Duration
		handler func(ctx context.Context) error
		took    time.Duration
		state   broker.State
		counts  Counts
	}{
		{"finishes in the grace", 30 * time.Second, func(context.Context) error { time.Sleep(20 * time.Second); return nil }, 19 * time.Second, broker.StateDone, Counts{Done: 1}},
		{"fails in the grace", 30 * time.Second, func(context.Context) error { time.Sleep(20 * time.Second); return errors.New("boom") }, 19 * time.Second, broker.Scheduled, Counts{Failed: 1, Retried: 1}},
		{"heeds its context", 30 * time.Second, func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }, 30 * time.Second, broker.Pending, Counts{Released: 1}},
		{"heeds its context and finishes", 30 * time.Second, func(ctx context.Context) error { <-ctx.Done(); return nil }, 30 * time.Second, broker.StateDone, Counts{Done: 1}},
		{"heeds its context late", 30 * time.Second, func(ctx context.Context) error { <-ctx.Done(); time.Sleep(400 * time.Millisecond); return ctx.Err() }, 30400 * time.Millisecond, broker.Pending, Counts{Released: 1}},
		{"deaf", 30 * time.Second, func(context.Context) error { time.Sleep(time.Hour); return nil }, 30*time.Second + cancelGrace, broker.Pending, Counts{Released: 1, Abandoned: 1}},
		{"exits when it is cancelled", 30 * time.Second, func(ctx context.Context) error { <-ctx.Done(); runtime.Goexit(); return nil }, 30 * time.Second, broker.Pending, Counts{Released: 1}},
		{"panics when it is cancelled", 30 * time.Second, func(ctx context.Context) error { <-ctx.Done(); panic("ouch") }, 30 * time.Second, broker.Pending, Counts{Released: 1, Panics: 1}},
		{"no grace", 0, func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }, 0, broker.Pending, Counts{Released: 1}},
		{"no grace and deaf", 0, func(context.Context) error { time.Sleep(time.Hour); return nil }, cancelGrace, broker.Pending, Counts{Released: 1, Abandoned: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.config.Grace = test.grace
				causes := make(chan error, 1)
				f.handle("test", func(ctx context.Context, _ string) (string, error) {
					defer func() { causes <- context.Cause(ctx) }()
					return "", test.handler(ctx)
				})
				f.start()
				ref := f.one("test")
				f.pass(time.Second)
				if took := f.stop(); took != test.took {
					t.Errorf("it took %v, want %v", took, test.took)
				}
				e := f.find(ref)
				if e.State != test.state {
					t.Errorf("the task is %v, want %v", e.State, test.state)
				}
				failed := uint8(test.counts.Failed)
				if e.Message != nil && (e.Message.Attempts != failed || e.Message.Lost != 0) {
					t.Errorf("it has spent %d attempts, %d losses", e.Message.Attempts, e.Message.Lost)
				}
				if info := f.info("mail"); info.Sessions != 0 || info.Active != 0 {
					t.Errorf("%d sessions and %d leases are left", info.Sessions, info.Active)
				}
				if got := f.engine.Stats().Counts; got != test.counts {
					t.Errorf("counts %+v, want %+v", got, test.counts)
				}
				f.pass(2 * time.Hour) // a late return changes nothing
				if cause := <-causes; cause != nil && cause != ErrShutdown {
					t.Errorf("the context's cause is %v", cause)
				}
				if e := f.find(ref); e.State != test.state && test.state == broker.Pending {
					t.Errorf("then it is %v", e.State)
				}
			})
		})
	}
}

// What was claimed and not begun goes back first, in its old order.
func TestShutdownReturnsBufferedTasks(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Prefetch = 100
		f.handle("test", sleeper)
		refs := f.put("mail", "test", times(50, "10s"))
		f.start()
		f.pass(time.Second)
		f.cancel()
		f.pass(time.Second)
		if info := f.info("mail"); info.Active != 2 || info.Pending != 48 || info.Released != 48 {
			t.Errorf("in the grace: %+v", info)
		}
		page, err := f.store.List(f.Context(), broker.ListQuery{Queue: "mail", State: broker.Pending, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range page.Entries {
			if e.ID != refs[i+2].ID {
				t.Fatalf("entry %d is not the task that was there", i)
			}
		}
		if s := f.engine.Stats(); !s.Draining || s.Active != 2 {
			t.Errorf("%+v", s)
		}
		if err := <-f.ended; err != nil {
			t.Error(err)
		}
		f.cancel = nil
		if info := f.info("mail"); info.Done != 2 || info.Sessions != 0 {
			t.Errorf("at the end: %+v", info)
		}
	})
}

// Nothing is claimed once the context has ended, and a grant that was under
// way then goes back.
func TestShutdownDuringClaim(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("test", sleeper)
		f.faults.after = func(_ broker.Cycle, g *broker.Grant) error {
			if len(g.Leases) > 0 {
				time.Sleep(100 * time.Millisecond)
			}
			return nil
		}
		f.put("mail", "test", times(50, "1ms"))
		f.start()
		f.pass(50 * time.Millisecond)
		if took := f.stop(); took > time.Second {
			t.Errorf("it took %v", took)
		}
		if info := f.info("mail"); info.Done != 0 || info.Pending != 50 || info.Sessions != 0 {
			t.Errorf("%+v", info)
		}
	})
}

func TestShutdownBeforeStart(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("test", sleeper)
		f.put("mail", "test", times(50, "1h"))
		ctx, cancel := context.WithCancel(f.Context())
		cancel()
		if err := New(f.config).Run(ctx); err != nil {
			t.Error(err)
		}
		if info := f.info("mail"); info.Pending+info.Done != 50 || info.Sessions != 0 {
			t.Errorf("%+v", info)
		}
		time.Sleep(2 * time.Hour)
	})
}

// A store that is away holds up the end no longer than it may.
func TestShutdownWithoutStore(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("test", sleeper)
		f.start()
		ref := f.put("mail", "test", []string{"5s"})[0]
		f.pass(time.Second)
		f.faults.set(func() {
			f.faults.before = func(ctx context.Context, _ broker.Cycle) error { return hang(ctx) }
		})
		if took := f.stop(); took != 4*time.Second+leaveTimeout {
			t.Errorf("it took %v", took)
		}
		if lines := f.log.grep("leases not given back"); len(lines) != 1 {
			t.Errorf("log: %q", lines)
		}
		if e := f.find(ref); e.State != broker.Active {
			t.Errorf("%v", e.State)
		}
	})
}

func TestStoreClosedUnderWorker(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Queues = three
		var cause error
		f.handle("test", func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return "", ctx.Err()
		})
		f.start()
		f.put("low", "test", []string{"x"})
		f.pass(time.Second)
		began := time.Now()
		if err := f.store.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-f.ended; !errors.Is(err, broker.ErrClosed) {
			t.Errorf("Run: %v", err)
		}
		f.cancel = nil
		if took := time.Since(began); took > pollInterval+time.Second || cause != ErrShutdown {
			t.Errorf("it took %v, with cause %v", took, cause)
		}
	})
}
