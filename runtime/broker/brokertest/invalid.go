package brokertest

import (
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var invalidTests = []test{
	{"an invalid message is refused and nothing is done", func(f *fixture) {
		for name, spoil := range invalidMessages {
			want := broker.ErrInvalid
			if strings.HasPrefix(name, "large") {
				want = broker.ErrTooLarge
			}
			_, err := f.Broker.Enqueue(f.Context(), []broker.Message{f.task("a"), f.task("b", spoil)})
			f.equal(name, err, want)
		}
		f.equal("info", f.info(), broker.QueueInfo{Queue: f.queue})
	}},
	{"an invalid cycle is refused and nothing is done", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		held := w.claimed(1, "a")
		before := f.info()
		for name, spoil := range invalidCycles(held[0]) {
			c := w.next
			c.Want.Max, c.Settle = 1, ends(broker.Done, held...)
			spoil(&c)
			_, err := f.Broker.Cycle(f.Context(), c)
			f.equal(name, err, broker.ErrInvalid)
		}
		f.equal("counters", f.info(), before)
		w.end(broker.Done, held...)
	}},
	{"a result that is too large is refused and nothing is done", func(f *fixture) {
		f.put("a")
		w := f.worker("w")
		l := w.claimed(1, "a")[0]
		w.refused(broker.ErrTooLarge, settle(done(l, strings.Repeat("x", broker.MaxPayloadBytes+1))))
		f.equal("active", f.info().Active, int64(1))
	}},
	{"a bad name is refused by every question", func(f *fixture) {
		const bad = "no spaces"
		_, err := f.Broker.Queues(f.Context(), f.queue, bad)
		f.equal("queues", err, broker.ErrInvalid)
		_, err = f.Broker.Find(f.Context(), []broker.Ref{{Queue: bad, ID: f.task("a").ID}})
		f.equal("find", err, broker.ErrInvalid)
		_, err = f.Broker.Wait(f.Context(), []string{f.queue, bad})
		f.equal("wait", err, broker.ErrInvalid)
		_, err = f.Broker.Wait(f.Context(), nil)
		f.equal("wait for nothing", err, broker.ErrInvalid)
		err = f.Broker.Watch(f.Context(), bad, func() {}, func(broker.Event) {})
		f.equal("watch", err, broker.ErrInvalid)
	}},
	{"an invalid list query is refused", func(f *fixture) {
		for name, q := range map[string]broker.ListQuery{
			"queue":     {Queue: "", State: broker.Pending, Limit: 1},
			"state":     {Queue: f.queue, State: broker.Active, Limit: 1},
			"no limit":  {Queue: f.queue, State: broker.Pending},
			"limit":     {Queue: f.queue, State: broker.Pending, Limit: broker.MaxPage + 1},
			"pending":   {Queue: f.queue, State: broker.Pending, Limit: 1, Cursor: "not a cursor"},
			"scheduled": {Queue: f.queue, State: broker.Scheduled, Limit: 1, Cursor: "not a cursor"},
			"dead":      {Queue: f.queue, State: broker.StateDead, Limit: 1, Cursor: "not a cursor"},
		} {
			_, err := f.Broker.List(f.Context(), q)
			f.equal(name, err, broker.ErrInvalid)
		}
	}},
}

var invalidMessages = map[string]func(*broker.Message){
	"id":              func(m *broker.Message) { m.ID = broker.ID{} },
	"queue":           func(m *broker.Message) { m.Queue = "a b" },
	"kind":            func(m *broker.Message) { m.Kind = "" },
	"unique key":      func(m *broker.Message) { m.Unique.Key = strings.Repeat("k", broker.MaxNameLen+1) },
	"group":           group("no spaces", ""),
	"long key":        group("g", strings.Repeat("k", broker.MaxNameLen+1)),
	"zero byte":       group("g", "k\x00"),
	"key, no group":   group("", "k"),
	"unique window":   func(m *broker.Message) { m.Unique.Window = time.Second },
	"short window":    unique("k", time.Millisecond-1),
	"negative window": unique("k", -1),
	"negative delay":  delay(-1),
	"long delay":      delay(broker.MaxDelay + 1),
	"delay and due":   func(m *broker.Message) { m.Delay, m.Due = time.Second, time.Now() },
	"timeout":         func(m *broker.Message) { m.Timeout = broker.MaxTimeout + 1 },
	"retention":       retention(-1),
	"payload":         func(m *broker.Message) { m.Payload = nil },
	"no runs":         func(m *broker.Message) { m.Max = 0 },
	"priority":        priority(broker.Critical + 1),
	"lost too often":  lost(broker.LostLimit),
	"failures":        func(m *broker.Message) { m.Failures = make([]broker.Failure, broker.MaxFailures+1) },
	"large payload":   payload('x', broker.MaxPayloadBytes+1),
	"large headers": func(m *broker.Message) {
		m.Headers = []broker.Header{{Key: "k", Value: strings.Repeat("v", broker.MaxHeaderBytes)}}
	},
}

func invalidCycles(l broker.Lease) map[string]func(*broker.Cycle) {
	return map[string]func(*broker.Cycle){
		"worker":   func(c *broker.Cycle) { c.Session.Worker = "" },
		"queue":    func(c *broker.Cycle) { c.Session.Queue = "a b" },
		"zero":     func(c *broker.Cycle) { c.Seq = 0 },
		"seq":      func(c *broker.Cycle) { c.Seq = broker.MaxSeq + 1 },
		"short":    func(c *broker.Cycle) { c.Lease = broker.MinLease - 1 },
		"long":     func(c *broker.Cycle) { c.Lease = broker.MaxLease + 1 },
		"want":     func(c *broker.Cycle) { c.Want.Max = -1 },
		"settles":  func(c *broker.Cycle) { c.Settle = make([]broker.Settle, broker.MaxBatch+1) },
		"no lease": func(c *broker.Cycle) { c.Settle[0].Lease = nil },
		"outcome":  func(c *broker.Cycle) { c.Settle[0].Outcome = broker.Park + 1 },
		"unpark":   func(c *broker.Cycle) { c.Unpark = []broker.Shape{{Kind: "a b"}} },
		"unparks":  func(c *broker.Cycle) { c.Unpark = make([]broker.Shape, broker.MaxShapes+1) },
		"none":     func(c *broker.Cycle) { c.Settle[0].Outcome = 0 },
		"after":    func(c *broker.Cycle) { c.Settle = []broker.Settle{retry(l, -1)} },
		"for ever": func(c *broker.Cycle) { c.Settle = []broker.Settle{retry(l, broker.MaxDelay+1)} },
	}
}
