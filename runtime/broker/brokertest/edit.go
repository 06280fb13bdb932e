package brokertest

import (
	"bytes"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var editTests = []test{
	{"a pending task is cancelled", func(f *fixture) {
		a := f.stop().task("a", retention(time.Minute), unique("k", 0))
		f.enqueue(f.task("before"), a, f.task("after"))
		f.edited(nil, broker.Edit{Ref: f.ref(a), Action: broker.Cancel, Reason: "no longer"})
		f.equal("found", f.find(a.ID), broker.Entry{Ref: f.ref(a), State: broker.StateDiscarded, Reason: "no longer", At: f.now})
		f.equal("discarded", f.info().Discarded, int64(1))
		f.enqueue(f.task("b", unique("k", 0)))
		f.worker("w").claimed(9, "before", "after", "b")
	}},
	{"a scheduled task is cancelled", func(f *fixture) {
		a := f.stop().task("a", delay(time.Second))
		f.enqueue(a)
		f.edited(nil, broker.Edit{Ref: f.ref(a), Action: broker.Cancel})
		f.equal("state", f.find(a.ID).State, broker.StateUnknown)
		f.advance(time.Second)
		f.worker("w").claimed(9)
	}},
	{"who runs a cancelled task is told until it settles", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		held := w.claimed(2, "a", "b")
		f.edited(nil, broker.Edit{Ref: refOf(held[0]), Action: broker.Cancel, Reason: "why"})
		told := []broker.Cancelled{{ID: held[0].ID, Reason: "why"}}
		f.equal("told", w.cycle().Cancelled, told)
		again, err := w.repeat()
		f.equal("error", err, nil)
		f.equal("told again", again.Cancelled, told)
		f.equal("told others", f.worker("other").cycle().Cancelled, []broker.Cancelled(nil))
		f.equal("told at the end", w.cycle(settle(discard(held[0], "why"))).Cancelled, []broker.Cancelled(nil))
		w.end(broker.Done, held[1])
		n := f.info()
		f.equal("counters", [...]int64{n.Done, n.Discarded, n.Active}, [...]int64{1, 1, 0})
	}},
	{"a cancelled task that comes back is told with its lease", func(f *fixture) {
		f.stop().put("a")
		w := f.worker("w")
		held := w.claimed(1, "a")
		f.edited(nil, broker.Edit{Ref: refOf(held[0]), Action: broker.Cancel})
		f.advance(lease)
		other := f.worker("other")
		other.cycle()
		g := other.cycle(want(1))
		f.equal("claimed", labelsOf(g.Leases), []string{"a"})
		f.equal("told", g.Cancelled, []broker.Cancelled{{ID: held[0].ID}})
		other.cycle(settle(retry(g.Leases[0], time.Second)))
		f.advance(time.Second)
		f.equal("told after a retry", len(other.cycle(want(1)).Cancelled), 1)
	}},
	{"a settle of an older session of that name does not bring back what was settled", func(f *fixture) {
		f.stop().put("a", "b")
		w, other := f.worker("w"), f.worker("other")
		held := w.claimed(2, "a", "b")
		w.cycle(settle(retry(held[0], time.Millisecond)))
		f.advance(time.Millisecond)
		other.claimed(1, "a")
		f.edited(nil, broker.Edit{Ref: refOf(held[0]), Action: broker.Cancel})
		old := held[1]
		old.ID = f.task("of that session").ID
		f.equal("told", len(w.cycle(settle(done(old, ""))).Cancelled), 0)
		f.equal("done", f.info().Done, int64(0))
	}},
	{"cancelled tasks are told in the order of their ids", func(f *fixture) {
		f.put("a", "b", "c", "d")
		w := f.worker("w")
		held := w.claim(4)
		for i := range held {
			f.edited(nil, broker.Edit{Ref: refOf(held[len(held)-1-i]), Action: broker.Cancel})
		}
		told := w.cycle().Cancelled
		f.equal("told", len(told), len(held))
		for i := range told[1:] {
			f.equal("in order", bytes.Compare(told[i].ID[:], told[i+1].ID[:]), -1)
		}
	}},
	{"a settle that counts for nothing leaves the mark", func(f *fixture) {
		f.put("a", "b")
		w, other := f.worker("w"), f.worker("other")
		held := w.claimed(2, "a", "b")
		w.cycle(settle(retry(held[0], 0)))
		again := other.claimed(1, "a")
		f.edited(nil, broker.Edit{Ref: refOf(again[0]), Action: broker.Cancel, Reason: "why"})
		w.cycle(settle(done(held[0], "")))
		w.cycle()
		f.equal("told", other.cycle().Cancelled, []broker.Cancelled{{ID: again[0].ID, Reason: "why"}})
	}},
	{"a mark ends with a death, and one of the next life stays", func(f *fixture) {
		f.put("a")
		w, v := f.worker("w"), f.worker("v")
		held := w.claimed(1, "a")
		cancel := broker.Edit{Ref: refOf(held[0]), Action: broker.Cancel, Reason: "why"}
		f.edited(nil, cancel)
		w.cycle(settle(dead(held[0], "end")))
		f.edited(nil, broker.Edit{Ref: refOf(held[0]), Action: broker.Requeue})
		g := v.cycle(want(1))
		f.equal("claimed and told", [...]int{len(g.Leases), len(g.Cancelled)}, [...]int{1, 0})
		f.edited(nil, cancel)
		w.cycle()
		f.equal("told", v.cycle().Cancelled, []broker.Cancelled{{ID: held[0].ID, Reason: "why"}})
	}},
	{"a mark ends with the last loss", func(f *fixture) {
		f.stop().enqueue(f.task("a", lost(broker.LostLimit-1)))
		w, v := f.worker("w"), f.worker("v")
		held := w.cycle(wantAny(1)).Leases
		f.edited(nil, broker.Edit{Ref: refOf(held[0]), Action: broker.Cancel})
		f.advance(lease)
		v.cycle()
		f.edited(nil, broker.Edit{Ref: refOf(held[0]), Action: broker.Requeue})
		g := v.cycle(want(1))
		f.equal("claimed and told", [...]int{len(g.Leases), len(g.Cancelled)}, [...]int{1, 0})
	}},
	{"a done task has no mark left", func(f *fixture) {
		f.put("a")
		w := f.worker("w")
		held := w.claimed(1, "a")
		f.edited(nil, broker.Edit{Ref: refOf(held[0]), Action: broker.Cancel})
		w.end(broker.Done, held...)
		f.equal("told", w.cycle(want(1)).Cancelled, []broker.Cancelled(nil))
		f.equal("done", f.info().Done, int64(1))
	}},
	{"tasks are deleted", func(f *fixture) {
		pending, scheduled, letter := f.stop().task("a", unique("k", 0), retention(time.Hour)), f.task("b", delay(time.Hour)), f.task("c")
		f.enqueue(letter)
		w := f.worker("w")
		w.cycle(settle(dead(w.claimed(1, "c")[0], "end")))
		f.enqueue(pending, scheduled)
		for _, m := range []broker.Message{pending, scheduled, letter} {
			f.edited(nil, broker.Edit{Ref: f.ref(m), Action: broker.Delete})
			f.equal("state", f.find(m.ID).State, broker.StateUnknown)
		}
		n := f.info()
		f.equal("counters", [...]int64{n.Deleted, n.Dead, n.Died, n.Pending, n.Scheduled, n.Active}, [...]int64{3, 0, 1, 0, 0, 0})
		f.enqueue(f.task("d", unique("k", 0)))
		w.claimed(9, "d")
	}},
	{"a dead letter begins anew", func(f *fixture) {
		a := f.stop().task("a", lost(1), priority(broker.High), unique("k", 0))
		f.enqueue(a)
		w := f.worker("w")
		end := dead(w.claimed(1, "a")[0], "end")
		end.At = f.now
		w.cycle(settle(end))
		f.advance(time.Minute)
		f.edited(nil, broker.Edit{Ref: f.ref(a), Action: broker.Requeue})
		l := w.claimed(1, "a")[0]
		want := broker.Renewed(end.Message())
		want.Ready = f.now
		f.equal("leased", l.Message, want)
		receipts := f.offer(f.task("b", unique("k", 0)))
		f.equal("holder", receipts[0].Existing, a.ID)
		n := f.info()
		f.equal("counters", [...]int64{n.Dead, n.Died}, [...]int64{0, 1})
	}},
	{"a dead letter whose key is taken goes on without it", func(f *fixture) {
		a := f.task("a", unique("k", 0))
		f.enqueue(a)
		w := f.worker("w")
		w.cycle(settle(dead(w.claimed(1, "a")[0], "end")))
		b := f.task("b", unique("k", 0))
		f.enqueue(b)
		f.edited(nil, broker.Edit{Ref: f.ref(a), Action: broker.Requeue})
		held := w.claimed(9, "b", "a")
		f.equal("key", held[1].Unique, broker.Unique{})
		w.end(broker.Done, held[1])
		f.equal("holder", f.offer(f.task("c", unique("k", 0)))[0].Existing, b.ID)
	}},
	{"a scheduled task runs now", func(f *fixture) {
		a := f.stop().task("a", delay(time.Hour))
		f.enqueue(a)
		f.edited(nil, broker.Edit{Ref: f.ref(a), Action: broker.Requeue})
		f.equal("ready", f.worker("w").claimed(1, "a")[0].Ready, f.now)
	}},
	{"a scheduled task is rescheduled", func(f *fixture) {
		a := f.stop().task("a", delay(time.Hour))
		f.enqueue(a)
		f.edited(nil, broker.Edit{Ref: f.ref(a), Action: broker.Reschedule, After: 2*time.Second - 1})
		f.equal("due", f.find(a.ID).At, f.now.Add(1999*time.Millisecond))
		w := f.worker("w")
		f.advance(1998 * time.Millisecond)
		w.claimed(1)
		f.advance(time.Millisecond)
		f.equal("ready", w.claimed(1, "a")[0].Ready, f.now)
	}},
	{"an edit says what is in its way", func(f *fixture) {
		f.put("a")
		w := f.worker("w")
		active := refOf(w.claimed(1, "a")[0])
		b := f.task("b")
		f.enqueue(b)
		unknown := f.ref(f.task("x"))
		for _, tt := range []struct {
			ref    broker.Ref
			action broker.Action
			want   error
		}{
			{active, broker.Delete, broker.ErrState},
			{active, broker.Requeue, broker.ErrState},
			{active, broker.Reschedule, broker.ErrState},
			{f.ref(b), broker.Requeue, broker.ErrState},
			{f.ref(b), broker.Reschedule, broker.ErrState},
			{unknown, broker.Cancel, broker.ErrNotFound},
			{unknown, broker.Delete, broker.ErrNotFound},
		} {
			f.edited(tt.want, broker.Edit{Ref: tt.ref, Action: tt.action})
		}
		w.claimed(9, "b")
	}},
	{"edits stand each for itself", func(f *fixture) {
		a, b := f.task("a"), f.task("b")
		f.enqueue(a, b)
		receipts, err := f.Broker.Edit(f.Context(), []broker.Edit{
			{Ref: f.ref(a), Action: broker.Delete}, {Ref: f.ref(a), Action: broker.Delete}, {Ref: f.ref(b), Action: broker.Delete},
		})
		f.equal("error", err, nil)
		f.equal("receipts", receipts, []broker.Receipt{{Index: 1, Err: broker.ErrNotFound}})
		f.equal("deleted", f.info().Deleted, int64(2))
	}},
	{"a paused queue gives nothing", func(f *fixture) {
		f.stop().put("a")
		f.enqueue(f.task("b", delay(time.Second)))
		w := f.worker("w")
		held := w.claimed(1, "a")
		f.configure(broker.Settings{Paused: true})
		f.put("c")
		f.advance(time.Second)
		g := w.cycle(want(9), settle(ends(broker.Done, held...)...))
		f.equal("grant", broker.Grant{Leases: g.Leases, More: g.More}, broker.Grant{})
		f.equal("promoted", f.info().Pending, int64(2))
		f.equal("settings", f.info().Settings, broker.Settings{Version: 1, Paused: true})
		f.blocks(f.queue)
		f.configure(broker.Settings{})
		f.wait(f.queue)
		w.claimed(9, "c", "b")
	}},
	{"settings are replaced at the version that is known, or not at all", func(f *fixture) {
		try := func(version uint64, most int64) error {
			return f.Broker.Configure(f.Context(), f.queue, broker.Settings{Version: version, MaxTasks: most})
		}
		f.equal("of none", try(1, 1), broker.ErrStale)
		f.equal("first", try(broker.Unset, 2), nil)
		f.equal("first again", try(broker.Unset, 3), broker.ErrStale)
		f.equal("known", try(1, 4), nil)
		f.equal("known no more", try(1, 5), broker.ErrStale)
		f.equal("settings", f.info().Settings, broker.Settings{Version: 2, MaxTasks: 4})
		f.equal("whatever", try(0, 0), nil)
		f.equal("settings", f.info().Settings, broker.Settings{Version: 3})
	}},
	{"wait wakes when a queue is resumed", func(f *fixture) {
		f.put("a")
		f.configure(broker.Settings{Paused: true})
		woken := f.waiting(f.queue)
		f.configure(broker.Settings{})
		f.equal("queue", receive(f, woken), f.queue)
	}},
	{"a queue takes no more than its limit", func(f *fixture) {
		f.configure(broker.Settings{MaxTasks: 3})
		f.enqueue(f.task("a"), f.task("b", delay(time.Hour)))
		full := []broker.Receipt{{Index: 1, Err: broker.ErrFull}}
		f.equal("receipts", f.offer(f.task("c", unique("k", 0)), f.task("d", unique("l", 0))), full)
		w := f.worker("w")
		held := w.claimed(1, "a")
		f.enqueue(f.task("e", unique("l", 0)))
		w.cycle(settle(release(held[0], 0)))
		f.equal("pending", f.info().Pending, int64(3))
	}},
	{"a limit counts every message of a large batch", func(f *fixture) {
		f.configure(broker.Settings{MaxTasks: 50})
		var all []broker.Message
		for range 60 {
			all = append(all, f.task("x"))
		}
		f.equal("refused", len(f.offer(all...)), 10)
		f.equal("pending", f.info().Pending, int64(50))
	}},
	{"a once is accepted once", func(f *fixture) {
		tick := func(label string, seq int64) broker.Message {
			return f.task(label, func(m *broker.Message) { m.Once = broker.Once{Name: "hourly", Seq: seq} })
		}
		f.enqueue(tick("a", 5))
		stale := []broker.Receipt{{Index: 0, Err: broker.ErrStale}, {Index: 1, Err: broker.ErrStale}}
		f.equal("receipts", f.offer(tick("b", 5), tick("c", 4)), stale)
		f.enqueue(tick("d", 6), f.task("e", func(m *broker.Message) { m.Once = broker.Once{Name: "daily", Seq: 1} }))
		for _, l := range f.worker("w").claimed(9, "a", "d", "e") {
			f.equal("once", l.Once, broker.Once{})
		}
		f.equal("marks", f.marks("hourly", "never", "daily"), []int64{6, 0, 1})
	}},
	{"a once is used up by a duplicate, not by a full queue", func(f *fixture) {
		once := func(seq int64) func(*broker.Message) {
			return func(m *broker.Message) { m.Once = broker.Once{Name: "n", Seq: seq} }
		}
		f.enqueue(f.task("a", unique("k", 0)))
		f.equal("error", f.offer(f.task("b", unique("k", 0), once(1)))[0].Err, broker.ErrDuplicate)
		f.equal("marks", f.marks("n"), []int64{1})
		f.configure(broker.Settings{MaxTasks: 1})
		f.equal("error", f.offer(f.task("c", once(2)))[0].Err, broker.ErrFull)
		f.equal("error", f.offer(f.task("d", once(1)))[0].Err, broker.ErrStale)
		f.equal("marks", f.marks("n"), []int64{1})
	}},
	{"queues are purged", func(f *fixture) {
		for range 3 {
			f.put("dead")
		}
		w := f.worker("w")
		w.end(broker.Dead, w.claim(3)...)
		f.putEach(broker.Low, broker.Critical, broker.Normal)
		f.putMany(1100)
		f.enqueue(f.task("u", unique("k", 0)), f.task("s", delay(time.Hour)))
		for _, tt := range []struct {
			state broker.State
			n     int64
		}{{broker.Pending, 1104}, {broker.Scheduled, 1}, {broker.StateDead, 3}, {broker.StateDead, 0}} {
			n, err := f.Broker.Purge(f.Context(), f.queue, tt.state)
			f.equal("error", err, nil)
			f.equal("purged", n, tt.n)
		}
		n := f.info()
		f.equal("counters", [...]int64{n.Pending, n.Scheduled, n.Active, n.Dead, n.Deleted}, [...]int64{0, 0, 0, 0, 1108})
		f.enqueue(f.task("v", unique("k", 0)))
	}},
	{"progress is seen while the task runs", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		held := w.claimed(2, "a", "b")
		w.cycle(tell(held[0], "10 %"), settle(done(held[1], "")))
		f.equal("progress", string(f.find(held[0].ID).Progress), "10 %")
		w.cycle(tell(held[0], "20 %", "30 %"))
		f.equal("progress", string(f.find(held[0].ID).Progress), "30 %")
		w.cycle(settle(release(held[0], 0)))
		f.equal("progress of a pending task", f.find(held[0].ID).Progress, []byte(nil))
		held = w.claimed(1, "a")
		f.equal("progress of the next run", f.find(held[0].ID).Progress, []byte(nil))
		w.cycle(tell(held[0], "40 %"), settle(retry(held[0], 0)))
		f.equal("progress of a settled task", f.find(held[0].ID).Progress, []byte(nil))
	}},
	{"progress goes with a loss", func(f *fixture) {
		f.stop().put("a", "b")
		w, v, other := f.worker("w"), f.worker("v"), f.worker("other")
		lost := w.claimed(1, "a")
		w.cycle(tell(lost[0], "half"))
		left := v.claimed(1, "b")
		v.cycle(tell(left[0], "half"))
		v.cycle(leave)
		f.advance(lease)
		other.cycle()
		other.cycle(want(2))
		for _, l := range []broker.Lease{lost[0], left[0]} {
			f.equal("progress", f.find(l.ID).Progress, []byte(nil))
		}
	}},
}

func (f *fixture) ref(m broker.Message) broker.Ref { return broker.Ref{Queue: m.Queue, ID: m.ID} }

func refOf(l broker.Lease) broker.Ref { return broker.Ref{Queue: l.Queue, ID: l.ID} }

// edited makes one edit and expects its error.
func (f *fixture) edited(want error, e broker.Edit) {
	f.Helper()
	receipts, err := f.Broker.Edit(f.Context(), []broker.Edit{e})
	f.equal("error", err, nil)
	var got error
	if len(receipts) > 0 {
		got = receipts[0].Err
	}
	f.equal("error of the edit", got, want)
}

func (f *fixture) configure(s broker.Settings) {
	f.Helper()
	f.equal("configure", f.Broker.Configure(f.Context(), f.queue, s), nil)
}

func (f *fixture) marks(names ...string) []int64 {
	f.Helper()
	marks, err := f.Broker.Marks(f.Context(), f.queue, names)
	f.equal("error", err, nil)
	return marks
}

// tell makes a cycle tell of progress.
func tell(l broker.Lease, data ...string) func(*broker.Cycle) {
	return func(c *broker.Cycle) {
		for _, d := range data {
			c.Progress = append(c.Progress, broker.Progress{Lease: &l, Data: []byte(d)})
		}
	}
}
