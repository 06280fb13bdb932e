package worker

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// runs counts the runs that ended, by queue.
func (f *fixture) runs() map[string]int {
	n := map[string]int{}
	for _, e := range f.events.all() {
		n[e.Lease.Queue]++
	}
	return n
}

var three = []Queue{{"high", 6}, {"mail", 3}, {"low", 1}}

func TestStrictOrder(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Queues, f.config.Strict = three, true
		f.handle("test", sleeper)
		f.put("low", "test", times(10, "1s"))
		f.put("mail", "test", times(10, "1s"))
		f.put("high", "test", times(10, "1s"))
		f.start()
		f.pass(5500 * time.Millisecond)
		if diff := cmp.Diff(map[string]int{"high": 10}, f.runs()); diff != "" {
			t.Errorf("after 5 s (-want +got)\n%s", diff)
		}
		f.put("high", "test", times(2, "1s")) // it overtakes
		f.pass(6 * time.Second)
		if diff := cmp.Diff(map[string]int{"high": 12, "mail": 10}, f.runs()); diff != "" {
			t.Errorf("after 11 s (-want +got)\n%s", diff)
		}
		f.pass(5 * time.Second)
		if diff := cmp.Diff(map[string]int{"high": 12, "mail": 10, "low": 10}, f.runs()); diff != "" {
			t.Errorf("after 16 s (-want +got)\n%s", diff)
		}
	})
}

// While all have work, shares of the work are exactly those of the weights,
// with slow tasks and with fast ones that are claimed in batches.
func TestWeightedShares(t *testing.T) {
	for _, test := range []struct {
		slots, prefetch int
		run, trip       time.Duration
		per             int // finished in the time that is looked at, for a weight of 1
	}{
		{1, 0, time.Second, 0, 100}, {7, 0, time.Second, 0, 100},
		{10, Adaptive, 100 * time.Microsecond, 0, 500}, {10, 50, 10 * time.Millisecond, 0, 300},
		{10, Adaptive, 500 * time.Microsecond, 300 * time.Microsecond, 500}, {10, 40, 10 * time.Millisecond, 7 * time.Millisecond, 300},
	} {
		t.Run(fmt.Sprintf("%d slots, prefetch %d, %v, trip %v", test.slots, test.prefetch, test.run, test.trip), func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.config.Queues, f.config.Slots, f.config.Prefetch = three, test.slots, test.prefetch
				f.config.Grace = 0
				f.faults.after = func(c broker.Cycle, _ *broker.Grant) error {
					if c.Session.Queue != "low" { // whose store is near
						time.Sleep(test.trip)
					}
					return nil
				}
				f.handle("test", sleeper)
				for _, q := range three {
					for range test.per*10/1000 + 1 {
						f.put(q.Name, "test", times(1000, test.run.String()))
					}
				}
				f.start()
				f.pass(time.Duration(test.per) * 10 * test.run / time.Duration(test.slots))
				got := f.runs()
				total := got["high"] + got["mail"] + got["low"]
				slack := float64(max(test.slots+f.engine.Stats().Prefetch, total/100))
				for _, q := range three {
					want := float64(total*q.Weight) / 10
					if d := float64(got[q.Name]) - want; d > slack || d < -slack {
						t.Errorf("%s: %d of %d runs, want %v", q.Name, got[q.Name], total, want)
					}
				}
				if total < test.per*7 {
					t.Errorf("only %d runs", total)
				}
			})
		})
	}
}

// A queue without work leaves its share to the others, and gets it back.
func TestWeightedSharesOfIdleQueues(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Queues, f.config.Slots = three, 10
		f.handle("test", sleeper)
		f.put("low", "test", times(1000, "1s"))
		f.start()
		f.pass(5500 * time.Millisecond)
		if diff := cmp.Diff(map[string]int{"low": 50}, f.runs()); diff != "" {
			t.Errorf("alone (-want +got)\n%s", diff)
		}
		f.put("high", "test", times(1000, "1s"))
		f.pass(70 * time.Second)
		got := f.runs()
		if high, low := got["high"], got["low"]-50; high+low != 700 || low < 90 || low > 110 {
			t.Errorf("together: high %d, low %d of 700", high, low)
		}
	})
}

// A task of a busy worker's idle queue waits for a slot, not for a poll.
func TestIdleQueueOfBusyWorker(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Queues, f.config.Slots = three, 3
		f.handle("test", sleeper)
		f.put("low", "test", times(1000, "100ms"))
		f.start()
		for i := range 20 {
			f.pass(time.Duration(i*37) * time.Millisecond)
			f.put("high", "test", []string{"1ms"})
			f.pass(150 * time.Millisecond)
		}
		if n := f.runs()["high"]; n != 20 {
			t.Fatalf("%d of 20 have run", n)
		}
		for _, e := range f.events.all() {
			if e.Lease.Queue == "high" && e.Wait > 101*time.Millisecond {
				t.Errorf("waited for %v", e.Wait)
			}
		}
	})
}

// Priorities and retries within a queue are the store's, and reach the slots
// in its order.
func TestPriorities(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Slots = 1
		var tally tally
		f.handle("test", func(_ context.Context, payload string) (string, error) {
			defer tally.enter(payload)()
			time.Sleep(time.Second)
			return "", nil
		})
		for _, p := range []broker.Priority{broker.Low, broker.Normal, broker.High, broker.Critical} {
			f.put("mail", "test", []string{fmt.Sprint(p)}, func(m *broker.Message) { m.Priority = p })
		}
		f.start()
		f.pass(10 * time.Second)
		if diff := cmp.Diff([]string{"2", "1", "0", "-1"}, tally.begun()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// Two workers share what there is, and neither hoards.
func TestTwoWorkers(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("test", sleeper)
		other := f.another()
		other.handle("test", sleeper)
		f.start()
		other.start()
		f.put("mail", "test", times(40, "1s"))
		f.pass(10500 * time.Millisecond)
		if a, b := f.runs()["mail"], other.runs()["mail"]; a != 20 || b != 20 {
			t.Errorf("%d and %d runs", a, b)
		}
	})
}
