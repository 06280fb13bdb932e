package redisbroker

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// bad are elements as a foreign hand, a broken disk or a later release may leave
// them.
func bad(r *rig) map[string]string {
	m := r.task("payload")
	good := string(appendEnvelope(nil, &m))
	return map[string]string{
		"empty":         "",
		"short":         "garbage",
		"an id only":    good[:16],
		"a head only":   good[:headSize],
		"no payload":    good[:len(good)-len("payload")-1],
		"other version": good[:offVersion] + "\x09" + good[offVersion+1:],
		"no lane":       good[:offLane] + "\x00" + good[offLane+1:],
		"lane 5":        good[:offLane] + "\x05" + good[offLane+1:],
		"lane 9":        good[:offLane] + "\x09" + good[offLane+1:],
		"long":          strings.Repeat("\xff", 5000),
		"bound":         good[:offFlags] + "\x02" + good[offFlags+1:offKind] + "\x01",
	}
}

// dead expects the bad element to be the only dead letter, with its bytes and a
// reason, in List and in Find.
func (r *rig) dead(element string) {
	r.Helper()
	page, err := r.b.List(r.Context(), broker.ListQuery{Queue: r.queue, State: broker.StateDead, Limit: 10})
	if err != nil || len(page.Entries) != 1 {
		r.Fatalf("dead letters: %+v, %v", page.Entries, err)
	}
	found, err := r.b.Find(r.Context(), []broker.Ref{page.Entries[0].Ref})
	if err != nil {
		r.Fatal(err)
	}
	for _, e := range []broker.Entry{page.Entries[0], found[0]} {
		got := []byte(string(e.Message.Payload))
		if len(got) > headSize && len(element) > headSize {
			got[offLost] = element[offLost] // a loss is counted wherever that can be
		}
		if e.State != broker.StateDead || string(got) != element || !strings.Contains(e.Reason, "corrupt") {
			r.Errorf("%+v with %q", e, e.Message.Payload)
		}
	}
	if n := r.info(); n.Dead != 1 {
		r.Errorf("%+v", n)
	}
}

// deleted: an unreadable dead letter cannot go on, but it can go.
func (r *rig) deleted() {
	r.Helper()
	page, err := r.b.List(r.Context(), broker.ListQuery{Queue: r.queue, State: broker.StateDead, Limit: 10})
	if err != nil {
		r.Fatal(err)
	}
	edit := []broker.Edit{{Ref: page.Entries[0].Ref, Action: broker.Requeue}}
	if receipts, err := r.b.Edit(r.Context(), edit); err != nil || len(receipts) != 1 || !errors.Is(receipts[0].Err, broker.ErrState) {
		r.Errorf("requeue: %v, %v", receipts, err)
	}
	edit[0].Action = broker.Delete
	if receipts, err := r.b.Edit(r.Context(), edit); err != nil || receipts != nil {
		r.Errorf("delete: %v, %v", receipts, err)
	}
	r.sound()
}

// drain takes what there is and returns how many tasks that were.
func (r *rig) drain(h *hand) (n int) {
	r.Helper()
	for {
		g := h.cycle(10)
		n += len(g.Leases)
		h.cycle(0, ends(broker.Done, g.Leases...)...)
		if len(g.Leases) == 0 && !g.More {
			return n
		}
	}
}

func TestBadElementInALane(t *testing.T) {
	for name, element := range bad(shared(t)) {
		t.Run(name, func(t *testing.T) {
			r := shared(t)
			r.put(r.tasks(3, "before")...)
			r.do("rpush", r.key("p:normal"), element)
			r.put(r.tasks(3, "after")...)
			if _, err := r.b.List(t.Context(), broker.ListQuery{Queue: r.queue, State: broker.Pending, Limit: 10}); err != nil {
				t.Error(err)
			}
			if n := r.info(); n.Active != 0 {
				t.Errorf("%d are active", n.Active)
			}
			if n := r.drain(r.hand("w")); n != 6 {
				t.Errorf("%d healthy tasks", n)
			}
			if n := r.info(); n.Done != 6 {
				t.Errorf("settled: %+v", n)
			}
			r.dead(element)
		})
	}
}

func TestBadElementInTheSchedule(t *testing.T) {
	for name, element := range bad(shared(t)) {
		if len(element) < len(broker.ID{}) {
			continue // one without an id is under another's
		}
		t.Run(name, func(t *testing.T) {
			r := shared(t)
			r.put(r.tasks(3, "x", func(m *broker.Message) { m.Delay = time.Millisecond })...)
			r.do("zadd", r.key("z"), 5, element[:16])
			r.do("hset", r.key("z:data"), element[:16], element)
			r.do("zadd", r.key("z"), 6, "an id without a task")
			time.Sleep(2 * time.Millisecond) // the server's clock is what counts
			n := r.drain(r.hand("w"))
			if whole := len(element) > headSize && element[offLane] >= 1 && element[offLane] <= 4; n != 3 {
				t.Errorf("%d healthy tasks (a whole head: %v)", n, whole)
			}
			r.dead(element)
			if n := r.info(); n.Scheduled != 0 || n.Done != 3 {
				t.Errorf("%+v", n)
			}
			r.do("zrem", r.key("z"), "an id without a task")
			r.do("hincrby", r.key("count"), "enqueued", 1) // for the one that nobody enqueued
			r.deleted()
		})
	}
}

// TestBadElementOfALapsedSession has the one that claimed a bad element vanish
// before it put it away.
func TestBadElementOfALapsedSession(t *testing.T) {
	for name, element := range bad(shared(t)) {
		for _, end := range []string{"lapses", "leaves"} {
			t.Run(name+" "+end, func(t *testing.T) {
				r := shared(t)
				r.put(r.tasks(3, "x")...)
				h := r.hand("one")
				h.next.Lease = time.Second
				h.cycle(3)
				r.do("lset", r.key("claim:one:1"), 1, element)
				if end == "leaves" {
					h.leave()
				} else {
					r.do("zadd", r.key("holders"), 1, "one")
				}
				w := r.hand("w")
				w.cycle(0) // reclaims
				if n := r.drain(w); n != 2 {
					t.Errorf("%d healthy tasks", n)
				}
				r.dead(element)
			})
		}
	}
}

// TestHolderWithoutClaims: nobody shall look for them for ever.
func TestHolderWithoutClaims(t *testing.T) {
	r := shared(t)
	r.do("zadd", r.key("holders"), 1, "ghost")
	r.do("hset", r.key("sessions"), "ghost", "7")
	h := r.hand("w")
	h.cycle(0)
	if g := h.cycle(0); g.More {
		t.Error("there is always more")
	}
	r.sound()
}
