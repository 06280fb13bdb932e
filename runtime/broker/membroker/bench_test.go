package membroker_test

import (
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
