package brokertest

import (
	"fmt"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var settleTests = []test{
	{"what is done is gone", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		held := w.claimed(2, "a", "b")
		w.end(broker.Done, held[1])
		f.equal("state", f.find(held[1].ID), broker.Entry{Ref: broker.Ref{Queue: f.queue, ID: held[1].ID}})
		f.equal("state", f.find(held[0].ID).State, broker.Active)
		w.end(broker.Done, held[0])
		n := f.info()
		f.equal("done, active, pending", [...]int64{n.Done, n.Active, n.Pending}, [...]int64{2, 0, 0})
	}},
	{"a second settle is ignored", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		held := w.claimed(2, "a", "b")
		w.cycle(settle(done(held[0], ""), dead(held[0], "late"), retry(held[0], 0)))
		w.end(broker.Dead, held[0])
		w.end(broker.Done, held[1])
		w.end(broker.Release, held[1])
		n := f.info()
		f.equal("counters", [...]int64{n.Done, n.Died, n.Retried, n.Released, n.Pending}, [...]int64{2, 0, 0, 0, 0})
	}},
	{"a settle of what was never leased is ignored", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		held := w.claimed(1, "a")[0]
		for _, wrong := range []func(l *broker.Lease){
			func(l *broker.Lease) { l.Claim = 9 },
			func(l *broker.Lease) { l.Claim = 0 },
			func(l *broker.Lease) { l.Index = 1 },
			func(l *broker.Lease) { l.Index = -1 },
		} {
			l := held
			wrong(&l)
			w.end(broker.Done, l)
		}
		n := f.info()
		f.equal("done, active", [...]int64{n.Done, n.Active}, [...]int64{0, 1})
		w.end(broker.Done, held)
	}},
	{"many claims are settled in any order", func(f *fixture) {
		f.putMany(30)
		w := f.worker("w")
		var held []broker.Lease
		for range 10 {
			held = append(held, w.claim(3)...)
		}
		for i := range held {
			w.end(broker.Done, held[i*7%len(held)])
		}
		f.equal("done", f.info().Done, int64(30))
		f.equal("active", f.info().Active, int64(0))
	}},
	{"a retry counts the failure and forgets the losses", func(f *fixture) {
		f.stop().enqueue(f.task("a", lost(1), func(m *broker.Message) { m.Attempts, m.LostBefore = 1, 2 }))
		w := f.worker("w")
		held := w.claim(1)
		at := f.now.Add(-time.Second)
		s := retry(held[0], time.Minute)
		s.At, s.Reason = at, "no route"
		w.cycle(settle(s))
		want := held[0].Message
		want.Attempts, want.Lost, want.LostBefore = 2, 0, 3
		want.Failures = []broker.Failure{{At: at, Attempt: 2, Reason: "no route"}}
		want.Ready = f.now.Add(time.Minute)
		f.advance(time.Minute)
		got := w.claim(1)
		f.equal("message", got[0].Message, want)
		f.equal("run", got[0].Run(), held[0].Run()+1)
		f.equal("retried", f.info().Retried, int64(1))
	}},
	{"the newest failures are kept", func(f *fixture) {
		f.put("a")
		w := f.worker("w")
		l := w.claim(1)[0]
		var want []string
		for i := range broker.MaxFailures + 3 {
			s := retry(l, 0)
			s.Reason = fmt.Sprint("failure ", i)
			want = append(want, s.Reason)
			g := w.cycle(settle(s), wantAny(1))
			f.equal("attempts", g.Leases[0].Attempts, uint8(i+1))
			l = g.Leases[0]
		}
		var got []string
		for _, x := range l.Failures {
			got = append(got, x.Reason)
		}
		f.equal("failures", got, want[3:])
	}},
	{"a long reason is cut between characters", func(f *fixture) {
		f.enqueue(f.task("a"), f.task("b", retention(time.Hour)))
		w := f.worker("w")
		held := w.claim(2)
		long := "x" + strings.Repeat("é", broker.MaxReasonBytes)
		w.cycle(settle(dead(held[0], long), discard(held[1], long)))
		want := "x" + strings.Repeat("é", broker.MaxReasonBytes/2-1)
		f.equal("reason of the dead", f.find(held[0].ID).Reason, want)
		f.equal("reason of the discarded", f.find(held[1].ID).Reason, want)
	}},
	{"a retry without delay may be granted by the same cycle", func(f *fixture) {
		f.stop().put("a")
		w := f.worker("w")
		held := w.claimed(1, "a")
		g := w.cycle(settle(retry(held[0], 0)), want(1))
		f.equal("claimed", labelsOf(g.Leases), []string{"a"})
		f.equal("ready", g.Leases[0].Ready, f.now)
	}},
	{"a retry goes to the tail of its lane", func(f *fixture) {
		f.enqueue(f.task("a", priority(broker.High)), f.task("b", priority(broker.High)))
		w := f.worker("w")
		held := w.claimed(1, "a")
		f.put("c")
		w.cycle(settle(retry(held[0], 0)))
		w.claimed(9, "b", "a")
		w.claimed(9, "c")
	}},
	{"a suspect that was retried is none any more", func(f *fixture) {
		f.suspects("s")
		w := f.worker("w")
		g := w.cycle(wantAny(1))
		w.cycle(settle(retry(g.Leases[0], 0)))
		w.claimed(1, "s")
	}},
	{"a release returns to the head and spends nothing", func(f *fixture) {
		f.stop().enqueue(f.task("a", lost(1)), f.task("b"), f.task("c"))
		w := f.worker("w")
		held := w.claimed(2, "a", "b")
		f.advance(time.Second)
		w.cycle(settle(release(held[0], 0), release(held[1], 0)))
		again := w.claimed(9, "a", "b", "c")
		f.equal("message", again[0].Message, held[0].Message)
		f.equal("released", f.info().Released, int64(2))
	}},
	{"releases of one cycle return in the order of their claims", func(f *fixture) {
		f.put("a", "b", "c", "d", "e")
		w := f.worker("w")
		first, second := w.claimed(2, "a", "b"), w.claimed(2, "c", "d")
		w.end(broker.Release, second[1], first[1], second[0], first[0])
		w.claimed(9, "a", "b", "c", "d", "e")
	}},
	{"a released suspect stays a suspect", func(f *fixture) {
		f.suspects("s", "t")
		w := f.worker("w")
		g := w.cycle(wantAny(1))
		w.end(broker.Release, g.Leases...)
		w.claimed(9)
		f.equal("claimed", labelsOf(w.cycle(wantAny(9)).Leases), []string{"s"})
	}},
	{"a release goes before what was given back earlier", func(f *fixture) {
		f.put("a", "b", "c")
		w := f.worker("w")
		first, second := w.claimed(1, "a"), w.claimed(1, "b")
		w.end(broker.Release, first...)
		w.end(broker.Release, second...)
		w.claimed(9, "b", "a", "c")
	}},
	{"a release may be granted by the same cycle", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		held := w.claimed(1, "a")
		g := w.cycle(want(1), settle(release(held[0], 0)))
		f.equal("claimed", labelsOf(g.Leases), []string{"a"})
		f.equal("claim", g.Leases[0].Claim, uint64(2))
	}},
	{"of two settles of a lease in one cycle the first counts", func(f *fixture) {
		f.put("a")
		w := f.worker("w")
		l := w.claimed(1, "a")[0]
		w.cycle(settle(release(l, time.Hour), done(l, ""), dead(l, ""), release(l, 0)))
		n := f.info()
		f.equal("counters", [...]int64{n.Scheduled, n.Released, n.Done, n.Died, n.Pending}, [...]int64{1, 1, 0, 0, 0})
	}},
	{"a release may come back later", func(f *fixture) {
		f.stop().put("a")
		w := f.worker("w")
		held := w.claimed(1, "a")
		w.cycle(settle(release(held[0], time.Minute)))
		e := f.find(held[0].ID)
		f.equal("state", e.State, broker.Scheduled)
		f.equal("due", e.At, f.now.Add(time.Minute))
		f.advance(time.Minute)
		again := w.claimed(1, "a")
		want := held[0].Message
		want.Ready = f.now
		f.equal("message", again[0].Message, want)
		f.equal("released", f.info().Released, int64(1))
	}},
	{"a dead letter keeps its payload and its reason", func(f *fixture) {
		f.stop().enqueue(f.task("a", retention(time.Second)))
		w := f.worker("w")
		l := w.claimed(1, "a")[0]
		s := dead(l, "broken")
		s.At = f.now
		w.cycle(settle(s))
		f.advance(1000 * time.Hour)
		want := l.Message
		want.Attempts, want.Failures = 1, []broker.Failure{{At: s.At, Attempt: 1, Reason: "broken"}}
		f.equal("entry", f.find(l.ID), broker.Entry{
			Ref: broker.Ref{Queue: f.queue, ID: l.ID}, State: broker.StateDead,
			Message: &want, Reason: "broken", At: s.At,
		})
		n := f.info()
		f.equal("died, dead", [...]int64{n.Died, n.Dead}, [...]int64{1, 1})
		w.claimed(1)
	}},
	{"a cycle settles MaxBatch leases", func(f *fixture) {
		f.putMany(broker.MaxBatch)
		w := f.worker("w")
		w.end(broker.Done, w.claim(broker.MaxBatch)...)
		f.equal("done", f.info().Done, int64(broker.MaxBatch))
	}},
	{"all outcomes fit in one cycle", func(f *fixture) {
		f.put("done", "retry", "release", "dead", "discard", "held", "later")
		w := f.worker("w")
		l := w.claim(6)
		g := w.cycle(want(9), settle(done(l[0], ""), retry(l[1], time.Hour), release(l[2], 0), dead(l[3], ""), discard(l[4], "")))
		f.equal("claimed", labelsOf(g.Leases), []string{"release", "later"})
		n := f.info()
		f.equal("counters", [...]int64{n.Done, n.Retried, n.Released, n.Died, n.Discarded, n.Active, n.Scheduled},
			[...]int64{1, 1, 1, 1, 1, 3, 1})
	}},
}
