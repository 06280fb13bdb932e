package worker

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

// tallied counts the attempts of kinds whose handlers take as long as the
// payload says.
func (f *fixture) tallied(kinds ...string) {
	for _, kind := range kinds {
		f.handle(kind, sleeper)
		t := &Tally{Started: make([]Starts, len(f.config.Queues))}
		f.config.Kinds[kind].Tally = t
		f.config.Tallies = append(f.config.Tallies, t)
	}
}

func (f *fixture) sample() (s Sample) {
	f.engine.Sample(&s)
	return s
}

// A kind at its cap takes no slots from others, though its tasks came first.
// They are given back and counted, spend no attempt and run in their turn; what
// comes back is no arrival.
func TestCap(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.tallied("sick", "well")
		f.config.Slots = 4
		f.start()
		f.engine.Cap([]int{1, NoCap})
		f.put("mail", "sick", times(20, "2s"))
		f.put("mail", "well", times(6, "2s"))
		most := 0
		for range 40 {
			f.pass(100 * time.Millisecond)
			s := f.sample()
			most = max(most, s.Tallies[0].Running)
			if n := s.Tallies[0]; int(n.Started[0].First)+n.Held > 20 {
				t.Errorf("%d started and %d held of 20", n.Started[0].First, n.Held)
			}
		}
		s := f.sample()
		if most != 1 || s.Tallies[1].Succeeded != 6 || s.Tallies[0].Held < 10 {
			t.Errorf("after 4 s: %d of the kind at its cap at once, %d held, %d of the other are done", most, s.Tallies[0].Held, s.Tallies[1].Succeeded)
		}
		f.pass(5 * time.Minute)
		s = f.sample()
		if n := s.Tallies[0]; n.Succeeded != 20 || n.Held != 0 || n.Started[0].Again != 0 || n.Started[0].Back < 16 {
			t.Errorf("in the end: %+v", n)
		}
		if q := f.info("mail"); q.Done != 26 || q.Died != 0 || q.Pending+q.Scheduled+q.Active != 0 {
			t.Errorf("%+v", q)
		}
	})
}

// Without the cap all that is held runs at once when it is due.
func TestCapIsLifted(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.tallied("sick")
		f.config.Slots = 8
		f.start()
		f.engine.Cap([]int{0})
		f.put("mail", "sick", times(8, "1s"))
		held := 0
		for range 100 {
			f.pass(100 * time.Millisecond)
			s := f.sample()
			held = max(held, s.Tallies[0].Held)
			if s.Active != 0 {
				t.Fatalf("with a cap of nothing %d run", s.Active)
			}
		}
		if held != 8 {
			t.Errorf("%d are held", held)
		}
		f.engine.Cap(nil)
		f.pass(10 * time.Second)
		if q := f.info("mail"); q.Done != 8 {
			t.Errorf("%+v", q)
		}
	})
}

// With no slots a worker claims nothing, gives back what it has not begun, and
// lets what runs finish; with slots it goes on.
func TestNoSlots(t *testing.T) {
	for _, prefetch := range []int{Adaptive, 0, 5} {
		bubble(t, func(f *fixture) {
			f.tallied("work")
			f.config.Prefetch = prefetch
			f.start()
			f.put("mail", "work", times(10, "3s"))
			f.pass(time.Second)
			f.engine.Resize(0)
			f.pass(time.Minute)
			if q := f.info("mail"); q.Done != 2 || q.Pending != 8 || q.Active != 0 {
				t.Errorf("prefetch %d, no slots: %+v", prefetch, q)
			}
			f.put("mail", "work", times(1, "3s"))
			f.pass(time.Minute)
			if q := f.info("mail"); q.Done != 2 || q.Active != 0 {
				t.Errorf("prefetch %d, no slots, woken: %+v", prefetch, q)
			}
			f.engine.Resize(3)
			f.pass(time.Minute)
			if q := f.info("mail"); q.Done != 11 {
				t.Errorf("prefetch %d, slots again: %+v", prefetch, q)
			}
		})
	}
}

// The ceiling holds below the number of slots, but for one task.
func TestCeiling(t *testing.T) {
	bubble(t, func(f *fixture) {
		var running, most atomic.Int64
		f.handle("work", func(_ context.Context, payload string) (string, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			return sleeper(context.Background(), payload)
		})
		f.config.Slots = 10
		f.start()
		f.engine.Ceiling(3)
		f.put("mail", "work", times(12, "1s"))
		f.pass(2500 * time.Millisecond)
		if n := most.Load(); n != 3 {
			t.Errorf("%d at once, at most 3 are allowed", n)
		}
		f.engine.Ceiling(0)
		f.pass(time.Second)
		most.Store(0)
		f.pass(time.Second)
		if n := running.Load(); n != 1 {
			t.Errorf("%d run, want one", n)
		}
		f.engine.Ceiling(100)
		f.pass(10 * time.Second)
		if q := f.info("mail"); q.Done != 12 {
			t.Errorf("%+v", q)
		}
	})
}
