package brokertest

import (
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var inspectTests = []test{
	{"a task is found in every state", func(f *fixture) {
		a, b, c := f.stop().task("a"), f.task("b"), f.task("c", delay(time.Minute))
		f.enqueue(a, b, c)
		w := f.worker("w")
		w.claimed(1, "a")
		for _, x := range []struct {
			m     broker.Message
			state broker.State
			ready time.Time
			at    time.Time
		}{
			{a, broker.Active, f.now, time.Time{}},
			{b, broker.Pending, f.now, time.Time{}},
			{c, broker.Scheduled, f.now.Add(time.Minute), f.now.Add(time.Minute)},
		} {
			want := x.m
			want.Delay, want.Ready = 0, x.ready
			ref := broker.Ref{Queue: f.queue, ID: want.ID}
			f.equal("entry", f.find(want.ID), broker.Entry{Ref: ref, State: x.state, Message: &want, At: x.at})
		}
	}},
	{"tasks are found in the order of the refs", func(f *fixture) {
		a, b := f.task("a"), f.task("b", func(m *broker.Message) { m.Queue = "other" })
		f.enqueue(a, b)
		refs := []broker.Ref{
			{Queue: "other", ID: b.ID}, {Queue: f.queue, ID: b.ID}, {Queue: "never", ID: a.ID}, {Queue: f.queue, ID: a.ID},
		}
		entries, err := f.Broker.Find(f.Context(), refs)
		f.equal("error", err, nil)
		var states []broker.State
		for i, e := range entries {
			f.equal("ref", e.Ref, refs[i])
			states = append(states, e.State)
		}
		f.equal("states", states, []broker.State{broker.Pending, broker.StateUnknown, broker.StateUnknown, broker.Pending})
	}},
	{"pending tasks are listed in the order of their lanes", func(f *fixture) {
		f.suspects("suspect")
		f.putEach(broker.Low, broker.Normal, broker.High, broker.Critical)
		f.putEach(broker.Low, broker.Normal, broker.High, broker.Critical)
		want := []string{"critical", "critical", "high", "high", "normal", "normal", "low", "low", "suspect"}
		for limit := 1; limit <= len(want)+1; limit++ {
			f.listed(broker.Pending, limit, want...)
		}
	}},
	{"scheduled tasks are listed by due time and id", func(f *fixture) {
		f.stop().enqueue(f.task("d", delay(3*time.Second)), f.task("a", delay(time.Second)))
		same := []broker.Message{f.task("b", delay(2*time.Second)), f.task("c", delay(2*time.Second))}
		slices.SortFunc(same, func(x, y broker.Message) int { return slices.Compare(x.ID[:], y.ID[:]) })
		f.enqueue(same[1], same[0])
		want := []string{"a", string(same[0].Payload), string(same[1].Payload), "d"}
		for limit := 1; limit <= len(want)+1; limit++ {
			f.listed(broker.Scheduled, limit, want...)
		}
		e := f.list(broker.Scheduled, 1)[0]
		f.equal("due", e.At, f.now.Add(time.Second))
		f.equal("ready", e.Message.Ready, e.At)
	}},
	{"dead letters are listed from the newest", func(f *fixture) {
		f.stop().put("a", "b", "c", "d")
		w := f.worker("w")
		held := w.claim(4)
		w.cycle(settle(dead(held[2], "two")))
		f.advance(time.Second)
		w.end(broker.Dead, held[0])
		f.advance(time.Second)
		w.end(broker.Dead, held[1], held[3])
		newest := []string{"b", "d"}
		if slices.Compare(held[1].ID[:], held[3].ID[:]) < 0 {
			newest = []string{"d", "b"}
		}
		want := append(newest, "a", "c")
		for limit := 1; limit <= len(want)+1; limit++ {
			f.listed(broker.StateDead, limit, want...)
		}
		e := f.list(broker.StateDead, 9)[3]
		f.equal("reason", e.Reason, "two")
		f.equal("at", e.At, f.now.Add(-2*time.Second))
		f.equal("state", e.State, broker.StateDead)
	}},
	{"each of FindLimit pending tasks is found", func(f *fixture) {
		var refs []broker.Ref
		for range broker.FindLimit / broker.MaxBatch {
			messages := make([]broker.Message, broker.MaxBatch)
			for i := range messages {
				messages[i] = f.task("x")
			}
			f.enqueue(messages...)
			refs = append(refs, broker.Ref{Queue: f.queue, ID: messages[0].ID}, broker.Ref{Queue: f.queue, ID: messages[len(messages)-1].ID})
		}
		entries, err := f.Broker.Find(f.Context(), refs)
		f.equal("error", err, nil)
		for i, e := range entries {
			f.equal("ref", e.Ref, refs[i])
			f.equal("state", e.State, broker.Pending)
		}
	}},
	{"a task is found in its lane", func(f *fixture) {
		for p := broker.Low; p <= broker.Critical; p++ {
			a, s := f.task("a", priority(p)), f.task("s", priority(p), lost(broker.SuspectAfter))
			f.enqueue(a, s)
			f.equal("state", f.find(a.ID).State, broker.Pending)
			f.equal("state", f.find(s.ID).State, broker.Pending)
			f.equal("lost", f.find(s.ID).Message.Lost, uint8(broker.SuspectAfter))
		}
	}},
	{"long lists come in full", func(f *fixture) {
		f.stop().putMany(broker.MaxPage + 30)
		f.equal("pending", len(f.list(broker.Pending, broker.MaxPage)), broker.MaxPage+30)
		w := f.worker("w")
		for _, n := range []int{broker.MaxPage, 30} {
			w.end(broker.Dead, w.claim(n)...)
		}
		f.equal("dead", len(f.list(broker.StateDead, broker.MaxPage)), broker.MaxPage+30)
	}},
	{"an empty list is an empty page", func(f *fixture) {
		for _, s := range []broker.State{broker.Pending, broker.Scheduled, broker.StateDead} {
			p, err := f.Broker.List(f.Context(), broker.ListQuery{Queue: "never", State: s, Limit: 1})
			f.equal("error", err, nil)
			f.equal("page", p, broker.Page{})
		}
	}},
	{"a queue is counted", func(f *fixture) {
		f.stop().enqueue(f.task("scheduled", delay(time.Hour)), f.task("lost", lost(1)))
		f.put("done", "retry", "release", "dead", "discard", "active", "pending")
		f.worker("lost").claim(1)
		f.advance(lease)
		w := f.worker("w")
		l := w.claim(6)
		f.equal("duplicates are not counted", len(f.offer(f.task("u", unique("k", 0)), f.task("v", unique("k", 0)))), 1)
		w.cycle(settle(done(l[0], ""), retry(l[1], time.Hour), release(l[2], 0), dead(l[3], ""), discard(l[4], "")))
		f.equal("info", f.info(), broker.QueueInfo{
			Queue: f.queue, Pending: 4, Scheduled: 2, Active: 1, Dead: 1, Sessions: 1,
			Enqueued: 10, Done: 1, Retried: 1, Released: 1, Died: 1, Discarded: 1, Lost: 1,
		})
	}},
	{"used queues are listed by name", func(f *fixture) {
		for _, q := range []string{"b", "c", "a", "a.b", "A"} {
			f.enqueue(f.task("x", func(m *broker.Message) { m.Queue = q }))
		}
		infos, err := f.Broker.Queues(f.Context())
		f.equal("error", err, nil)
		var names []string
		for _, i := range infos {
			names = append(names, i.Queue)
			f.equal("pending", i.Pending, int64(1))
		}
		f.equal("names", names, []string{"A", "a", "a.b", "b", "c"})
	}},
	{"a queue stays listed when it is empty, and is not before anything got in", func(f *fixture) {
		f.put("a")
		w, elsewhere := f.worker("w"), f.worker("w")
		w.end(broker.Done, w.claimed(1, "a")...)
		elsewhere.next.Session.Queue = "elsewhere"
		elsewhere.cycle(want(1))
		infos, err := f.Broker.Queues(f.Context())
		f.equal("error", err, nil)
		f.equal("infos", infos, []broker.QueueInfo{{Queue: f.queue, Sessions: 1, Enqueued: 1, Done: 1}})
		infos, err = f.Broker.Queues(f.Context(), "elsewhere")
		f.equal("error", err, nil)
		f.equal("infos", infos, []broker.QueueInfo{{Queue: "elsewhere", Sessions: 1}})
	}},
	{"named queues are reported in their order, unused ones with zeros", func(f *fixture) {
		f.put("x")
		infos, err := f.Broker.Queues(f.Context(), "never", f.queue, "ever")
		f.equal("error", err, nil)
		f.equal("infos", infos, []broker.QueueInfo{
			{Queue: "never"}, {Queue: f.queue, Pending: 1, Enqueued: 1}, {Queue: "ever"},
		})
		infos, err = f.Broker.Queues(f.Context())
		f.equal("error", err, nil)
		f.equal("used queues", len(infos), 1)
	}},
}

// listed expects the labels of all pages of a state.
func (f *fixture) listed(s broker.State, limit int, labels ...string) {
	f.Helper()
	var got []string
	for _, e := range f.list(s, limit) {
		f.equal("state", e.State, s)
		f.equal("ref", e.Ref, broker.Ref{Queue: f.queue, ID: e.Message.ID})
		got = append(got, string(e.Message.Payload))
	}
	f.equal("listed", got, labels)
}
