package brokertest

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var byteTests = []test{
	{"every field of a message comes back", func(f *fixture) {
		m := f.stop().full()
		f.enqueue(m)
		want := m
		want.Ready = f.now
		w := f.worker("w")
		l := w.claim(1)[0]
		f.equal("leased", l.Message, want)
		w.cycle(settle(release(l, 0)))
		f.equal("found", *f.find(m.ID).Message, want)
		l = w.claim(1)[0]
		f.equal("released and leased", l.Message, want)
		w.cycle(settle(release(l, time.Second)))
		want.Ready = f.now.Add(time.Second)
		f.equal("scheduled", *f.find(m.ID).Message, want)
		f.advance(time.Second)
		l = w.claim(1)[0]
		f.equal("promoted and leased", l.Message, want)
		s := dead(l, "end")
		s.At = f.now
		w.cycle(settle(s))
		f.equal("dead", *f.find(m.ID).Message, s.Message())
	}},
	{"a message at its limits comes back", func(f *fixture) {
		m := f.stop().full()
		m.Kind, m.Unique.Key = strings.Repeat("k", broker.MaxNameLen), strings.Repeat("\xff", broker.MaxNameLen)
		m.Max, m.Priority, m.LostBefore = broker.MaxRetries+1, broker.Critical, 65535
		m.Headers, m.Failures = nil, nil
		for range broker.MaxHeaderBytes / 8 {
			m.Headers = append(m.Headers, broker.Header{Key: "key", Value: "value"})
		}
		for i := range broker.MaxFailures {
			m.Failures = append(m.Failures, broker.Failure{At: f.now, Attempt: uint8(255 - i), Reason: strings.Repeat("r", broker.MaxReasonBytes)})
		}
		f.enqueue(m)
		want := m
		want.Ready = f.now
		f.equal("leased", f.worker("w").claim(1)[0].Message, want)
	}},
	{"every field of a message survives a loss", func(f *fixture) {
		m := f.stop().full()
		f.enqueue(m)
		want := m
		want.Ready = f.now
		f.worker("w").claim(1)
		f.advance(lease)
		other := f.worker("other")
		other.cycle()
		want.Lost++
		f.equal("reclaimed", other.cycle(wantAny(1)).Leases[0].Message, want)
	}},
	{"the caller may reuse its bytes", func(f *fixture) {
		m := f.stop().full()
		want := m
		want.Ready = f.now
		want.Payload, want.Unknown = bytes.Clone(m.Payload), bytes.Clone(m.Unknown)
		want.Headers, want.Failures = slices.Clone(m.Headers), slices.Clone(m.Failures)
		f.enqueue(m)
		clear(m.Payload)
		clear(m.Unknown)
		clear(m.Headers)
		clear(m.Failures)
		f.equal("leased", f.worker("w").claim(1)[0].Message, want)
	}},
	{"the bytes of a lease never change", func(f *fixture) {
		m := f.stop().full()
		f.enqueue(m)
		w := f.worker("w")
		l := w.claim(1)[0]
		want := l.Message
		want.Payload, want.Unknown = bytes.Clone(l.Payload), bytes.Clone(l.Unknown)
		want.Headers, want.Failures = slices.Clone(l.Headers), slices.Clone(l.Failures)
		s := retry(l, 0)
		w.cycle(settle(s))
		for range 50 {
			f.putMany(20)
			w.end(broker.Retry, w.claim(broker.MaxBatch)...)
		}
		f.equal("lease", l.Message, want)
	}},
	{"payloads may hold any bytes and have any size", func(f *fixture) {
		var all []broker.Message
		for _, n := range []int{1, 2, 63, 64, 255, 256, 4095, 65535, 65536, 1 << 20, broker.MaxPayloadBytes} {
			m := f.task("", payload(0, n))
			for i := range m.Payload {
				m.Payload[i] = byte(i * n)
			}
			all = append(all, m)
		}
		f.enqueue(all...)
		w := f.worker("w")
		for i, l := range w.claim(len(all)) {
			f.equal("payload", l.Payload, all[i].Payload)
		}
	}},
	{"queues know nothing of each other", func(f *fixture) {
		queues := []string{"a", "b", "a:b", "a.b", "A", "0", "-", strings.Repeat("q", broker.MaxNameLen)}
		var all []broker.Message
		for range 3 {
			for _, q := range queues {
				all = append(all, f.task(q, func(m *broker.Message) { m.Queue = q }))
			}
		}
		f.enqueue(all...)
		for _, q := range queues {
			f.queue = q
			w := f.worker("w")
			held := w.claimed(9, q, q, q)
			w.cycle(settle(done(held[0], ""), dead(held[1], "")))
			n := f.info()
			f.equal("counters", [...]int64{n.Enqueued, n.Done, n.Dead, n.Active}, [...]int64{3, 1, 1, 1})
			f.audit()
		}
	}},
	{"one call enqueues to many queues", func(f *fixture) {
		var all []broker.Message
		for i := range 300 {
			q := name("queue", i%100)
			all = append(all, f.task(q, unique("key", 0), func(m *broker.Message) { m.Queue = q }))
		}
		receipts := f.offer(all...)
		f.equal("receipts", len(receipts), 200)
		for i, r := range receipts {
			f.equal("receipt", r, broker.Receipt{Index: 100 + i, Existing: all[i%100].ID, Err: broker.ErrDuplicate})
		}
		infos, err := f.Broker.Queues(f.Context())
		f.equal("error", err, nil)
		f.equal("queues", len(infos), 100)
	}},
	{"nothing enqueued is nothing done", func(f *fixture) {
		f.equal("receipts", f.offer(), []broker.Receipt(nil))
		entries, err := f.Broker.Find(f.Context(), nil)
		f.equal("error", err, nil)
		f.equal("entries", entries, []broker.Entry(nil))
		infos, err := f.Broker.Queues(f.Context())
		f.equal("error", err, nil)
		f.equal("queues", infos, []broker.QueueInfo(nil))
	}},
}

// full makes a message with every field that a store keeps.
func (f *fixture) full() broker.Message {
	at := f.now.Add(-time.Hour)
	return f.task("payload", func(m *broker.Message) {
		m.Version, m.Priority = 65535, broker.High
		m.Attempts, m.Lost, m.LostBefore, m.Max = 3, 1, 1000, 255
		m.Timeout, m.Retention = broker.MaxTimeout, broker.MaxDelay
		m.Unique = broker.Unique{Key: "the key", Window: broker.MaxDelay}
		m.Headers = []broker.Header{{Key: "traceparent", Value: "00-1"}, {Key: "", Value: "ü"}, {Key: "traceparent", Value: ""}}
		m.Failures = []broker.Failure{{At: at, Attempt: 2, Reason: "no\nroute"}, {At: at.Add(time.Millisecond), Attempt: 3}}
	})
}
