package brokertest

import (
	"fmt"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var parkTests = []test{
	{"a task of an unknown kind waits for who knows it", func(f *fixture) {
		a := f.stop().task("a", shape("x", 2), retention(time.Hour), unique("k", 0))
		f.enqueue(a, f.task("b"))
		old, young := f.worker("old"), f.worker("young")
		held := old.claimed(9, "a", "b")
		f.advance(time.Second)
		x := broker.Shape{Kind: "x", Version: 2}
		g := old.cycle(wantAny(9), settle(park(held[0], 0), done(held[1], "")))
		f.equal("grant", broker.Grant{Parked: g.Parked, More: g.More, Leases: g.Leases}, broker.Grant{Parked: []broker.Shape{x}})
		want := held[0].Message
		f.equal("found", f.find(a.ID), broker.Entry{Ref: f.ref(a), State: broker.Parked, Message: &want})
		f.listed(broker.Parked, 1, "a")
		n := f.info()
		f.equal("counts", [...]int64{n.Pending, n.Parked, n.Active, n.Done, n.Retried, n.Released}, [...]int64{0, 1, 0, 1, 0, 0})
		f.equal("its key is held", f.offer(f.task("c", unique("k", 0)))[0].Existing, a.ID)
		f.blocks(f.queue)
		f.equal("told", young.cycle(wantAny(9)).Parked, []broker.Shape{x})
		g = young.cycle(wantAny(9), unpark(x))
		f.equal("claimed", labelsOf(g.Leases), []string{"a"})
		f.equal("as it was", g.Leases[0].Message, want)
		f.equal("parked", g.Parked, []broker.Shape(nil))
		f.equal("parked", f.info().Parked, int64(0))
	}},
	{"tasks come back to the heads of their lanes, in the order of their parking", func(f *fixture) {
		f.enqueue(f.task("a", shape("x", 0)), f.task("b", shape("y", 0)), f.task("c", shape("x", 0)), f.task("d", shape("x", 1)),
			f.task("low", shape("x", 0), priority(broker.Low)))
		w := f.worker("w")
		held := append(w.claim(4), w.claim(1)...)
		w.cycle(settle(park(held[4], 0), park(held[2], 0), park(held[0], 0), park(held[1], 0), park(held[3], 0)))
		f.put("e")
		f.listed(broker.Parked, 2, "low", "c", "a", "d", "b")
		w.cycle(unpark(broker.Shape{Kind: "y"}, broker.Shape{Kind: "never"}, broker.Shape{Kind: "x"}, broker.Shape{Kind: "y"}))
		f.listed(broker.Pending, 9, "c", "a", "b", "e", "low")
		f.equal("left", w.cycle().Parked, []broker.Shape{{Kind: "x", Version: 1}})
	}},
	{"a key's tasks come back in their order, whatever came back before", func(f *fixture) {
		key := func(m *broker.Message) { m.Kind, m.Group, m.Key = "x", "g", "k" }
		var labels []string
		w := f.worker("w")
		for i := range broker.PromoteBatch + 100 {
			labels = append(labels, name("t", i))
			f.enqueue(f.task(labels[i], key))
		}
		w.cycle(settle(parks(w.claim(broker.MaxBatch)...)...))
		f.enqueue(f.task("new", key))
		x := broker.Shape{Kind: "x"}
		g := w.cycle(unpark(x), want(2))
		f.equal("more", g.More, true)
		f.equal("claimed", labelsOf(g.Leases), labels[:2])
		w.cycle(settle(release(g.Leases[0], 0), release(g.Leases[1], 0)), unpark(x))
		f.listed(broker.Pending, 500, append(labels, "new")...)
	}},
	{"a cycle takes back as much as it promotes", func(f *fixture) {
		x, y := broker.Shape{Kind: "x"}, broker.Shape{Kind: "y"}
		w := f.worker("w")
		for _, s := range []broker.Shape{x, y} {
			for range 2 {
				f.enqueue(f.tasks(broker.PromoteBatch/2+50, shape(s.Kind, 0))...)
			}
			w.cycle(settle(parks(w.claim(broker.MaxBatch)...)...))
		}
		for _, left := range []int64{broker.PromoteBatch + 200, 200, 0} {
			g := w.cycle(unpark(x, y))
			f.equal("parked", f.info().Parked, left)
			f.equal("more", g.More, true)
		}
		w.claim(broker.MaxBatch)
		w.claim(broker.MaxBatch)
		f.equal("more", w.cycle(unpark(x, y)).More, false)
	}},
	{"a shape too many is put off", func(f *fixture) {
		f.stop()
		w := f.worker("w")
		var all []broker.Message
		for i := range broker.MaxShapes + 1 {
			all = append(all, f.task("x", shape("k", uint16(i))))
		}
		f.enqueue(all...)
		f.enqueue(f.task("y", shape("k", 0)), f.task("z", shape("l", 0)))
		held := w.claim(broker.MaxBatch)
		last := held[broker.MaxShapes:]
		g := w.cycle(settle(append(parks(held[:broker.MaxShapes]...), park(last[0], time.Minute), park(last[1], time.Minute), park(last[2], 0))...))
		f.equal("told", len(g.Parked), broker.MaxShapes)
		f.equal("in order", slices.IsSortedFunc(g.Parked, broker.Shape.Compare), true)
		f.equal("state", f.find(last[0].ID).At, f.now.Add(time.Minute))
		f.equal("state", f.find(last[1].ID).State, broker.Parked)
		f.equal("due at once", f.find(last[2].ID).State, broker.Pending)
		f.equal("released", f.info().Released, int64(2))
	}},
	{"parked tasks are edited and purged", func(f *fixture) {
		w := f.stop().worker("w")
		f.enqueue(f.task("a", retention(time.Hour), unique("k", 0)), f.task("b"), f.task("c", priority(broker.Normal)), f.task("d"), f.task("e"))
		held := w.claim(9)
		w.cycle(settle(parks(held...)...))
		f.edited(nil, broker.Edit{Ref: refOf(held[0]), Action: broker.Cancel, Reason: "why"})
		f.equal("cancelled", f.find(held[0].ID), broker.Entry{Ref: refOf(held[0]), State: broker.StateDiscarded, Reason: "why", At: f.now})
		f.edited(nil, broker.Edit{Ref: refOf(held[1]), Action: broker.Delete})
		f.equal("deleted", f.find(held[1].ID).State, broker.StateUnknown)
		f.edited(broker.ErrState, broker.Edit{Ref: refOf(held[2]), Action: broker.Reschedule})
		f.advance(time.Second)
		f.put("before")
		f.edited(nil, broker.Edit{Ref: refOf(held[2]), Action: broker.Requeue})
		f.listed(broker.Pending, 9, "before", "c")
		f.equal("ready", f.find(held[2].ID).Message.Ready, f.now)
		n, err := f.Broker.Purge(f.Context(), f.queue, broker.Parked)
		f.equal("purged", n, int64(2))
		f.equal("error", err, nil)
		f.equal("told", w.cycle().Parked, []broker.Shape(nil))
		f.enqueue(f.task("f", unique("k", 0)))
		i := f.info()
		f.equal("counts", [...]int64{i.Pending, i.Parked, i.Discarded, i.Deleted}, [...]int64{3, 0, 1, 3})
	}},
	{"parked tasks count for the limits of a queue", func(f *fixture) {
		f.configure(broker.Settings{MaxTasks: 2, Concurrency: 1})
		w := f.worker("w")
		f.put("a", "b")
		w.cycle(settle(parks(w.claimed(9, "a")...)...))
		f.equal("refused", f.offer(f.task("c"))[0].Err, broker.ErrFull)
		f.configure(broker.Settings{MaxTasks: 3, Concurrency: 1})
		f.put("c")
		w.claimed(9, "b")
		w.claimed(9)
	}},
	{"a parked task lets go of its key's slot", func(f *fixture) {
		f.configure(broker.Settings{Groups: map[string]broker.Limit{"g": {KeyConcurrency: 1}}})
		f.enqueue(f.task("a", group("g", "k")), f.task("b", group("g", "k")))
		w := f.worker("w")
		held := w.claimed(9, "a")
		held = append(held, w.cycle(want(9), settle(park(held[0], 0))).Leases...)
		f.equal("claimed", labelsOf(held), []string{"a", "b"})
		w.cycle(unpark(held[0].Shape()))
		w.claimed(9)
		w.cycle(settle(done(held[1], "")))
		w.claimed(9, "a")
	}},
	{"a repeat parks and takes back nothing", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		held := w.claimed(2, "a", "b")
		w.cycle(settle(park(held[0], 0)), unpark(held[0].Shape()))
		g, err := w.repeat()
		f.equal("error", err, nil)
		f.equal("parked", f.info().Parked, int64(1))
		f.equal("more", g.More, true)
		f.equal("told", g.Parked, []broker.Shape{held[0].Shape()})
		w.cycle(unpark(held[0].Shape()))
		f.equal("parked", f.info().Parked, int64(0))
	}},
	{"there is more where parked tasks are left, whatever else the cycle does", func(f *fixture) {
		f.stop()
		f.put("a", "b")
		w, lapsed := f.worker("w"), f.worker("lapsed")
		held := w.claimed(1, "a")
		lapsed.cycle(settle(parks(lapsed.claimed(1, "b")...)...), unpark(held[0].Shape()))
		f.enqueue(f.task("c"))
		lapsed.claimed(1, "c")
		f.advance(lease)
		f.configure(broker.Settings{Paused: true})
		g := w.cycle(settle(park(held[0], 0)), unpark(held[0].Shape()))
		f.equal("reclaimed", f.info().Lost, int64(1))
		f.equal("parked and more", [...]any{len(g.Parked), g.More}, [...]any{1, true})
		f.equal("more", w.cycle(unpark(held[0].Shape()), leave).More, false)
	}},
	{"settings keep what is parked", func(f *fixture) {
		f.put("a")
		w := f.worker("w")
		w.cycle(settle(parks(w.claim(1)...)...))
		f.configure(broker.Settings{Paused: true})
		f.equal("told", len(w.cycle().Parked), 1)
		f.equal("parked", f.info().Parked, int64(1))
	}},
}

func shape(kind string, version uint16) func(*broker.Message) {
	return func(m *broker.Message) { m.Kind, m.Version = kind, version }
}

func park(l broker.Lease, after time.Duration) broker.Settle {
	return broker.Settle{Lease: &l, Outcome: broker.Park, After: after}
}

func parks(leases ...broker.Lease) []broker.Settle { return ends(broker.Park, leases...) }

func unpark(shapes ...broker.Shape) func(*broker.Cycle) {
	return func(c *broker.Cycle) { c.Unpark = shapes }
}

func (f *fixture) tasks(n int, change ...func(*broker.Message)) []broker.Message {
	all := make([]broker.Message, n)
	for i := range all {
		all[i] = f.task(fmt.Sprint(i), change...)
	}
	return all
}

// unparks are some shapes: of those that are parked, as the worker knows, and others.
func (m *machine) unparks(w *driver) (all []broker.Shape) {
	if !m.chance("unpark", 3) {
		return nil
	}
	for _, s := range w.parked {
		if m.chance("shape", 2) {
			all = append(all, s)
		}
	}
	slices.Reverse(all)
	return append(all, broker.Shape{Kind: pick(m, "kind", taskKinds), Version: uint16(m.dice.roll("shape", 3))})
}
