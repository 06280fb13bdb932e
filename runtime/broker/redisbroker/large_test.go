package redisbroker

import (
	"fmt"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// bytesOfLeases is what a grant carries.
func bytesOfLeases(g broker.Grant) (n int) {
	for i := range g.Leases {
		n += len(g.Leases[i].Payload)
	}
	return n
}

// TestClaimsAreBounded fills a lane with small tasks, large ones and small ones
// again: no claim carries more than claimBytes, all come, in their order, and
// where there is nothing large left claims are whole again.
func TestClaimsAreBounded(t *testing.T) {
	const small, size = 300, 1 << 20
	for name, feed := range map[string]func(r *rig, messages []broker.Message){
		"few": func(r *rig, m []broker.Message) {
			for i := range m {
				r.put(m[i])
			}
		},
		"bulk": func(r *rig, m []broker.Message) {
			r.put(m[:len(m)-small]...)
			r.put(m[len(m)-small:]...)
		},
		"scheduled": func(r *rig, m []broker.Message) {
			for i := range m {
				m[i].Delay = time.Millisecond
			}
			r.put(m...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := shared(t)
			all := append(append(r.tasks(small, "before"), r.tasks(40, large(size))...), r.tasks(small, "after")...)
			feed(r, all)
			h := r.hand("w")
			for deadline := time.Now().Add(10 * time.Second); r.info().Scheduled > 0 && time.Now().Before(deadline); {
				h.cycle(0)
				r.sound()
			}
			place := map[broker.ID]int{}
			for i := range all {
				place[all[i].ID] = i
			}
			var seen, most int
			for last := -1; seen < len(all); {
				g := h.cycle(broker.MaxBatch)
				if n := bytesOfLeases(g); n > claimBytes || len(g.Leases) == 0 {
					t.Fatalf("a claim of %d tasks carries %d bytes", len(g.Leases), n)
				}
				for i := range g.Leases {
					if at := place[g.Leases[i].ID]; name != "scheduled" && at != last+1 {
						t.Fatalf("task %d comes after %d", at, last)
					}
					last = place[g.Leases[i].ID]
				}
				most = max(most, len(g.Leases))
				seen += len(g.Leases)
				r.sound()
				h.cycle(0, ends(broker.Done, g.Leases...)...)
			}
			if name == "bulk" && most < small/2 {
				t.Errorf("claims of small tasks have at most %d", most)
			}
			r.sound()
		})
	}
}

// TestLargeTasksComeBack releases, leaves and loses large tasks: what is noted of
// the lane stays right.
func TestLargeTasksComeBack(t *testing.T) {
	r := shared(t)
	r.put(r.tasks(30, large(1<<20))...)
	r.put(r.tasks(30, "small")...)
	h := r.hand("w")
	g := h.cycle(5)
	h.cycle(0, ends(broker.Release, g.Leases[2:4]...)...)
	r.sound()
	h.leave()
	r.sound()
	lost := r.hand("lost")
	lost.next.Lease = time.Second
	lost.cycle(7)
	time.Sleep(time.Second) // the server's clock is what counts
	r.hand("other").cycle(0)
	r.sound()
	if n := r.info(); n.Pending != 60 || n.Lost != 7 {
		t.Errorf("%+v", n)
	}
	if _, err := r.b.Edit(t.Context(), []broker.Edit{{Ref: broker.Ref{Queue: r.queue, ID: g.Leases[0].ID}, Action: broker.Delete}}); err != nil {
		t.Fatal(err)
	}
	r.sound()
	if n, err := r.b.Purge(t.Context(), r.queue, broker.Pending); n != 59 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
	r.sound()
}

// TestPagesAreBounded lists large tasks.
func TestPagesAreBounded(t *testing.T) {
	for _, s := range []broker.State{broker.Pending, broker.Scheduled, broker.StateDead} {
		t.Run(s.String(), func(t *testing.T) {
			r := shared(t)
			all := r.tasks(40, large(1<<20))
			if s == broker.Scheduled {
				for i := range all {
					all[i].Delay = time.Hour
				}
			}
			r.put(all...)
			if s == broker.StateDead {
				h := r.hand("w")
				for range 5 {
					h.cycle(0, ends(broker.Dead, h.cycle(10).Leases...)...)
				}
			}
			seen, pages, cursor := map[broker.ID]bool{}, 0, ""
			for {
				p, err := r.b.List(t.Context(), broker.ListQuery{Queue: r.queue, State: s, Cursor: cursor, Limit: broker.MaxPage})
				if err != nil {
					t.Fatal(err)
				}
				bytes := 0
				for _, e := range p.Entries {
					seen[e.ID] = true
					bytes += len(e.Message.Payload)
				}
				if bytes > claimBytes {
					t.Errorf("a page of %d bytes", bytes)
				}
				if pages++; p.Next == "" {
					break
				}
				cursor = p.Next
			}
			if len(seen) != len(all) || pages < 3 {
				t.Errorf("%d of %d tasks in %d pages", len(seen), len(all), pages)
			}
		})
	}
}

// TestPromotionOfMixedSizes promotes small and large tasks together.
func TestPromotionOfMixedSizes(t *testing.T) {
	r := shared(t)
	var all []broker.Message
	for i := range 120 {
		all = append(all, r.task(large(1+i%7*300_000), func(m *broker.Message) { m.Delay = time.Duration(1+i) * time.Millisecond }))
	}
	r.put(all...)
	h := r.hand("w")
	for i := 0; r.info().Scheduled > 0; i++ {
		if i > 10_000 {
			t.Fatal(fmt.Sprint("still scheduled: ", r.info().Scheduled))
		}
		h.cycle(0)
	}
	if n := r.info(); n.Pending != 120 {
		t.Errorf("%+v", n)
	}
	r.sound()
}
