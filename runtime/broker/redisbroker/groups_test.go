package redisbroker

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/runtime/broker"
)

func inGroup(m *broker.Message) { m.Group, m.Key = "g", "k" }

// TestLargeTasksOfAGroup: a claim and a page carry no more than one may, and all
// tasks come.
func TestLargeTasksOfAGroup(t *testing.T) {
	r := shared(t)
	for range 10 {
		r.put(r.task(large(claimBytes/4), inGroup))
	}
	var cursor string
	listed := 0
	for range 10 {
		page, err := r.b.List(t.Context(), broker.ListQuery{Queue: r.queue, State: broker.Pending, Limit: 10, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(page.Entries); n > 4 {
			t.Errorf("a page of %d", n)
		}
		listed += len(page.Entries)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if listed != 10 {
		t.Errorf("%d are listed", listed)
	}
	h := r.hand("w")
	for taken := 0; taken < 10; {
		g := h.cycle(10)
		if n := len(g.Leases); n == 0 || n > 8 {
			t.Fatalf("a claim of %d", n)
		}
		taken += len(g.Leases)
		h.cycle(0, ends(broker.Done, g.Leases...)...)
	}
	r.sound()
}

// TestBadElementInAGroup: it is a dead letter, and its slot is free.
func TestBadElementInAGroup(t *testing.T) {
	r := shared(t)
	limits := map[string]broker.Limit{"g": {KeyConcurrency: 1}}
	if err := r.b.Configure(t.Context(), r.queue, broker.Settings{Groups: limits}); err != nil {
		t.Fatal(err)
	}
	all := r.tasks(3, "x", inGroup)
	r.put(all...)
	r.do("hset", r.key("g:data"), all[1].ID[:], "0000000000000000"+string(all[1].ID[:])+"garbage")
	if n := r.drain(r.hand("w")); n != 2 {
		t.Errorf("%d healthy tasks", n)
	}
	if n := r.info(); n.Dead != 1 || n.Done != 2 || n.Pending != 0 {
		t.Errorf("%+v", n)
	}
}

// TestTaskOfAGroupWithoutData: what is gone does not hold up the others.
func TestTaskOfAGroupWithoutData(t *testing.T) {
	r := shared(t)
	all := r.tasks(3, "x", inGroup)
	r.put(all...)
	r.do("hdel", r.key("g:data"), all[0].ID[:])
	if n := r.drain(r.hand("w")); n != 2 {
		t.Errorf("%d tasks", n)
	}
}

func TestBadPendingCursors(t *testing.T) {
	r := shared(t)
	for _, cursor := range []string{"x", "1", "5 0", "-1 0", "1 -1", "1 x", "4 g" + hex.EncodeToString([]byte("x")), "1 gx", "1 g0"} {
		_, err := r.b.List(t.Context(), broker.ListQuery{Queue: r.queue, State: broker.Pending, Limit: 1, Cursor: cursor})
		if err == nil || !strings.Contains(err.Error(), "is no cursor") {
			t.Errorf("%q: %v", cursor, err)
		}
	}
}

// TestReviewInSteps: more is aside than one step looks at, and part of it stays.
func TestReviewInSteps(t *testing.T) {
	r := shared(t)
	configure := func(l broker.Limit) {
		t.Helper()
		if err := r.b.Configure(t.Context(), r.queue, broker.Settings{Groups: map[string]broker.Limit{"g": l}}); err != nil {
			t.Fatal(err)
		}
	}
	configure(broker.Limit{KeyConcurrency: 1})
	const keys = 2*reviewBatch + 10
	for i := range keys {
		r.put(r.tasks(3, "x", func(m *broker.Message) { m.Group, m.Key = "g", strings.Repeat("k", i%100+1)+string(rune('a'+i/100)) })...)
	}
	h := r.hand("w")
	for range keys {
		h.cycle(1)
	}
	if g := h.cycle(3); len(g.Leases) != 0 || g.More {
		t.Fatalf("%d leases, more: %v", len(g.Leases), g.More)
	}
	configure(broker.Limit{KeyConcurrency: 1, Concurrency: 5000})
	if g := h.cycle(3); len(g.Leases) != 0 || g.More {
		t.Fatalf("%d leases, more: %v", len(g.Leases), g.More)
	}
	configure(broker.Limit{KeyConcurrency: 2})
	for n := 0; n < keys; {
		g := h.cycle(3)
		if n += len(g.Leases); len(g.Leases) == 0 {
			t.Fatalf("%d leases", n)
		}
	}
	r.sound()
}
