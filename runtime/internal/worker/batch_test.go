package worker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A batcher remembers the calls of a batch handler.
type batcher struct {
	mu    sync.Mutex
	calls [][]string
}

func (b *batcher) add(leases []*broker.Lease) (payloads []string) {
	for _, l := range leases {
		payloads = append(payloads, string(l.Payload))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, payloads)
	return payloads
}

// all are the calls up to now.
func (b *batcher) all() [][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.calls)
}

func (b *batcher) sizes() (sizes []int) {
	for _, c := range b.all() {
		sizes = append(sizes, len(c))
	}
	return sizes
}

// batches makes run the handler of batches of a kind; nil: it takes a second.
func (f *fixture) batches(kind string, most int, linger time.Duration, run func(r *Run, payloads []string) []error) *batcher {
	f.handle(kind, sleeper)
	b := &batcher{}
	f.config.Kinds[kind].Batch = &Batch{Max: most, Linger: linger, Run: func(r *Run, leases []*broker.Lease) []error {
		payloads := b.add(leases)
		if run != nil {
			return run(r, payloads)
		}
		time.Sleep(time.Second)
		return nil
	}}
	return b
}

// Where nothing lingers, what is at hand runs at once; and where there is much,
// batches get full within a few cycles, although there are two slots only.
func TestBatchesGetFull(t *testing.T) {
	bubble(t, func(f *fixture) {
		b := f.batches("test", 100, 0, nil)
		f.put("mail", "test", times(1000, "x"))
		f.start()
		f.pass(time.Minute)
		if s := f.engine.Stats(); s.Done != 1000 || s.Active != 0 || s.Buffered != 0 {
			t.Errorf("%+v", s)
		}
		sizes := b.sizes()
		if slices.Max(sizes) != 100 || len(sizes) > 20 {
			t.Errorf("sizes %v", sizes)
		}
		if events := f.events.all(); len(events) != 1000 || events[0].Run != time.Second {
			t.Errorf("%d events; %+v", len(events), events[0])
		}
	})
}

// The first task of a batch waits for others, no longer than the linger.
func TestBatchLinger(t *testing.T) {
	bubble(t, func(f *fixture) {
		b := f.batches("test", 3, 50*time.Millisecond, nil)
		f.start()
		for _, payload := range []string{"a", "b", "c", "d"} {
			f.put("mail", "test", []string{payload})
			f.pass(10 * time.Millisecond)
		}
		if diff := cmp.Diff([][]string{{"a", "b", "c"}}, b.all()); diff != "" {
			t.Errorf("a full batch waits for nothing (-want +got):\n%s", diff)
		}
		f.pass(39 * time.Millisecond)
		if n := len(b.all()); n != 1 {
			t.Errorf("%d calls before the linger is over", n)
		}
		f.pass(time.Millisecond)
		if diff := cmp.Diff([][]string{{"a", "b", "c"}, {"d"}}, b.all()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Each task of a batch ends as its own error says.
func TestBatchErrors(t *testing.T) {
	bubble(t, func(f *fixture) {
		errBad := errors.New("bad")
		f.batches("test", 10, time.Millisecond, func(_ *Run, payloads []string) []error {
			errs := make([]error, len(payloads))
			for i, p := range payloads {
				switch p {
				case "bad":
					errs[i] = errBad
				case "dead":
					errs[i] = &Verdict{Outcome: broker.Dead, Err: errBad}
				case "drop":
					errs[i] = &Verdict{Outcome: broker.Discard, Err: errBad}
				}
			}
			return errs
		})
		refs := f.put("mail", "test", []string{"good", "bad", "dead", "drop"})
		f.start()
		f.pass(10 * time.Millisecond)
		want := []broker.State{broker.StateDone, broker.Scheduled, broker.StateDead, broker.StateDiscarded}
		for i, ref := range refs {
			if got := f.find(ref).State; got != want[i] {
				t.Errorf("task %d: %v, want %v", i, got, want[i])
			}
		}
	})
}

// A panic, a Goexit and a timeout are those of all tasks, and the shortest timeout
// is that of the call.
func TestBatchTrouble(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.batches("test", 10, time.Millisecond, func(r *Run, payloads []string) []error {
			if payloads[0] == "panic" {
				panic("no")
			}
			errs := make([]error, len(payloads))
			for i := range errs {
				errs[i] = hang(r)
			}
			return errs
		})
		f.put("mail", "test", []string{"hang"}, func(m *broker.Message) { m.Timeout = time.Hour })
		f.put("mail", "test", []string{"hang"}, func(m *broker.Message) { m.Timeout = time.Second })
		f.start()
		f.pass(1500 * time.Millisecond)
		f.put("mail", "test", times(3, "panic"))
		f.pass(100 * time.Millisecond)
		if s := f.engine.Stats(); s.Timeouts != 2 || s.Panics != 3 || s.Retried != 5 {
			t.Errorf("%+v", s)
		}
	})
}

// A task of a batch that is cancelled is discarded; the others go on.
func TestBatchCancel(t *testing.T) {
	bubble(t, func(f *fixture) {
		errBad := errors.New("bad")
		b := f.batches("test", 10, 10*time.Second, func(_ *Run, payloads []string) []error {
			time.Sleep(20 * time.Second)
			return slices.Repeat([]error{errBad}, len(payloads))
		})
		refs := f.put("mail", "test", []string{"a", "b", "c"})
		f.start()
		cancel := func(i int) {
			t.Helper()
			if _, err := f.store.Edit(t.Context(), []broker.Edit{{Ref: refs[i], Action: broker.Cancel, Reason: "no"}}); err != nil {
				t.Fatal(err)
			}
		}
		cancel(0) // while it gathers
		f.pass(10 * time.Second)
		cancel(1) // while it runs
		f.pass(21 * time.Second)
		if diff := cmp.Diff([][]string{{"b", "c"}}, b.all()[:1]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		want := []broker.State{broker.StateDiscarded, broker.StateDiscarded, broker.Scheduled}
		for i, ref := range refs {
			if got := f.find(ref).State; got != want[i] && !(i == 2 && got == broker.Active) {
				t.Errorf("task %d: %v, want %v", i, got, want[i])
			}
		}
	})
}

// What gathers goes back at once when the worker stops, and what is late is
// discarded.
func TestBatchShutdownAndExpiry(t *testing.T) {
	bubble(t, func(f *fixture) {
		b := f.batches("test", 10, time.Minute, nil)
		f.start()
		late := f.put("mail", "test", []string{"late"}, func(m *broker.Message) { m.Expires = time.Second })[0]
		f.pass(2 * time.Minute)
		if got := f.find(late).State; got != broker.StateDiscarded || len(b.all()) > 0 {
			t.Errorf("%v; calls %v", got, b.all())
		}
		ref := f.put("mail", "test", []string{"x"})[0]
		f.pass(time.Second)
		if took := f.stop(); took > time.Second {
			t.Errorf("it took %v", took)
		}
		if e := f.find(ref); e.State != broker.Pending || e.Message.Attempts != 0 || len(b.all()) > 0 {
			t.Errorf("%v, calls %v", e, b.all())
		}
	})
}

// A batch kind among others takes no slots from them, and ordinary tasks that a
// claim for batches brought along do not pile up here.
func TestBatchesBesideOthers(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.batches("batch", 50, 0, nil)
		var tally tally
		f.handle("one", func(ctx context.Context, payload string) (string, error) {
			defer tally.enter("")()
			return sleeper(ctx, payload)
		})
		for range 20 {
			f.put("mail", "batch", times(100, "x"))
			f.put("mail", "one", times(5, "1s"))
		}
		f.start()
		for range 300 {
			f.pass(time.Second)
			if s := f.engine.Stats(); s.Buffered > 60 || s.Active > 2 {
				t.Fatalf("%+v", s)
			}
		}
		if s := f.engine.Stats(); s.Done != 2100 || tally.most() > 2 {
			t.Errorf("%+v; %d at once", s, tally.most())
		}
	})
}

// Suspects, which may kill their worker, are alone in their batches.
func TestSuspectsRunAlone(t *testing.T) {
	bubble(t, func(f *fixture) {
		b := f.batches("test", 10, 5*time.Second, nil)
		f.put("mail", "test", times(3, "x"), func(m *broker.Message) { m.Lost = broker.SuspectAfter })
		f.put("mail", "test", times(3, "y"))
		f.start()
		f.pass(time.Minute)
		for _, c := range b.all() {
			if slices.Contains(c, "x") && len(c) > 1 {
				t.Errorf("a suspect in %v", c)
			}
		}
		if s := f.engine.Stats(); s.Done != 6 {
			t.Errorf("%+v", s)
		}
	})
}
