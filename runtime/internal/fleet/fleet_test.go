package fleet

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
)

// Processes share what one of them decides, by largest remainder: more when much
// waits, and the minimum when nothing does.
func TestFleetShares(t *testing.T) {
	bubble(t, func(w *world) {
		w.join()
		if total := w.pass(time.Second); total != 2 {
			t.Errorf("alone at the start: %v", w.sizes())
		}
		w.join()
		w.join()
		w.pass(3 * time.Second)
		if diff := cmp.Diff([]int{1, 1, 0}, w.sizes()); diff != "" {
			t.Errorf("at the minimum (-want +got)\n%s", diff)
		}
		w.load(10_000)
		w.pass(10 * time.Second)
		if diff := cmp.Diff([]int{4, 4, 4}, w.sizes()); diff != "" {
			t.Errorf("under load (-want +got)\n%s", diff)
		}
		w.join()
		w.pass(3 * time.Second)
		if diff := cmp.Diff([]int{3, 3, 3, 3}, w.sizes()); diff != "" {
			t.Errorf("one more (-want +got)\n%s", diff)
		}
		w.members[1].stop()
		w.pass(3 * time.Second)
		if diff := cmp.Diff([]int{4, 0, 4, 4}, w.sizes()); diff != "" {
			t.Errorf("one less (-want +got)\n%s", diff)
		}
		w.load(0)
		if total := w.pass(10 * time.Minute); total != 2 {
			t.Errorf("when all is done: %v", w.sizes())
		}
		for _, m := range w.members {
			if age := time.Since(m.last().At); m != w.members[1] && age > 2*time.Second {
				t.Errorf("%s has not seen the last decision", m.Name)
			}
		}
	})
}

// A process never has more than it can.
func TestFleetCapacities(t *testing.T) {
	bubble(t, func(w *world) {
		w.load(10_000)
		w.join(func(c *Config) { c.Capacity = 1 })
		w.join(func(c *Config) { c.Capacity = 6 })
		w.pass(10 * time.Second)
		if diff := cmp.Diff([]int{1, 6}, w.sizes()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		w.join(func(c *Config) { c.Capacity = 12 })
		w.pass(5 * time.Second)
		if diff := cmp.Diff([]int{1, 4, 7}, w.sizes()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// When the leader dies all keep what they have, another one goes on from where it
// was, and the dead one's part goes to the others.
func TestLeaderDies(t *testing.T) {
	bubble(t, func(w *world) {
		for range 3 {
			w.join()
		}
		w.load(10_000)
		w.pass(30 * time.Second)
		first := w.leader()
		epoch := first.plan.Epoch
		first.kill()
		w.load(0)
		if total := w.pass(2 * time.Second); total != 8 {
			t.Errorf("just after its death: %v", w.sizes())
		}
		w.pass(5 * time.Second)
		second := w.leader()
		if second == first || second.plan.Epoch <= epoch {
			t.Errorf("%s leads after %s, epoch %d after %d", second.Name, first.Name, second.plan.Epoch, epoch)
		}
		if d := second.last(); d.From != 12 {
			t.Errorf("it begins anew: %v", d)
		}
		if total := w.pass(10 * time.Minute); total != 2 {
			t.Errorf("in the end: %v", w.sizes())
		}
	})
}

// A leader that ends in peace is followed at once.
func TestLeaderLeaves(t *testing.T) {
	bubble(t, func(w *world) {
		for range 3 {
			w.join()
		}
		w.load(10_000)
		w.pass(10 * time.Second)
		first := w.leader()
		first.stop()
		w.pass(3 * time.Second)
		if w.leader() == first {
			t.Error("it still leads")
		}
		if total := w.reachable(); total != 12 {
			t.Errorf("%v", w.sizes())
		}
	})
}

// A process that is cut off keeps what it has; the others have its part after a
// while, and it takes only what is left when it is back. So it is with a leader.
func TestPartition(t *testing.T) {
	for _, leads := range []bool{false, true} {
		bubble(t, func(w *world) {
			for range 3 {
				w.join()
			}
			w.load(10_000)
			w.pass(10 * time.Second)
			m := w.follower()
			if leads {
				m = w.leader()
			}
			m.cut(true)
			if total := w.pass(20 * time.Second); total != 12 || m.engine.workers(workerSlots) != 4 {
				t.Errorf("cut off, leads %v: %v", leads, w.sizes())
			}
			if w.leader() == m {
				t.Error("one that is cut off leads")
			}
			m.cut(false)
			w.pass(900 * time.Millisecond) // until it has looked
			w.pass(10 * time.Second)
			if diff := cmp.Diff([]int{4, 4, 4}, w.sizes()); diff != "" {
				t.Errorf("back again, leads %v (-want +got)\n%s", leads, diff)
			}
		})
	}
}

// While the store is away for all, all hold, for as long as it takes.
func TestStoreAway(t *testing.T) {
	bubble(t, func(w *world) {
		for range 3 {
			w.join()
		}
		w.load(10_000)
		w.pass(10 * time.Second)
		before := w.sizes()
		each := func(cut bool) {
			for _, m := range w.members {
				m.cut(cut)
			}
		}
		each(true)
		w.load(0)
		w.pass(20 * time.Minute)
		if diff := cmp.Diff(before, w.sizes()); diff != "" {
			t.Errorf("(-before +after)\n%s", diff)
		}
		each(false)
		if total := w.pass(10 * time.Second); total < 2 {
			t.Errorf("back again: %v", w.sizes())
		}
		if total := w.pass(10 * time.Minute); total != 2 {
			t.Errorf("long after: %v", w.sizes())
		}
	})
}

// Where nobody can lead, each process holds for half a minute and then decides for
// itself, within its part of the bounds; with a leader that is over.
func TestLocalControl(t *testing.T) {
	bubble(t, func(w *world) {
		for range 3 {
			w.join()
		}
		w.pass(10 * time.Second)
		freeze := func(table string) {
			for _, m := range w.members {
				m.line.set(func() { m.line.frozen = table })
			}
		}
		freeze("autoscaler:f")
		w.load(10_000)
		if total := w.pass(30 * time.Second); total != 2 {
			t.Errorf("it does not hold: %v", w.sizes())
		}
		w.pass(20 * time.Second)
		if diff := cmp.Diff([]int{4, 4, 4}, w.sizes()); diff != "" {
			t.Errorf("each for itself (-want +got)\n%s", diff)
		}
		w.load(0)
		if total := w.pass(10 * time.Minute); total > 3 {
			t.Errorf("each for itself, nothing to do: %v", w.sizes())
		}
		freeze("")
		w.load(10_000)
		w.pass(20 * time.Second)
		if total := w.reachable(); w.leader().local != nil || total != 12 {
			t.Errorf("with a leader again: %v", w.sizes())
		}
	})
}

// Where a plan was never seen nobody waits for one.
func TestLocalControlFromTheStart(t *testing.T) {
	bubble(t, func(w *world) {
		w.load(10_000)
		m := w.join(func(c *Config) { c.Store.(*line).frozen = "autoscaler:f" })
		w.pass(5 * time.Second)
		if n := m.engine.workers(workerSlots); n != 12 {
			t.Errorf("%d workers", n)
		}
	})
}

// What was learned outlives all processes, and so does the size; what was decided
// can be read.
func TestRestart(t *testing.T) {
	bubble(t, func(w *world) {
		m := w.join()
		w.load(10_000)
		w.pass(2 * time.Minute)
		learned := w.margin(m.leading.controller)
		m.stop()
		time.Sleep(time.Minute)
		again := w.join()
		if d := again.last(); d.From != 12 || d.Term != autoscaler.TermHold {
			t.Errorf("after a restart: %v", d)
		}
		if diff := cmp.Diff(learned, w.margin(again.leading.controller)); diff != "" {
			t.Errorf("learned (-before +after)\n%s", diff)
		}
		history, err := again.book.History(t.Context(), 100)
		if err != nil || len(history) < 3 {
			t.Fatalf("%d decisions are kept: %v", len(history), err)
		}
		if !slices.IsSortedFunc(history, func(a, b autoscaler.Decision) int { return b.At.Compare(a.At) }) {
			t.Error("the history is not in order")
		}
		if last := history[len(history)-1]; last.To != 2 {
			t.Errorf("the first decision: %v", last)
		}
		states, err := States(t.Context(), w.store)
		if err != nil || states["f"] == nil || states["f"].Plan.Desired != 12 {
			t.Errorf("states: %+v %v", states, err)
		}
	})
}

// A state of another release is not read, and is no reason not to work.
func TestUnreadableState(t *testing.T) {
	bubble(t, func(w *world) {
		if _, err := w.store.Put(t.Context(), statesTable, record("f", "\x1f\x8b no state")); err != nil {
			t.Fatal(err)
		}
		w.join()
		if total := w.pass(2 * time.Second); total != 2 {
			t.Errorf("%v", w.sizes())
		}
	})
}

// A cap of the fleet is divided like the workers.
func TestCapsAreShared(t *testing.T) {
	bubble(t, func(w *world) {
		for range 3 {
			w.join()
		}
		w.load(10_000)
		w.pass(10 * time.Second)
		v, err := w.members[0].book.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		plan := *v.Plan
		plan.Decision.Caps = []autoscaler.Cap{{Type: "test.Mail", Limit: 7}, {Type: "test.Other", Limit: 1}}
		sum := 0
		for _, m := range w.members {
			m.stop()
			m.plan = &plan
			m.follow(t.Context(), time.Now(), &v)
			sum += m.engine.limits[0]
			if n := m.engine.limits[0]; n < 2 || n > 3 {
				t.Errorf("%s may run %d of 7", m.Name, n)
			}
		}
		if sum != 7 {
			t.Errorf("all together may run %d of 7", sum)
		}
	})
}

// Whatever happens to processes and lines, there are never too many workers, and
// when it is over there are as many as were decided.
func TestFleetAtRandom(t *testing.T) {
	for seed := range uint64(12) {
		bubble(t, func(w *world) {
			w.note = func() string { return fmt.Sprintf("seed %d, ", seed) }
			random := rand.New(rand.NewPCG(seed, 1))
			for range 2 {
				w.join()
			}
			for range 25 {
				w.disturb(random)
				w.pass(time.Duration(random.IntN(60)) * 100 * time.Millisecond)
			}
			w.load(10_000)
			if total := w.pass(time.Minute); total != 12 {
				t.Errorf("seed %d: in the end %v", seed, w.sizes())
			}
		})
	}
}

// up are the processes that can reach the store and run.
func (w *world) up() (all []*member) {
	for _, m := range w.members {
		if m.reaches() {
			all = append(all, m)
		}
	}
	return all
}

// disturb lets one thing happen. One process at most is cut off at a time, and no
// other comes or goes then.
func (w *world) disturb(random *rand.Rand) {
	up := w.up()
	switch n := random.IntN(6); {
	case n == 0 && len(up) < 5:
		w.join()
	case n == 1 && len(up) > 1:
		up[random.IntN(len(up))].kill()
	case n == 2 && len(up) > 1:
		up[random.IntN(len(up))].stop()
	case n == 3:
		w.load(10_000)
	case n == 4:
		w.load(0)
	case n == 5 && len(up) > 1:
		m := up[random.IntN(len(up))]
		m.cut(true)
		w.pass(time.Duration(random.IntN(20)) * time.Second)
		m.cut(false)
		w.pass(900 * time.Millisecond)
	}
}

// Where processes take long to start, workers for scheduled tasks are asked for
// before those are due.
func TestScheduledTasksAreExpected(t *testing.T) {
	bubble(t, func(w *world) {
		small := func(c *Config) { c.Capacity = 2 }
		m := w.join(small)
		w.load(10_000)
		w.pass(15 * time.Second)
		w.join(func(c *Config) { c.Capacity = 10 }) // so long it takes
		w.pass(2 * time.Second)
		w.load(0)
		w.pass(10 * time.Minute)
		for i := range 250 {
			due := time.Now().Add(15*time.Second + time.Duration(i)*time.Millisecond)
			message := broker.Message{ID: broker.NewID(queueName, due), Queue: queueName, Kind: "test.Mail", Payload: []byte("x"), Max: 1, Due: due}
			if _, err := w.store.Enqueue(t.Context(), []broker.Message{message}); err != nil {
				t.Fatal(err)
			}
		}
		w.mu.Lock()
		w.scheduled = 250
		w.mu.Unlock()
		w.pass(10 * time.Second) // five seconds before
		d, startup := m.last(), m.leading.controller.StartupTime()
		if d.To < 4 || startup < 15*time.Second || startup > time.Minute {
			t.Errorf("250 tasks are due soon: %v; start-up %v", d, startup)
		}
		terms := map[autoscaler.Term]bool{}
		for _, d := range m.seen {
			terms[d.Term] = true
		}
		if !terms[autoscaler.TermSchedule] {
			t.Errorf("it does not say why: %v", terms)
		}
	})
}
