package brokertest

import (
	"context"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var outcomeTests = []test{
	{"a result is kept for its retention", func(f *fixture) {
		f.stop().enqueue(f.task("a", retention(time.Minute)))
		w := f.worker("w")
		l := w.claimed(1, "a")[0]
		f.advance(time.Second)
		w.cycle(settle(done(l, "result")))
		want := broker.Entry{
			Ref: broker.Ref{Queue: f.queue, ID: l.ID}, State: broker.StateDone, Shape: l.Shape(), Result: []byte("result"), At: f.now,
		}
		f.equal("entry", f.find(l.ID), want)
		f.advance(time.Minute - time.Millisecond)
		f.equal("entry", f.find(l.ID), want)
		f.advance(time.Millisecond)
		f.equal("expired", f.find(l.ID), broker.Entry{Ref: want.Ref})
		w.cycle()
		f.equal("swept", f.find(l.ID), broker.Entry{Ref: want.Ref})
	}},
	{"results expire each at its own time", func(f *fixture) {
		f.stop().enqueue(f.task("a", retention(time.Hour)), f.task("b", retention(time.Minute)), f.task("c", retention(time.Second)))
		w := f.worker("w")
		held := w.claim(3)
		w.end(broker.Done, held...)
		f.advance(time.Minute)
		w.cycle()
		for i, s := range []broker.State{broker.StateDone, broker.StateUnknown, broker.StateUnknown} {
			f.equal("state", f.find(held[i].ID).State, s)
		}
	}},
	{"an empty result is a result", func(f *fixture) {
		f.enqueue(f.task("a", retention(time.Minute)))
		w := f.worker("w")
		held := w.claim(1)
		w.end(broker.Done, held...)
		e := f.find(held[0].ID)
		f.equal("state", e.State, broker.StateDone)
		f.equal("result", e.Result, []byte(nil))
	}},
	{"a result may hold any bytes", func(f *fixture) {
		f.enqueue(f.task("a", retention(time.Minute)))
		w := f.worker("w")
		l := w.claim(1)[0]
		result := []byte("\x00\xff\r\n$-1\r\n")
		buffer := append([]byte(nil), result...)
		w.cycle(settle(broker.Settle{Lease: &l, Outcome: broker.Done, Result: buffer}))
		clear(buffer)
		f.equal("result", f.find(l.ID).Result, result)
	}},
	{"without a retention nothing is kept", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		held := w.claim(2)
		w.cycle(settle(done(held[0], "result"), discard(held[1], "obsolete")))
		for _, l := range held {
			f.equal("entry", f.find(l.ID), broker.Entry{Ref: broker.Ref{Queue: f.queue, ID: l.ID}})
		}
	}},
	{"what was discarded is kept for its retention", func(f *fixture) {
		f.stop().enqueue(f.task("a", retention(time.Minute)))
		w := f.worker("w")
		l := w.claim(1)[0]
		w.cycle(settle(discard(l, "obsolete")))
		ref := broker.Ref{Queue: f.queue, ID: l.ID}
		f.equal("entry", f.find(l.ID), broker.Entry{Ref: ref, State: broker.StateDiscarded, Reason: "obsolete", At: f.now})
		f.advance(time.Minute)
		f.equal("expired", f.find(l.ID), broker.Entry{Ref: ref})
		n := f.info()
		f.equal("discarded, dead", [...]int64{n.Discarded, n.Dead}, [...]int64{1, 0})
	}},
	{"a retention travels with retries", func(f *fixture) {
		f.enqueue(f.task("a", retention(time.Minute)))
		w := f.worker("w")
		w.cycle(settle(retry(w.claim(1)[0], 0)))
		l := w.claim(1)[0]
		w.cycle(settle(done(l, "result")))
		f.equal("state", f.find(l.ID).State, broker.StateDone)
	}},
	{"who watches is told how tasks with a retention end", func(f *fixture) {
		keep := retention(time.Minute)
		f.enqueue(f.task("a", keep), f.task("b", keep), f.task("c", keep), f.task("d", keep), f.task("e"))
		events := f.watch()
		w := f.worker("w")
		l := w.claim(5)
		w.cycle(settle(done(l[4], ""), retry(l[3], time.Hour), done(l[0], ""), dead(l[1], ""), discard(l[2], "")))
		for i, s := range []broker.State{broker.StateDone, broker.StateDead, broker.StateDiscarded} {
			f.equal("event", receive(f, events), broker.Event{ID: l[i].ID, State: s})
		}
	}},
	{"who watches is told of deaths by loss", func(f *fixture) {
		a := f.stop().task("a", retention(time.Minute), lost(broker.LostLimit-1))
		f.enqueue(a)
		events := f.watch()
		f.worker("w").cycle(wantAny(1))
		f.advance(lease)
		f.worker("other").cycle()
		f.equal("event", receive(f, events), broker.Event{ID: a.ID, State: broker.StateDead})
	}},
	{"all who watch are told, of their own queue", func(f *fixture) {
		b := f.task("b", retention(time.Minute), func(m *broker.Message) { m.Queue = "other" })
		a := f.task("a", retention(time.Minute))
		f.enqueue(a, b)
		first, second := f.watch(), f.watch()
		w, other := f.worker("w"), f.worker("w")
		other.next.Session.Queue = "other"
		other.end(broker.Done, other.claimed(1, "b")...)
		w.end(broker.Done, w.claimed(1, "a")...)
		f.equal("first", receive(f, first), broker.Event{ID: a.ID, State: broker.StateDone})
		f.equal("second", receive(f, second), broker.Event{ID: a.ID, State: broker.StateDone})
	}},
	{"a watch ends with its context, without an error", func(f *fixture) {
		ctx, cancel := context.WithCancel(f.Context())
		ended := make(chan error, 1)
		go func() { ended <- f.Broker.Watch(ctx, f.queue, cancel, func(broker.Event) {}) }()
		f.equal("error", receive(f, ended), nil)
	}},
}

// watch watches the fixture's queue until the case ends.
func (f *fixture) watch() <-chan broker.Event {
	f.Helper()
	ctx, cancel := context.WithCancel(f.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	events := make(chan broker.Event, 100)
	go func() {
		ended <- f.Broker.Watch(ctx, f.queue, func() { close(ready) }, func(e broker.Event) { events <- e })
	}()
	f.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			f.Errorf("watch: %v", err)
		}
	})
	receive(f, ready)
	return events
}

// patience is how long a case waits for what must come.
const patience = 20 * time.Second

// receive waits for a value.
func receive[T any](f *fixture, c <-chan T) (v T) {
	f.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		f.Fatalf("nothing came within %v", patience)
	}
	return v
}
