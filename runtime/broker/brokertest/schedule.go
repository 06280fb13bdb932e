package brokertest

import (
	"bytes"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var scheduleTests = []test{
	{"a queue without workers is tended by anybody", func(f *fixture) {
		f.stop().put("lost")
		f.worker("gone").claim(1)
		f.enqueue(f.tasks(broker.PromoteBatch+1, delay(time.Second))...)
		f.advance(lease)
		n := f.info()
		f.equal("scheduled", [...]int64{n.Scheduled, n.Pending, n.Active, n.Sessions, n.Lapsed}, [...]int64{broker.PromoteBatch + 1, 0, 1, 0, 1})
		g, err := broker.Tend(f.Context(), f.Broker, f.queue, "tender", 0)
		f.equal("error", err, nil)
		f.equal("more", g.More, true)
		n = f.info()
		f.equal("promoted", [...]int64{n.Scheduled, n.Pending, n.Active, n.Sessions, n.Lapsed}, [...]int64{1, broker.PromoteBatch + 1, 0, 0, 0})
		_, err = broker.Tend(f.Context(), f.Broker, f.queue, "tender", 0)
		f.equal("error", err, nil)
		n = f.info()
		f.equal("promoted", [...]int64{n.Scheduled, n.Pending, n.Lost, n.Sessions}, [...]int64{0, broker.PromoteBatch + 2, 1, 0})
	}},
	{"a delay runs by the store's clock", func(f *fixture) {
		a := f.stop().task("a", delay(time.Minute))
		f.enqueue(a)
		w := f.worker("w")
		f.equal("due", f.find(a.ID).At, f.now.Add(time.Minute))
		f.advance(time.Minute - time.Millisecond)
		w.claimed(1)
		f.equal("scheduled", f.info().Scheduled, int64(1))
		f.advance(time.Millisecond)
		w.claimed(1, "a")
		f.equal("scheduled", f.info().Scheduled, int64(0))
	}},
	{"a due time is one of the store's clock", func(f *fixture) {
		f.stop().enqueue(f.task("a", due(f.now.Add(time.Second))))
		w := f.worker("w")
		f.advance(time.Second - time.Millisecond)
		w.claimed(1)
		f.advance(time.Millisecond)
		w.claimed(1, "a")
	}},
	{"the longest delay is kept to the millisecond", func(f *fixture) {
		a := f.stop().task("a", delay(broker.MaxDelay))
		f.enqueue(a)
		w := f.worker("w")
		f.again(w.cycle(), false, broker.MaxDelay)
		f.advance(broker.MaxDelay - time.Millisecond)
		f.equal("state", f.find(a.ID).State, broker.Scheduled)
		f.again(w.cycle(want(1)), false, time.Millisecond)
		f.advance(time.Millisecond)
		w.claimed(1, "a")
	}},
	{"what is due is pending at once", func(f *fixture) {
		f.stop().enqueue(f.task("a", due(f.now)), f.task("b", due(f.now.Add(-time.Hour))), f.task("c"))
		f.equal("pending", f.info().Pending, int64(3))
		for _, l := range f.worker("w").claimed(9, "a", "b", "c") {
			f.equal("ready", l.Ready, f.now)
		}
	}},
	{"times are cut to milliseconds", func(f *fixture) {
		f.stop().enqueue(f.task("a", delay(time.Millisecond-1)), f.task("b", due(f.now.Add(time.Millisecond-1))))
		f.enqueue(f.task("c", delay(2*time.Millisecond-1), func(m *broker.Message) { m.Timeout = time.Second + 1 }))
		w := f.worker("w")
		w.claimed(9, "a", "b")
		f.advance(time.Millisecond)
		l := w.claimed(9, "c")[0]
		f.equal("timeout", l.Timeout, time.Second)
	}},
	{"all durations are cut to milliseconds", func(f *fixture) {
		const cut = time.Millisecond - 1
		f.stop().enqueue(f.task("a"), f.task("b"), f.task("c", retention(cut)), f.task("d", retention(time.Second+cut)))
		f.enqueue(f.task("e", unique("key", time.Second+cut)))
		w, other := f.worker("w"), f.worker("other")
		l := w.claim(9)
		f.equal("window", l[4].Unique.Window, time.Second)
		f.equal("retention", l[3].Retention, time.Second)
		w.cycle(settle(release(l[0], cut), retry(l[1], cut), done(l[2], ""), done(l[3], "")),
			func(c *broker.Cycle) { c.Lease = time.Second + cut })
		n := f.info()
		f.equal("pending, scheduled, done", [...]int64{n.Pending, n.Scheduled, n.Done}, [...]int64{2, 0, 2})
		f.equal("kept", f.find(l[2].ID).State, broker.StateUnknown)
		f.equal("kept", f.find(l[3].ID).State, broker.StateDone)
		f.advance(time.Second)
		f.equal("kept", f.find(l[3].ID).State, broker.StateUnknown)
		f.enqueue(f.task("f", unique("key", 0)))
		other.cycle()
		f.equal("lost", f.info().Lost, int64(1))
	}},
	{"the end of a run is cut to milliseconds", func(f *fixture) {
		at, want := f.stop().now.Add(-time.Millisecond-1), f.now.Add(-2*time.Millisecond)
		f.enqueue(f.task("a", func(m *broker.Message) { m.Failures = []broker.Failure{{At: at, Attempt: 1}} }))
		w := f.worker("w")
		s := dead(w.claim(1)[0], "broken")
		s.At = at
		w.cycle(settle(s))
		for _, x := range f.find(s.Lease.ID).Message.Failures {
			f.equal("at", x.At, want)
		}
	}},
	{"the store says since when a task could have run", func(f *fixture) {
		f.stop().enqueue(f.task("a", func(m *broker.Message) { m.Ready = f.now.Add(-time.Hour) }))
		f.equal("ready", f.worker("w").claimed(1, "a")[0].Ready, f.now)
	}},
	{"a store returns no delay and no due time", func(f *fixture) {
		a, b := f.stop().task("a", delay(time.Second)), f.task("b", due(f.now.Add(time.Second)))
		f.enqueue(a, b)
		for _, id := range []broker.ID{a.ID, b.ID} {
			m := f.find(id).Message
			f.equal("delay", m.Delay, time.Duration(0))
			f.equal("due", m.Due, time.Time{})
			f.equal("ready", m.Ready, f.now.Add(time.Second))
		}
		f.advance(time.Second)
		for _, l := range f.worker("w").claim(2) {
			f.equal("delay", l.Delay, time.Duration(0))
			f.equal("due", l.Due, time.Time{})
		}
	}},
	{"a promoted task is ready since its due time", func(f *fixture) {
		f.stop().enqueue(f.task("a", delay(time.Second)))
		at := f.now.Add(time.Second)
		f.advance(time.Hour)
		f.equal("ready", f.worker("w").claimed(1, "a")[0].Ready, at)
	}},
	{"due tasks are promoted in the order of their times", func(f *fixture) {
		f.stop().enqueue(f.task("c", delay(3*time.Second)), f.task("a", delay(time.Second)), f.task("b", delay(2*time.Second)))
		f.advance(time.Hour)
		f.worker("w").claimed(9, "a", "b", "c")
	}},
	{"equal due times are promoted by id", func(f *fixture) {
		f.stop()
		at := f.now.Add(time.Second)
		var all []broker.Message
		for range 20 {
			all = append(all, f.task("x", due(at)))
		}
		f.enqueue(all...)
		slices.SortFunc(all, func(a, b broker.Message) int { return bytes.Compare(a.ID[:], b.ID[:]) })
		f.advance(time.Second)
		for i, l := range f.worker("w").claim(20) {
			f.equal("id", l.ID, all[i].ID)
		}
	}},
	{"a cycle promotes at most PromoteBatch tasks, earliest first", func(f *fixture) {
		f.stop()
		var all []broker.Message
		for i := range 2*broker.PromoteBatch + 7 {
			all = append(all, f.task("x", due(f.now.Add(time.Duration(2000-i)*time.Millisecond))))
		}
		f.enqueue(all...)
		f.advance(time.Hour)
		w := f.worker("w")
		slices.Reverse(all)
		for _, n := range []int{broker.PromoteBatch, broker.PromoteBatch, 7} {
			g := w.cycle(want(broker.MaxBatch))
			f.equal("claimed", len(g.Leases), n)
			f.equal("more", g.More, n != 7)
			for i, l := range g.Leases {
				f.equal("id", l.ID, all[i].ID)
			}
			all = all[n:]
		}
	}},
	{"a cycle promotes no more than it is told to", func(f *fixture) {
		f.stop().enqueue(f.tasks(7, delay(time.Second))...)
		f.advance(time.Hour)
		w := f.worker("w")
		for _, left := range []int64{4, 1, 0} {
			g := w.cycle(func(c *broker.Cycle) { c.Promote = 3 })
			n := f.info()
			f.equal("scheduled, pending", [...]int64{n.Scheduled, n.Pending}, [...]int64{left, 7 - left})
			f.equal("more", g.More, true) // of what is due, and in the end of what is pending
		}
	}},
	{"a promoted task joins the tail of its lane", func(f *fixture) {
		f.stop().enqueue(f.task("late", delay(time.Second)), f.task("high", delay(time.Second), priority(broker.High)))
		f.put("early")
		f.advance(time.Second)
		w := f.worker("w")
		w.claimed(9, "high")
		w.claimed(9, "early", "late")
	}},
	{"a promoted suspect joins the suspects", func(f *fixture) {
		f.stop().enqueue(f.task("s", delay(time.Second), lost(broker.SuspectAfter)))
		f.advance(time.Second)
		w := f.worker("w")
		w.claimed(9)
		f.equal("claimed", labelsOf(w.cycle(wantAny(1)).Leases), []string{"s"})
	}},
	{"a cycle that wants nothing promotes", func(f *fixture) {
		f.stop().enqueue(f.task("a", delay(time.Second)))
		f.advance(time.Second)
		f.worker("w").cycle()
		n := f.info()
		f.equal("pending, scheduled", [...]int64{n.Pending, n.Scheduled}, [...]int64{1, 0})
	}},
}

var againTests = []test{
	{"more: a lane that could be claimed from is not empty", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		for _, c := range []struct {
			max  int
			more bool
		}{{0, true}, {1, true}, {1, false}, {0, false}, {5, false}} {
			f.equal("more", w.cycle(want(c.max)).More, c.more)
		}
	}},
	{"more: suspects count only where they are wanted", func(f *fixture) {
		f.suspects("s")
		w := f.worker("w")
		f.equal("not wanted", w.cycle(want(1)).More, false)
		f.equal("wanted", w.cycle(wantAny(0)).More, true)
		f.equal("claimed", w.cycle(wantAny(1)).More, false)
	}},
	{"again: until the next due task", func(f *fixture) {
		f.stop().enqueue(f.task("b", delay(time.Minute)), f.task("a", delay(time.Second)))
		w := f.worker("w")
		f.again(w.cycle(), false, time.Second)
		f.advance(400 * time.Millisecond)
		f.again(w.cycle(), false, 600*time.Millisecond)
		f.advance(600 * time.Millisecond)
		f.again(w.cycle(want(1)), false, 59*time.Second)
	}},
	{"again: until another session's claims lapse", func(f *fixture) {
		f.stop().put("a", "b")
		v, w := f.worker("v"), f.worker("w")
		held := v.claim(1)
		f.advance(time.Second)
		w.claim(1)
		f.again(w.cycle(), false, lease-time.Second)
		f.again(v.cycle(), false, lease)
		v.end(broker.Done, held...)
		f.again(w.cycle(), false, 0)
	}},
	{"again: until the first of all", func(f *fixture) {
		f.stop().put("a", "b")
		v, w, x := f.worker("v"), f.worker("w"), f.worker("x")
		v.claim(1)
		f.advance(time.Second)
		w.claim(1)
		f.again(x.cycle(), false, lease-time.Second)
		f.enqueue(f.task("c", delay(time.Second)))
		f.again(x.cycle(), false, time.Second)
	}},
	{"more: another session has lapsed and holds claims", func(f *fixture) {
		f.stop().put("a", "b")
		v, w := f.worker("v"), f.worker("w")
		v.claim(1)
		v.claim(1)
		f.advance(lease)
		f.again(w.cycle(), true, 0)
		f.again(w.cycle(want(9)), true, 0)
		f.again(w.cycle(want(9)), false, 0)
	}},
	{"a repeat tells how the queue stands now", func(f *fixture) {
		f.stop()
		w := f.worker("w")
		f.again(w.cycle(want(1)), false, 0)
		f.put("a")
		f.enqueue(f.task("b", delay(time.Second)))
		f.advance(time.Millisecond)
		g, err := w.repeat()
		f.equal("error", err, nil)
		f.again(g, true, 999*time.Millisecond)
	}},
	{"again: nothing is known", func(f *fixture) {
		v, w := f.stop().worker("v"), f.worker("w")
		v.cycle()
		f.again(w.cycle(), false, 0)
	}},
}

// again expects what a grant tells of the queue.
func (f *fixture) again(g broker.Grant, more bool, again time.Duration) {
	f.Helper()
	f.equal("grant", broker.Grant{Now: g.Now, More: g.More, Again: g.Again}, broker.Grant{Now: f.now, More: more, Again: again})
}
