package redisbroker

import (
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
)

// TestMovingSlot moves the queue's slot from node to node under load, key by key:
// in between commands meet ASK, TRYAGAIN and MOVED.
func TestMovingSlot(t *testing.T) {
	long(t)
	c := redistest.StartCluster(t, 3)
	r := newRig(t, mustOpen(t, c.URL(), Config{Logger: quiet}))
	total := 3000
	tr := newTraffic(r, total)
	moves := make(chan int, 1)
	go func() {
		n := 0
		defer func() { moves <- n }()
		for ; n < 4; n++ {
			slot := c.Slot(t, r.key(""))
			m := c.Migrate(t, slot, c.Other(t, slot))
			for range 3 {
				m.Move(t, m.Keys(t, 2)...)
				time.Sleep(20 * time.Millisecond) // some load on a split slot
			}
			m.Finish(t)
			select {
			case <-tr.all:
				return
			case <-time.After(50 * time.Millisecond): // some load on a whole one
			}
		}
	}()
	tr.run(t, 4)
	if n := <-moves; n == 0 {
		t.Log("everything was done before the first move ended")
	}
	tr.verdict(t)
}

// TestAfterAMove: what was known of a slot does not keep anything waiting.
func TestAfterAMove(t *testing.T) {
	long(t)
	c := redistest.StartCluster(t, 3)
	r := newRig(t, mustOpen(t, c.URL(), Config{Logger: quiet}))
	r.put(r.tasks(40, "x")...)
	h := r.hand("w")
	h.cycle(10)
	slot := c.Slot(t, r.key(""))
	c.Migrate(t, slot, c.Other(t, slot)).Finish(t)
	start := time.Now()
	if g := h.cycle(10); len(g.Leases) != 10 {
		t.Errorf("%d leases", len(g.Leases))
	}
	r.put(r.tasks(20, "bulk")...)
	r.put(r.tasks(1, "few")...)
	h.leave()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if n := r.info(); n.Pending != 61 || n.Active != 0 {
		t.Errorf("%+v", n)
	}
	r.sound()
}
