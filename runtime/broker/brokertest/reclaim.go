package brokertest

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var reclaimTests = []test{
	{"a lapsed lease goes to the front with a loss", func(f *fixture) {
		f.stop().put("a", "b", "c", "d")
		since := f.now
		w, other := f.worker("w"), f.worker("other")
		w.claimed(3, "a", "b", "c")
		f.advance(lease - time.Millisecond)
		other.claimed(0)
		f.equal("lost too early", f.info().Lost, int64(0))
		f.advance(time.Millisecond)
		other.claimed(0)
		n := f.info()
		f.equal("lost, active, pending", [...]int64{n.Lost, n.Active, n.Pending}, [...]int64{3, 0, 4})
		for _, l := range other.claimed(9, "a", "b", "c", "d") {
			want := uint8(1)
			if string(l.Payload) == "d" {
				want = 0
			}
			f.equal("lost", l.Lost, want)
			f.equal("attempts", l.Attempts, uint8(0))
			f.equal("run", l.Run(), uint32(want)+1)
			f.equal("ready", l.Ready, since)
		}
	}},
	{"a cycle claims before it reclaims", func(f *fixture) {
		f.stop().put("a")
		w, other := f.worker("w"), f.worker("other")
		w.claimed(1, "a")
		f.advance(lease)
		g := other.cycle(want(1))
		f.equal("leases", g.Leases, []broker.Lease(nil))
		f.equal("more", g.More, true)
		other.claimed(1, "a")
	}},
	{"only what is not settled is reclaimed", func(f *fixture) {
		f.stop().put("a", "b", "c")
		w, other := f.worker("w"), f.worker("other")
		held := w.claimed(3, "a", "b", "c")
		w.end(broker.Done, held[1])
		f.advance(lease)
		other.cycle()
		other.claimed(9, "a", "c")
		f.equal("lost", f.info().Lost, int64(2))
	}},
	{"the newest claim is reclaimed first, one a cycle", func(f *fixture) {
		f.stop().put("a", "b", "c", "d", "e")
		w, other := f.worker("w"), f.worker("other")
		w.claimed(2, "a", "b")
		w.claimed(1, "c")
		w.claimed(1, "d")
		f.advance(lease)
		for _, lost := range []int64{1, 2, 4, 4} {
			other.cycle()
			f.equal("lost", f.info().Lost, lost)
		}
		other.claimed(9, "a", "b", "c", "d", "e")
	}},
	{"a session is fenced with the first claim reclaimed", func(f *fixture) {
		f.stop().put("a", "b")
		w, other := f.worker("w"), f.worker("other")
		first := w.claimed(1, "a")
		w.claimed(1, "b")
		f.advance(lease)
		other.cycle()
		_, err := w.repeat()
		f.equal("error of a repeat", err, broker.ErrFenced)
		w.refused(broker.ErrFenced, seq(1), want(1))
		w.refused(broker.ErrFenced, seq(3), settle(ends(broker.Done, first...)...))
		f.equal("sessions", f.sessions(), int64(2))
		other.cycle()
		f.equal("sessions", f.sessions(), int64(1))
		w.refused(broker.ErrFenced, seq(4))
		f.equal("done", f.info().Done, int64(0))
		g := w.cycle(seq(1), want(2))
		f.equal("claimed by a new session", labelsOf(g.Leases), []string{"a", "b"})
	}},
	{"a fenced session changes nothing", func(f *fixture) {
		f.stop().put("a")
		w, other := f.worker("w"), f.worker("other")
		lost := w.claimed(1, "a")
		f.advance(lease)
		other.cycle()
		kept := other.claimed(1, "a")
		before := f.info()
		for o := broker.Done; o <= broker.Discard; o++ {
			w.refused(broker.ErrFenced, want(1), settle(ends(o, lost...)...))
		}
		w.refused(broker.ErrFenced, leave)
		f.equal("counters", f.info(), before)
		f.equal("state", f.find(kept[0].ID).State, broker.Active)
		other.end(broker.Done, kept...)
	}},
	{"the session that lapsed first is reclaimed first, then by name", func(f *fixture) {
		f.stop().put("a", "b", "c")
		first := f.worker("x").claimed(1, "a")
		f.advance(time.Millisecond)
		third := f.worker("w").claimed(1, "b")
		second := f.worker("v").claimed(1, "c")
		f.advance(lease)
		other := f.worker("other")
		for i, l := range [][]broker.Lease{first, second, third} {
			f.equal("state before", f.find(l[0].ID).State, broker.Active)
			other.cycle()
			f.equal("state after", f.find(l[0].ID).State, broker.Pending)
			f.equal("lost", f.info().Lost, int64(i+1))
		}
	}},
	{"sessions that hold nothing do not hold up a reclaim", func(f *fixture) {
		f.stop().put("a")
		for i := range 5 {
			f.worker(name("idle", i)).cycle()
		}
		f.advance(time.Millisecond)
		f.worker("w").claimed(1, "a")
		f.advance(lease)
		f.worker("other").cycle()
		f.equal("lost", f.info().Lost, int64(1))
		f.equal("sessions", f.sessions(), int64(1))
	}},
	{"a session does not reclaim itself", func(f *fixture) {
		f.stop().put("a")
		w := f.worker("w")
		w.claimed(1, "a")
		f.advance(2 * lease)
		w.claimed(1)
		f.equal("lost", f.info().Lost, int64(0))
	}},
	{"a task that was lost twice joins the tail of the suspects", func(f *fixture) {
		f.stop().suspects("s")
		f.enqueue(f.task("a", lost(1)), f.task("b"), f.task("c", lost(1)), f.task("d"))
		w, other := f.worker("w"), f.worker("other")
		w.claimed(3, "a", "b", "c")
		f.advance(lease)
		other.cycle()
		other.claimed(9, "b", "d")
		other.claimed(9)
		for _, label := range []string{"s", "a", "c"} {
			f.equal("claimed", labelsOf(other.cycle(wantAny(9)).Leases), []string{label})
		}
	}},
	{"a suspect that is lost again joins the tail again", func(f *fixture) {
		f.stop().suspects("s", "t")
		w, other := f.worker("w"), f.worker("other")
		w.cycle(wantAny(1))
		f.advance(lease)
		other.cycle()
		f.equal("claimed", labelsOf(other.cycle(wantAny(1)).Leases), []string{"t"})
		g := other.cycle(wantAny(1))
		f.equal("claimed", labelsOf(g.Leases), []string{"s"})
		f.equal("lost", g.Leases[0].Lost, uint8(broker.SuspectAfter+1))
	}},
	{"a task that was lost too often is dead", func(f *fixture) {
		f.stop()
		poison := f.task("poison", unique("key", 0))
		f.enqueue(poison)
		var died []broker.Message
		for i := range broker.LostLimit {
			f.equal("state", f.find(poison.ID).State, broker.Pending)
			w := f.worker(name("w", i))
			f.equal("claimed", labelsOf(w.cycle(wantAny(1)).Leases), []string{"poison"})
			f.advance(lease)
			died = f.worker("other").cycle(leave).Died
			f.equal("died", len(died), i/(broker.LostLimit-1))
		}
		e := f.find(poison.ID)
		f.equal("died", died, []broker.Message{*e.Message})
		f.equal("said again", len(f.worker("another").cycle().Died), 0)
		f.equal("state", e.State, broker.StateDead)
		f.equal("payload", string(e.Message.Payload), "poison")
		f.equal("lost", e.Message.Lost, uint8(broker.LostLimit))
		f.equal("reason", e.Reason, broker.DeadReason(e.Message))
		f.equal("at", e.At, f.now)
		n := f.info()
		f.equal("counters", [...]int64{n.Died, n.Dead, n.Lost, n.Active, n.Pending}, [...]int64{1, 1, broker.LostLimit, 0, 0})
		f.enqueue(f.task("next", unique("key", 0)))
	}},
	{"what is reclaimed goes before what has come since, in its own lane", func(f *fixture) {
		f.stop().putEach(broker.Low, broker.Low)
		w, other := f.worker("w"), f.worker("other")
		w.claimed(2, "low", "low")
		f.enqueue(f.task("new low", priority(broker.Low)), f.task("new"))
		f.advance(lease)
		other.cycle()
		other.claimed(9, "new")
		other.claimed(9, "low", "low", "new low")
	}},
}
