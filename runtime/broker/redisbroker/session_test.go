package redisbroker

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// pair is two brokers at the same queue, as two processes are.
func pair(t *testing.T) (a, b *rig) {
	s, prefix := sharedServer(t)
	c := Config{Prefix: prefix + ":", Logger: quiet}
	return newRig(t, mustOpen(t, s.URL(), c)), newRig(t, mustOpen(t, s.URL(), c))
}

// TestTwoBrokersOneSession: what one remembers of a session does not stand in the
// way of what the other did.
func TestTwoBrokersOneSession(t *testing.T) {
	a, b := pair(t)
	a.put(a.tasks(30, "x")...)
	h := a.hand("w")
	g := h.cycle(10)
	h.r = b
	h.cycle(0, ends(broker.Done, g.Leases[:3]...)...)
	more := h.cycle(10)
	h.r = a
	h.cycle(0, ends(broker.Done, g.Leases[:5]...)...)
	h.cycle(0, ends(broker.Retry, more.Leases[:5]...)...)
	if n := a.info(); n.Done != 5 || n.Retried != 5 || n.Active != 10 {
		t.Errorf("%+v", n)
	}
	h.leave()
	// The name comes again: its claims have the same numbers and other tasks.
	h = b.hand("w")
	again := h.cycle(10)
	h.r = a
	h.next.Seq = 2
	h.cycle(0, ends(broker.Done, again.Leases...)...)
	if n := a.info(); n.Done != 15 {
		t.Errorf("%+v", n)
	}
	h.leave()
	a.sound()
}

// TestCyclesAtOnce breaks the rule of one cycle in flight: nothing is lost, and
// nothing panics.
func TestCyclesAtOnce(t *testing.T) {
	r := shared(t)
	r.put(r.tasks(200, "x")...)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var leases []broker.Lease
			for seq := uint64(1); seq < 40; seq++ {
				g, _ := r.b.Cycle(t.Context(), broker.Cycle{
					Session: broker.Session{Worker: "w", Queue: r.queue}, Seq: seq, Lease: time.Minute,
					Want: broker.Want{Max: 3}, Settle: ends(broker.Done, leases...),
				})
				leases = g.Leases
			}
		})
	}
	wg.Wait()
	r.sound()
	h := r.hand("w")
	h.next.Seq = 40
	h.leave()
	r.sound()
}

// TestNothingIsLeft drains a queue: what stays are counters, names and what
// expires.
func TestNothingIsLeft(t *testing.T) {
	s := redistest.Start(t)
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	r.put(r.tasks(50, "x")...)
	r.put(r.tasks(3, "y", func(m *broker.Message) { m.Unique.Key = m.ID.String() })...)
	r.put(r.tasks(3, large(20000), func(m *broker.Message) { m.Delay = time.Millisecond })...)
	time.Sleep(2 * time.Millisecond) // the server's clock is what counts
	h := r.hand("w")
	h.cycle(0)
	r.drain(h)
	h.leave()
	ctx, cancel := context.WithCancel(t.Context())
	ended := r.wait(ctx, r.queue)
	cancel()
	<-ended
	for _, key := range s.Do(t, "KEYS", "*").Strings() {
		switch ttl := s.Do(t, "PTTL", key).Text; {
		case key == "tq:schema", key == "tq:queues", key == r.key("count"), key == r.key("wake"):
		case ttl == "-1":
			t.Errorf("%s is left, a %s", key, s.Do(t, "TYPE", key).Text)
		}
	}
}

// TestSmallPool has a hundred callers share two connections.
func TestSmallPool(t *testing.T) {
	s, prefix := sharedServer(t)
	r := newRig(t, mustOpen(t, s.URL(), Config{Prefix: prefix + ":", Logger: quiet, PoolSize: 2}))
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			for range 10 {
				if receipts, err := r.b.Enqueue(t.Context(), r.tasks(1, "x")); err != nil || receipts != nil {
					t.Errorf("%v, %v", receipts, err)
				}
			}
		})
	}
	wg.Wait()
	if n := r.info(); n.Pending != 1000 {
		t.Errorf("%+v", n)
	}
}

// TestSetBack: a store that has forgotten cycles that it had answered, as a replica
// has that took over with less than its master, ends the session. Otherwise the task
// that it settled then would be its own for as long as it lives, and run nowhere.
func TestSetBack(t *testing.T) {
	r := shared(t)
	r.put(r.tasks(2, "x")...)
	h := r.hand("w")
	g := h.cycle(2)
	bits := r.b.commands.HGet(t.Context(), r.key("claims:w"), "1").Val()
	h.cycle(0, ends(broker.Done, g.Leases[0])...)
	r.do("hset", r.key("claims:w"), "1", bits)
	r.do("hset", r.key("sessions"), "w", 1)
	if _, err := r.b.Cycle(t.Context(), h.next); !errors.Is(err, broker.ErrFenced) {
		t.Fatalf("%v, want ErrFenced", err)
	}
	r.do("zadd", r.key("holders"), 1, "w") // its lease is over
	if n := r.drain(r.hand("next")); n != 2 {
		t.Errorf("%d tasks run, want 2", n)
	}
}
