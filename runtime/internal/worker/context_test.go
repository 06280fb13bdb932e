package worker

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

type (
	baseKey  struct{}
	otherKey struct{}
)

// newRun is a run as a handler gets it.
func newRun() *Run {
	base := context.WithValue(context.Background(), baseKey{}, "base")
	return &Run{engine: &Engine{base: base}, Lease: &broker.Lease{}}
}

// What a context looks like from outside.
type look struct {
	Err, Cause error
	Done       bool
}

func lookAt(ctx context.Context) look {
	l := look{Err: ctx.Err(), Cause: context.Cause(ctx)}
	select {
	case <-ctx.Done():
		l.Done = true
	default:
	}
	return l
}

func sameError(a, b error) bool { return a == b }

func TestRunContext(t *testing.T) {
	tests := []struct {
		name string
		end  *ending
		want look
	}{
		{"timeout", timedOut, look{context.DeadlineExceeded, ErrTimeout, true}},
		{"shutdown", shutDown, look{context.Canceled, ErrShutdown, true}},
		{"lease lost", leaseLost, look{context.Canceled, ErrLeaseLost, true}},
		{"returned", returned, look{context.Canceled, context.Canceled, true}},
	}
	children := map[string]func(context.Context) (context.Context, context.CancelFunc){
		"itself": func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} },
		"WithValue": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithValue(ctx, otherKey{}, 1), func() {}
		},
		"WithCancel": context.WithCancel,
		"WithTimeout": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Hour)
		},
		"a grandchild": func(ctx context.Context) (context.Context, context.CancelFunc) {
			child, cancel := context.WithCancel(ctx)
			grandchild, cancel2 := context.WithTimeout(child, time.Hour)
			return grandchild, func() { cancel2(); cancel() }
		},
	}
	for _, test := range tests {
		for name, derive := range children {
			t.Run(test.name+"/"+name+" made before", func(t *testing.T) {
				r := newRun()
				ctx, cancel := derive(r)
				defer cancel()
				if diff := cmp.Diff(look{}, lookAt(ctx), cmp.Comparer(sameError)); diff != "" {
					t.Errorf("before the end (-want +got)\n%s", diff)
				}
				r.cancel(test.end)
				r.cancel(returned) // only the first ending counts
				<-ctx.Done()
				if diff := cmp.Diff(test.want, lookAt(ctx), cmp.Comparer(sameError)); diff != "" {
					t.Errorf("after the end (-want +got)\n%s", diff)
				}
			})
			t.Run(test.name+"/"+name+" made after", func(t *testing.T) {
				r := newRun()
				r.cancel(test.end)
				ctx, cancel := derive(r)
				defer cancel()
				if diff := cmp.Diff(test.want, lookAt(ctx), cmp.Comparer(sameError)); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		}
	}
}

func TestRunContextBeforeAnybodyAsksForDone(t *testing.T) {
	r := newRun()
	r.cancel(timedOut)
	if r.Err() != context.DeadlineExceeded || context.Cause(r) != ErrTimeout {
		t.Errorf("Err %v, Cause %v", r.Err(), context.Cause(r))
	}
}

func TestRunContextValues(t *testing.T) {
	r := newRun()
	for range 2 {
		child, cancel := context.WithCancel(context.WithValue(r, otherKey{}, 1))
		if got, ok := FromContext(child); got != r || !ok {
			t.Errorf("FromContext: %v %v", got, ok)
		}
		if got := child.Value(baseKey{}); got != "base" {
			t.Errorf("a value of Run's context: %v", got)
		}
		cancel()
		r.cancel(returned)
	}
	if _, ok := FromContext(context.Background()); ok {
		t.Error("a run in a context that has none")
	}
}

func TestRunContextAfterFunc(t *testing.T) {
	r := newRun()
	called := make(chan error, 1)
	context.AfterFunc(r, func() { called <- context.Cause(r) })
	unwanted := context.AfterFunc(r, func() { t.Error("called though stopped") })
	if !unwanted() {
		t.Error("AfterFunc did not stop")
	}
	r.cancel(shutDown)
	if err := <-called; err != ErrShutdown {
		t.Errorf("cause %v", err)
	}
}

// Derived contexts cost no goroutine, and those that a handler forgets to
// cancel do not outlive its run.
func TestRunContextStartsNoGoroutine(t *testing.T) {
	r := newRun()
	before := runtime.NumGoroutine()
	for range 100 {
		ctx, cancel := context.WithCancel(r)
		defer cancel()
		ctx, cancel = context.WithTimeout(ctx, time.Hour)
		defer cancel()
		_ = context.AfterFunc(ctx, func() {})
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines more", after-before)
	}
	r.cancel(returned)
}

// Nobody may see an error while Done is open, or no error after it closed.
func TestRunContextIsConsistentUnderRace(t *testing.T) {
	for range 2000 {
		r := newRun()
		done := r.Done()
		go r.cancel(timedOut)
		for r.Err() == nil {
			runtime.Gosched()
		}
		select {
		case <-done:
		default:
			t.Fatal("Err is not nil and Done is open")
		}
		if cause := context.Cause(r); cause != ErrTimeout {
			t.Fatalf("cause %v", cause)
		}
	}
}

// The same in slow motion: the run has ended, and Done is about to be closed.
func TestRunContextErrWaitsForDone(t *testing.T) {
	r := newRun()
	done := r.Done()
	r.end.Store(timedOut)
	if err := r.Err(); err != nil {
		t.Errorf("Err is %v and Done is open", err)
	}
	r.propagate()
	<-done
	if err := r.Err(); err != context.DeadlineExceeded {
		t.Errorf("Err is %v", err)
	}
}

func TestRunContextDoneIsFree(t *testing.T) {
	r := newRun()
	allocs := testing.AllocsPerRun(100, func() {
		if r.Err() != nil {
			t.Fatal(r.Err())
		}
		if _, ok := FromContext(r); !ok {
			t.Fatal("no run")
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestTimeout(t *testing.T) {
	tests := []struct {
		name    string
		timeout time.Duration
		handler func(ctx context.Context) error
		want    broker.State
		runTime time.Duration
		reason  string
	}{
		{"in time", time.Minute, func(ctx context.Context) error { time.Sleep(59 * time.Second); return ctx.Err() }, broker.StateDone, 59 * time.Second, ""},
		{"late", time.Minute, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, broker.StateDead, time.Minute,
			"taskqueue: run timed out after 1m0s: context deadline exceeded"},
		{"late with its cause", time.Minute, func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }, broker.StateDead, time.Minute,
			"taskqueue: run timed out after 1m0s: taskqueue: run timed out"},
		{"deaf", time.Minute, func(context.Context) error { time.Sleep(time.Hour); return errors.New("at last") }, broker.StateDead, time.Hour,
			"taskqueue: run timed out after 1m0s: at last"},
		{"none", 0, func(ctx context.Context) error { time.Sleep(10 * time.Hour); return ctx.Err() }, broker.StateDone, 10 * time.Hour, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				var deadline time.Duration
				began := time.Now()
				f.handle("test", func(ctx context.Context, _ string) (string, error) {
					if d, ok := ctx.Deadline(); ok {
						deadline = d.Sub(began)
					}
					return "", test.handler(ctx)
				})
				f.start()
				ref := f.one("test", func(m *broker.Message) {
					m.Timeout, m.Max, m.Retention = test.timeout, 1, 100*time.Hour
				})
				f.pass(11 * time.Hour)
				e, got := f.find(ref), f.events.all()[0]
				if e.State != test.want || e.Reason != test.reason || got.Run != test.runTime || deadline != test.timeout {
					t.Errorf("%v %q after %v with deadline %v; want %v %q after %v", e.State, e.Reason, got.Run, deadline, test.want, test.reason, test.runTime)
				}
				if n := f.engine.Stats().Timeouts; (n == 1) != (test.want == broker.StateDead) {
					t.Errorf("%d timeouts", n)
				}
			})
		})
	}
}

// One timer serves all deadlines, whatever their order.
func TestTimeoutsOfMany(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots = 100
		f.handle("test", func(ctx context.Context, _ string) (string, error) { <-ctx.Done(); return "", ctx.Err() })
		f.start()
		want := map[string]time.Duration{}
		for i := range 100 {
			d := time.Duration(1+i*37%100) * time.Second
			want[d.String()] = d
			f.put("mail", "test", []string{d.String()}, func(m *broker.Message) { m.Timeout, m.Max = d, 1 })
		}
		f.pass(50500 * time.Millisecond)
		if s := f.engine.Stats(); s.Timeouts != 50 || s.Active != 50 {
			t.Errorf("after 50.5 s %d have timed out and %d run", s.Timeouts, s.Active)
		}
		f.pass(time.Minute)
		late := map[string]time.Duration{}
		for _, e := range f.events.all() {
			late[string(e.Lease.Payload)] = e.Run
		}
		if diff := cmp.Diff(want, late); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestStatsCountOverdueHandlers(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("test", sleeper)
		f.start()
		f.put("mail", "test", []string{"1h"}, func(m *broker.Message) { m.Timeout = time.Minute })
		f.pass(2 * time.Minute)
		if s := f.engine.Stats(); s.Overdue != 1 || s.Active != 1 {
			t.Errorf("overdue %d, active %d; a handler that does not return keeps its slot", s.Overdue, s.Active)
		}
		f.pass(time.Hour)
		if s := f.engine.Stats(); s.Overdue != 0 || s.Active != 0 {
			t.Errorf("overdue %d, active %d after the return", s.Overdue, s.Active)
		}
	})
}
