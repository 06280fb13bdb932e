package brokertest

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var sessionTests = []test{
	{"a repeated cycle returns the same leases and changes nothing", func(f *fixture) {
		f.stop().put("a", "b", "c", "d")
		w := f.worker("w")
		first := w.claimed(2, "a", "b")
		g := w.cycle(want(1), settle(retry(first[0], time.Hour)))
		before := f.info()
		for range 2 {
			again, err := w.repeat()
			f.equal("error", err, nil)
			f.equal("repeated grant", again, g)
		}
		f.equal("counters", f.info(), before)
		f.equal("attempts", f.find(first[0].ID).Message.Attempts, uint8(1))
		w.claimed(9, "d")
	}},
	{"a repeated cycle that claimed nothing still claims nothing", func(f *fixture) {
		w := f.worker("w")
		w.claimed(1)
		f.put("a")
		g, err := w.repeat()
		f.equal("error", err, nil)
		f.equal("leases", g.Leases, []broker.Lease(nil))
		f.equal("active", f.info().Active, int64(0))
	}},
	{"a repeated cycle renews the lease", func(f *fixture) {
		f.stop().put("a")
		w, other := f.worker("w"), f.worker("other")
		w.claimed(1, "a")
		f.advance(lease - time.Second)
		_, err := w.repeat()
		f.equal("error", err, nil)
		f.advance(lease - time.Second)
		other.cycle()
		f.equal("lost", f.info().Lost, int64(0))
	}},
	{"a repeated cycle settles, promotes and reclaims nothing", func(f *fixture) {
		f.stop().put("a", "b")
		v, w := f.worker("v"), f.worker("w")
		v.claimed(1, "a")
		w.claimed(1, "b")
		f.enqueue(f.task("c", delay(lease)))
		f.worker("idle").cycle()
		f.advance(lease)
		before := f.info()
		g, err := w.repeat()
		f.equal("error", err, nil)
		f.equal("claimed", labelsOf(g.Leases), []string{"b"})
		f.again(g, true, 0)
		before.Sessions, before.Lapsed = before.Sessions+1, before.Lapsed-1 // of its own
		f.equal("counters", f.info(), before)
	}},
	{"a refused cycle renews nothing", func(f *fixture) {
		f.stop().put("a", "b")
		w, other := f.worker("w"), f.worker("other")
		w.claimed(1, "a")
		w.claimed(1, "b")
		f.advance(lease - time.Second)
		w.refused(broker.ErrStale, seq(1))
		f.advance(time.Second)
		other.cycle()
		f.equal("lost", f.info().Lost, int64(1))
		w.refused(broker.ErrFenced, seq(9))
		other.cycle()
		f.equal("lost", f.info().Lost, int64(2))
	}},
	{"a shorter lease counts too", func(f *fixture) {
		f.stop().put("a")
		w, other := f.worker("w"), f.worker("other")
		w.claimed(1, "a")
		w.cycle(func(c *broker.Cycle) { c.Lease = broker.MinLease })
		f.advance(broker.MinLease)
		other.cycle()
		f.equal("lost", f.info().Lost, int64(1))
	}},
	{"a claim that was settled in full leaves the session", func(f *fixture) {
		f.stop().put("a", "b")
		w, other := f.worker("w"), f.worker("other")
		held := w.claimed(1, "a")
		w.claimed(1, "b")
		w.end(broker.Done, held...)
		f.advance(lease)
		other.cycle()
		f.equal("lost", f.info().Lost, int64(1))
		f.equal("sessions", f.sessions(), int64(1))
	}},
	{"an old cycle is stale", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		w.claimed(1, "a")
		w.claimed(1, "b")
		before := f.info()
		w.refused(broker.ErrStale, seq(1), want(5))
		f.equal("counters", f.info(), before)
		w.cycle()
	}},
	{"a gap in the numbers does no harm", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		held := w.claimed(1, "a")
		g := w.cycle(seq(7), want(1), settle(ends(broker.Done, held...)...))
		f.equal("claimed", labelsOf(g.Leases), []string{"b"})
		f.equal("done", f.info().Done, int64(1))
		w.refused(broker.ErrStale, seq(6))
	}},
	{"cycle numbers are exact up to MaxSeq", func(f *fixture) {
		f.put("a", "b", "c")
		w := f.worker("w")
		w.cycle()
		first := w.cycle(seq(broker.MaxSeq-1), want(1)).Leases
		g := w.cycle(seq(broker.MaxSeq), want(1))
		f.equal("claims", [...]uint64{first[0].Claim, g.Leases[0].Claim}, [...]uint64{broker.MaxSeq - 1, broker.MaxSeq})
		again, err := w.repeat()
		f.equal("error", err, nil)
		f.equal("repeated leases", again.Leases, g.Leases)
		w.refused(broker.ErrStale, seq(broker.MaxSeq-1))
	}},
	{"an unknown session is fenced", func(f *fixture) {
		f.put("a")
		f.worker("w").refused(broker.ErrFenced, seq(2), want(1))
		f.equal("pending", f.info().Pending, int64(1))
		f.equal("sessions", f.sessions(), int64(0))
	}},
	{"sessions share nothing", func(f *fixture) {
		f.put("a", "b", "c")
		v, w := f.worker("v"), f.worker("w")
		mine := v.claimed(1, "a")
		w.claimed(1, "b")
		w.end(broker.Done, mine...)
		f.equal("done", f.info().Done, int64(0))
		v.end(broker.Done, mine...)
		f.equal("done", f.info().Done, int64(1))
		f.equal("active", f.info().Active, int64(1))
		f.equal("sessions", f.sessions(), int64(2))
	}},
	{"a lapsed session may renew itself", func(f *fixture) {
		f.stop().put("a", "b")
		w, other := f.worker("w"), f.worker("other")
		held := w.claimed(1, "a")
		f.advance(10 * lease)
		w.claimed(1, "b")
		other.cycle()
		f.equal("lost", f.info().Lost, int64(0))
		w.end(broker.Done, held...)
		f.equal("done", f.info().Done, int64(1))
	}},
	{"a lease lasts as long as its last cycle says", func(f *fixture) {
		f.stop().put("a")
		w, other := f.worker("w"), f.worker("other")
		w.claimed(1, "a")
		w.cycle(func(c *broker.Cycle) { c.Lease = broker.MaxLease })
		f.advance(broker.MaxLease - time.Millisecond)
		other.cycle()
		f.equal("lost", f.info().Lost, int64(0))
		f.advance(time.Millisecond)
		other.cycle()
		f.equal("lost", f.info().Lost, int64(1))
	}},
	{"who leaves gives back in the old order", func(f *fixture) {
		f.put("a", "b", "c", "d", "e", "f")
		w, other := f.worker("w"), f.worker("other")
		first := w.claimed(2, "a", "b")
		w.claimed(3, "c", "d", "e")
		w.cycle(leave, want(9), settle(ends(broker.Done, first[1])...))
		n := f.info()
		f.equal("counters", [...]int64{n.Released, n.Lost, n.Done, n.Active, n.Sessions}, [...]int64{4, 0, 1, 0, 0})
		for _, l := range other.claimed(9, "a", "c", "d", "e", "f") {
			f.equal("runs", l.Run(), uint32(1))
		}
	}},
	{"what a leaving worker holds goes before what it releases", func(f *fixture) {
		f.put("a", "b", "c", "d")
		w, other := f.worker("w"), f.worker("other")
		first := w.claimed(1, "a")
		w.claimed(1, "b")
		third := w.claimed(1, "c")
		w.cycle(leave, settle(ends(broker.Release, third[0], first[0])...))
		other.claimed(9, "b", "a", "c", "d")
		f.equal("released", f.info().Released, int64(3))
	}},
	{"what a leaving worker gives back is as it was", func(f *fixture) {
		f.stop().enqueue(f.task("a", lost(1), priority(broker.Low)))
		w, other := f.worker("w"), f.worker("other")
		held := w.claimed(1, "a")
		f.advance(time.Second)
		w.cycle(leave)
		f.equal("message", other.claimed(1, "a")[0].Message, held[0].Message)
	}},
	{"who leaves promotes and reclaims", func(f *fixture) {
		f.stop().put("a")
		f.worker("lost").claimed(1, "a")
		f.enqueue(f.task("b", delay(lease)))
		f.advance(lease)
		g := f.worker("w").cycle(leave, wantAny(9))
		f.equal("claimed", g.Leases, []broker.Lease(nil))
		n := f.info()
		f.equal("counters", [...]int64{n.Pending, n.Lost, n.Sessions}, [...]int64{2, 1, 0})
	}},
	{"who leaves with nothing leaves nothing", func(f *fixture) {
		g := f.worker("w").cycle(leave)
		f.equal("leases", g.Leases, []broker.Lease(nil))
		f.equal("info", f.info(), broker.QueueInfo{Queue: f.queue})
	}},
	{"who left is unknown", func(f *fixture) {
		w := f.worker("w")
		w.cycle()
		w.cycle(leave)
		_, err := w.repeat()
		f.equal("error of a repeat", err, broker.ErrFenced)
		w.refused(broker.ErrFenced)
		f.put("a")
		g := w.cycle(seq(1), want(1))
		f.equal("claimed by a new session", labelsOf(g.Leases), []string{"a"})
	}},
	{"who leaves gives suspects back to the suspects", func(f *fixture) {
		f.suspects("s", "t")
		w, other := f.worker("w"), f.worker("other")
		w.cycle(wantAny(1))
		w.cycle(leave)
		other.claimed(9)
		f.equal("claimed", labelsOf(other.cycle(wantAny(1)).Leases), []string{"s"})
	}},
	{"a lapsed session that holds nothing is forgotten", func(f *fixture) {
		f.stop()
		w, other := f.worker("w"), f.worker("other")
		w.cycle()
		other.cycle()
		f.advance(lease)
		f.equal("sessions", f.sessions(), int64(2))
		other.cycle()
		f.equal("sessions", f.sessions(), int64(1))
		w.refused(broker.ErrFenced)
	}},
	{"of equal expiries the first names are forgotten", func(f *fixture) {
		f.stop()
		last := f.worker("x")
		last.cycle()
		for i := range broker.ForgetBatch {
			f.worker(name("w", i)).cycle()
		}
		f.advance(lease)
		f.worker("a").cycle()
		f.equal("sessions", f.sessions(), int64(2))
		last.cycle()
	}},
	{"a cycle forgets at most ForgetBatch sessions, first lapsed first", func(f *fixture) {
		f.stop()
		late := f.worker("a-late")
		for i := range broker.ForgetBatch {
			f.worker(name("w", i)).cycle()
		}
		f.advance(time.Millisecond)
		late.cycle()
		f.advance(lease)
		other := f.worker("other")
		other.cycle()
		f.equal("sessions", f.sessions(), int64(2))
		late.cycle()
		other.cycle()
		f.equal("sessions", f.sessions(), int64(2))
	}},
}
