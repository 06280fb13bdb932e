package brokertest

import (
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var groupTests = []test{
	{"a group's lane is first in first out", func(f *fixture) {
		f.enqueue(f.task("a", group("g", "k")), f.task("b", group("g", "k")))
		f.enqueue(f.task("c", group("g", "k")))
		w := f.worker("w")
		l := w.claimed(2, "a", "b")
		f.equal("group and key", [...]string{l[0].Group, l[0].Key}, [...]string{"g", "k"})
		w.claimed(2, "c")
	}},
	{"one claim takes from one key after the other", func(f *fixture) {
		f.enqueue(f.task("a", group("g", "k")), f.task("b", group("g", "l")), f.task("c", group("g", "k")), f.task("d", group("h", "k")))
		w := f.worker("w")
		l := w.claimed(3, "a", "c", "d")
		f.equal("index", [...]int{l[0].Index, l[1].Index, l[2].Index}, [...]int{0, 1, 2})
		f.equal("claim", l[2].Claim, uint64(1))
		w.claimed(9, "b")
	}},
	{"a claim ends where it is somebody else's turn", func(f *fixture) {
		f.enqueue(f.task("a", group("g", "")), f.task("b", group("h", "")), f.task("low", group("g", ""), priority(broker.Low)))
		w := f.worker("w")
		w.claimed(9, "a", "b")
		f.enqueue(f.task("c", group("g", "")), f.task("d", group("h", "")))
		f.put("plain")
		w.claimed(1, "plain")
		f.put("plain too")
		w.claimed(9, "c", "d")
		w.claimed(9, "plain too")
		w.claimed(9, "low")
	}},
	{"a claim looks at so many lanes", func(f *fixture) {
		for i := range broker.AsideBatch + 5 {
			f.enqueue(f.task(name("t", i), group("g", name("k", i))))
		}
		w := f.worker("w")
		f.equal("first", len(w.claim(broker.MaxBatch)), broker.AsideBatch)
		f.equal("then", len(w.claim(broker.MaxBatch)), 5)
	}},
	{"tasks of many lanes in one claim go each its way", func(f *fixture) {
		f.configure(broker.Settings{Groups: map[string]broker.Limit{"g": {KeyConcurrency: 2, Concurrency: 5}}})
		for _, key := range []string{"k", "l", "m"} {
			f.enqueue(f.numbered("g", key, 3)...)
		}
		w := f.worker("w")
		l := w.claim(9)
		var keys []string
		for i := range l {
			keys = append(keys, l[i].Key+string(l[i].Payload))
		}
		f.equal("claimed", keys, []string{"k0", "k1", "l0", "l1", "m0"})
		f.equal("more", w.cycle(want(9)).More, false)
		g := w.cycle(want(9), settle(done(l[2], ""), release(l[0], 0), retry(l[4], time.Hour)))
		keys = nil
		for i := range g.Leases {
			keys = append(keys, g.Leases[i].Key+string(g.Leases[i].Payload))
		}
		f.equal("claimed", keys, []string{"k0", "l2", "m1"})
		f.audit()
		w.cycle(leave)
		f.equal("pending", f.info().Pending, int64(7))
		f.audit()
	}},
	{"a lost claim of many lanes comes back to each", func(f *fixture) {
		f.stop().configure(broker.Settings{Groups: map[string]broker.Limit{"g": {KeyConcurrency: 1}}})
		for _, key := range []string{"k", "l", "m"} {
			f.enqueue(f.numbered("g", key, 2)...)
		}
		w := f.worker("w")
		l := w.claimed(9, "0", "0", "0")
		w.end(broker.Done, l[1])
		f.advance(lease)
		v := f.worker("v")
		f.equal("claimed", len(v.claimed(9, "1")), 1)
		f.audit()
		v.claimed(9, "0", "0")
	}},
	{"a group and the tasks without one take turns", func(f *fixture) {
		f.put("1", "2", "3")
		f.enqueue(f.task("a", group("g", "")), f.task("b", group("g", "")), f.task("c", group("g", "")))
		w := f.worker("w")
		for _, label := range []string{"1", "a", "2", "b", "3", "c"} {
			w.claimed(1, label)
		}
	}},
	{"groups take turns, whatever they have", func(f *fixture) {
		for i := range 3 {
			f.enqueue(f.task(name("g", i), group("g", "")))
		}
		f.enqueue(f.task("h", group("h", "")))
		w := f.worker("w")
		for _, label := range []string{"g-000", "h", "g-001"} {
			w.claimed(1, label)
		}
		f.enqueue(f.task("i", group("i", "")))
		w.claimed(9, "g-002", "i")
	}},
	{"the keys of a group take turns", func(f *fixture) {
		for i := range 3 {
			f.enqueue(f.task(name("k", i), group("g", "k")), f.task(name("l", i), group("g", "l")))
		}
		w := f.worker("w")
		for _, label := range []string{"k-000", "l-000", "k-001"} {
			w.claimed(1, label)
		}
		f.enqueue(f.task("m", group("g", "m")))
		w.claimed(1, "l-001")
		w.claimed(1, "k-002")
		w.claimed(1, "m")
	}},
	{"groups of a higher priority come first", func(f *fixture) {
		f.enqueue(f.task("low", group("g", ""), priority(broker.Low)), f.task("critical", group("g", ""), priority(broker.Critical)))
		f.put("normal")
		w := f.worker("w")
		for _, label := range []string{"critical", "normal", "low"} {
			w.claimed(9, label)
		}
		f.enqueue(f.task("low", group("g", ""), priority(broker.Low)), f.task("critical", group("g", ""), priority(broker.Critical)))
		f.equal("in reverse", labelsOf(w.cycle(seq(broker.FairnessInterval), want(9)).Leases), []string{"low"})
	}},
	{"a suspect is in no group", func(f *fixture) {
		f.configure(broker.Settings{Groups: map[string]broker.Limit{"g": {Concurrency: 1}}})
		f.enqueue(f.task("s", group("g", ""), lost(broker.SuspectAfter)), f.task("t", group("g", ""), lost(broker.SuspectAfter)))
		f.enqueue(f.task("a", group("g", "")))
		w := f.worker("w")
		for _, label := range []string{"a", "s", "t"} {
			f.equal("claimed", labelsOf(w.cycle(wantAny(9)).Leases), []string{label})
		}
	}},
	{"what comes back goes to its group's lane", func(f *fixture) {
		f.stop().enqueue(f.task("a", group("g", "k")), f.task("b", group("g", "k")), f.task("c", group("g", "k")))
		w := f.worker("w")
		l := w.claimed(2, "a", "b")
		w.cycle(settle(retry(l[0], time.Second), release(l[1], 0)))
		w.claimed(9, "b", "c")
		f.advance(time.Second)
		w.claimed(9, "a")
		f.advance(lease)
		other := f.worker("other")
		for range 2 {
			other.cycle()
		}
		other.claimed(9, "b", "c", "a")
	}},
	{"what is lost twice leaves its group", func(f *fixture) {
		f.stop().enqueue(f.task("a", group("g", "k"), lost(broker.SuspectAfter-1)))
		f.worker("w").claimed(1, "a")
		f.advance(lease)
		other := f.worker("other")
		other.cycle()
		other.claimed(9)
		f.equal("claimed", labelsOf(other.cycle(wantAny(9)).Leases), []string{"a"})
	}},
	{"who leaves gives back to the groups' lanes", func(f *fixture) {
		f.configure(broker.Settings{Groups: map[string]broker.Limit{"g": {KeyConcurrency: 2}}})
		f.enqueue(f.task("a", group("g", "k")), f.task("b", group("g", "k")), f.task("c", group("g", "k")))
		w := f.worker("w")
		w.claimed(9, "a", "b")
		f.equal("more", w.cycle(want(1)).More, false)
		w.cycle(leave)
		f.worker("other").claimed(9, "a", "b")
	}},
	{"the tasks of groups are counted, found and listed", func(f *fixture) {
		all := []broker.Message{
			f.task("3", group("h", "a")), f.task("2", group("g", "kk")), f.task("1", group("g", "k")),
			f.task("0", group("g", "")), f.task("1b", group("g", "k")), f.task("low", group("a", ""), priority(broker.Low)),
		}
		f.enqueue(all...)
		f.put("plain")
		f.suspects("suspect")
		f.equal("pending", f.info().Pending, int64(len(all)+2))
		for _, m := range all {
			e := f.find(m.ID)
			f.equal("found", [...]string{e.State.String(), string(e.Message.Payload), e.Message.Group, e.Message.Key},
				[...]string{"pending", string(m.Payload), m.Group, m.Key})
		}
		for limit := 1; limit <= 9; limit++ {
			f.listed(broker.Pending, limit, "plain", "0", "1", "1b", "2", "3", "low", "suspect")
		}
	}},
	{"the tasks of groups are edited and purged", func(f *fixture) {
		a, b, c := f.stop().task("a", group("g", "k")), f.task("b", group("g", "k"), retention(time.Minute)), f.task("c", group("g", "k"))
		f.enqueue(a, b, c, f.task("d", group("g", "l")))
		f.edited(nil, broker.Edit{Ref: f.ref(a), Action: broker.Delete})
		f.edited(nil, broker.Edit{Ref: f.ref(b), Action: broker.Cancel, Reason: "why"})
		f.equal("found", f.find(b.ID).Reason, "why")
		w := f.worker("w")
		w.claimed(1, "c")
		f.enqueue(f.task("e", group("h", "")))
		n, err := f.Broker.Purge(f.Context(), f.queue, broker.Pending)
		f.equal("purged", n, int64(2))
		f.equal("error", err, nil)
		f.equal("more", w.cycle(want(9)).More, false)
		f.equal("counters", [...]int64{f.info().Pending, f.info().Deleted}, [...]int64{0, 3})
	}},
	{"a limit of tasks counts those of groups", func(f *fixture) {
		f.configure(broker.Settings{MaxTasks: 2})
		f.put("a")
		f.enqueue(f.task("b", group("g", "")))
		f.equal("error", f.offer(f.task("c", group("g", "")))[0].Err, broker.ErrFull)
	}},
	{"a key with many tasks does not hold up keys with few", func(f *fixture) {
		const many, few, each = 20_000, 100, 10
		for from := 0; from < many; from += broker.MaxBatch {
			f.enqueue(f.tasksOf("big", "g", "big", broker.MaxBatch)...)
		}
		for i := range few {
			f.enqueue(f.tasksOf("small", "g", name("small", i), each)...)
		}
		w := f.worker("w")
		claims, small := 0, 0
		for small < few*each {
			l := w.claim(each)
			w.end(broker.Done, l...)
			claims++
			if len(l) > 0 && string(l[0].Payload) == "small" {
				small += len(l)
			}
		}
		f.equal("claims at most one more than keys", claims <= few+2, true)
	}},
}

func group(name, key string) func(*broker.Message) {
	return func(m *broker.Message) { m.Group, m.Key = name, key }
}

// tasksOf makes n tasks of one key, all with one label.
func (f *fixture) tasksOf(label, g, key string, n int) []broker.Message {
	all := make([]broker.Message, n)
	for i := range all {
		all[i] = f.task(label, group(g, key))
	}
	return all
}

// numbered makes n tasks of one key, labelled 0, 1, 2 ….
func (f *fixture) numbered(g, key string, n int) []broker.Message {
	all := f.tasksOf("", g, key, n)
	for i := range all {
		all[i].Payload = fmt.Append(nil, i)
	}
	return all
}
