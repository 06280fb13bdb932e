package membroker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

// batch makes n messages of 200 payload bytes.
func batch(n int) []broker.Message {
	messages := make([]broker.Message, n)
	for i := range messages {
		messages[i] = broker.Message{Queue: "bench", Kind: "bench.Task", Max: 4, Payload: make([]byte, 200)}
	}
	return messages
}

func enqueue(b *testing.B, q broker.Queue, messages []broker.Message) {
	for i := range messages {
		messages[i].ID = broker.NewID("bench", time.Now())
	}
	if receipts, err := q.Enqueue(b.Context(), messages); err != nil || receipts != nil {
		b.Fatal(receipts, err)
	}
}

// drain claims and finishes everything, a full batch a cycle.
func drain(b *testing.B, q broker.Queue) (n int) {
	c := broker.Cycle{
		Session: broker.Session{Worker: "w", Queue: "bench"},
		Lease:   time.Minute,
		Want:    broker.Want{Max: broker.MaxBatch},
	}
	for {
		c.Seq++
		g, err := q.Cycle(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		c.Settle = c.Settle[:0]
		for i := range g.Leases {
			c.Settle = append(c.Settle, broker.Settle{Lease: &g.Leases[i], Outcome: broker.Done})
		}
		n += len(g.Leases)
		if len(g.Leases) == 0 {
			return n
		}
	}
}

// BenchmarkMillion enqueues a million tasks and then drains them.
func BenchmarkMillion(b *testing.B) {
	const million = 1_000_000
	messages := batch(broker.MaxBatch)
	for b.Loop() {
		q := membroker.New(membroker.Config{})
		for range million / len(messages) {
			enqueue(b, q, messages)
		}
		if n := drain(b, q); n != million {
			b.Fatalf("drained %d of %d", n, million)
		}
	}
}

// BenchmarkCycle finishes a task, adds one and claims it, in a queue that is
// otherwise empty or holds a lot of everything.
func BenchmarkCycle(b *testing.B) {
	b.Run("empty", func(b *testing.B) { oneByOne(b, membroker.New(membroker.Config{})) })
	b.Run("full", func(b *testing.B) { oneByOne(b, full(b)) })
}

func oneByOne(b *testing.B, q broker.Queue) {
	one := batch(1)
	c := broker.Cycle{
		Session: broker.Session{Worker: "w", Queue: "bench"},
		Lease:   time.Minute,
		Want:    broker.Want{Max: 1},
	}
	one[0].Priority = broker.Critical
	b.ReportAllocs()
	for b.Loop() {
		enqueue(b, q, one)
		c.Seq++
		g, err := q.Cycle(b.Context(), c)
		if err != nil || len(g.Leases) != 1 {
			b.Fatal(g, err)
		}
		c.Settle = append(c.Settle[:0], broker.Settle{Lease: &g.Leases[0], Outcome: broker.Done})
	}
}

// full makes a broker with 100,000 pending, scheduled and dead tasks each, and
// 1,000 sessions with a claim.
func full(b *testing.B) *membroker.Broker {
	q := membroker.New(membroker.Config{})
	messages := batch(broker.MaxBatch)
	for range 100 {
		enqueue(b, q, messages)
		c := broker.Cycle{Session: broker.Session{Worker: "d", Queue: "bench"}, Seq: 1, Lease: time.Hour, Want: broker.Want{Max: broker.MaxBatch}}
		g, err := q.Cycle(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		for i := range g.Leases {
			c.Settle = append(c.Settle, broker.Settle{Lease: &g.Leases[i], Outcome: broker.Dead})
		}
		c.Seq, c.Leave = 2, true
		if _, err := q.Cycle(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	for i := range messages {
		messages[i].Delay = time.Hour
	}
	for range 100 {
		enqueue(b, q, messages)
	}
	for i := range messages {
		messages[i].Delay = 0
	}
	for range 101 {
		enqueue(b, q, messages)
	}
	for i := range 1000 {
		s := broker.Session{Worker: fmt.Sprint("s", i), Queue: "bench"}
		if _, err := q.Cycle(b.Context(), broker.Cycle{Session: s, Seq: 1, Lease: time.Hour, Want: broker.Want{Max: 1}}); err != nil {
			b.Fatal(err)
		}
	}
	return q
}
