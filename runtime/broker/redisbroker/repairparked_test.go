package redisbroker

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// TestRepairParked breaks a queue with ten parked tasks, half of them in a group, and
// has it mended: then each that is left runs once a worker knows its shape.
func TestRepairParked(t *testing.T) {
	for _, test := range parkedHarms() {
		t.Run(test.name, func(t *testing.T) {
			r := shared(t)
			r.park()
			test.harm(r)
			for range 2 { // an audit mends nothing
				found, err := r.b.Audit(t.Context(), r.queue)
				if diff := cmp.Diff(test.kinds(), kindsOf(found, false)); diff != "" || err != nil {
					t.Fatalf("audit: %v; -want +got:\n%s%v", err, diff, found)
				}
			}
			if mended, err := r.b.Repair(t.Context(), r.queue); err != nil {
				t.Fatalf("repair: %v, %v", mended, err)
			}
			if again, err := r.b.Audit(t.Context(), r.queue); len(again) > 0 || err != nil {
				t.Errorf("after the repair: %v, %v", again, err)
			}
			r.mended()
			if n := r.unparkAll(); n != test.tasks {
				t.Errorf("%d tasks run, want %d", n, test.tasks)
			}
			r.mended()
		})
	}
}

// kinds are the defects that are wanted, as text.
func (h *harm) kinds() (kinds []string) {
	for _, k := range h.want {
		kinds = append(kinds, string(k))
	}
	slices.Sort(kinds)
	return kinds
}

// park has ten tasks, half of them in a group, given back by a worker that does not
// know them.
func (r *rig) park() {
	r.Helper()
	r.put(r.tasks(5, "plain")...)
	r.put(r.tasks(5, "grouped", func(m *broker.Message) { m.Group, m.Key = "g", "k" })...)
	old := r.hand("old")
	for n := 0; n < 10; {
		g := old.cycle(10)
		old.cycle(0, ends(broker.Park, g.Leases...)...)
		n += len(g.Leases)
	}
	old.leave()
}

// unparkAll is a worker that knows every task.
func (r *rig) unparkAll() int {
	r.Helper()
	h := r.hand("new")
	h.next.Unpark = []broker.Shape{{Kind: "test.Task"}}
	return r.drain(h)
}

// shelved is the id of a parked task, and its envelope.
func (r *rig) shelved() (id, envelope string) {
	r.Helper()
	id = r.first("hkeys", r.key("parked:data"))
	value, err := r.b.commands.HGet(r.Context(), r.key("parked:data"), id).Result()
	if err != nil {
		r.Fatal(err)
	}
	return id, value[16:]
}

func parkedHarms() []harm {
	return []harm{
		{"nothing", func(*rig) {}, nil, 10},
		{"index lost", func(r *rig) { r.do("del", r.key("parked")) }, append(slices.Repeat([]DefectKind{Loose}, 10), Misparked, Miscounted), 10},
		{"a member lost", func(r *rig) { r.do("zrem", r.key("parked"), r.first("zrange", r.key("parked"), 0, 0)) }, []DefectKind{Loose, Misparked, Miscounted}, 10},
		{"a task lost", func(r *rig) { id, _ := r.shelved(); r.do("hdel", r.key("parked:data"), id) }, []DefectKind{Bare}, 9},
		{"a member of no task", func(r *rig) {
			r.do("zadd", r.key("parked"), 0, shapeName(broker.Shape{Kind: "test.Task"})+strings.Repeat("0", 16)+strings.Repeat("i", 16))
		}, []DefectKind{Bare, Misparked, Miscounted}, 10},
		{"the count lost", func(r *rig) { r.do("hdel", r.key("settings"), "parked") }, []DefectKind{Misparked}, 10},
		{"the count too high", func(r *rig) { r.do("hset", r.key("settings"), "parked", 99) }, []DefectKind{Misparked}, 10},
		{"garbage", func(r *rig) {
			id, _ := r.shelved()
			r.do("hset", r.key("parked:data"), id, strings.Repeat("0", 16)+"garbage")
		}, []DefectKind{Unreadable}, 9},
		{"in a lane, too", func(r *rig) { _, e := r.shelved(); r.do("rpush", r.key("p:normal"), e) }, []DefectKind{Miscounted, Twice}, 10},
		{"scheduled, too", func(r *rig) {
			id, e := r.shelved()
			r.do("hset", r.key("z:data"), id, e)
			r.do("zadd", r.key("z"), 1, id)
		}, []DefectKind{Miscounted, Twice}, 10},
	}
}

// TestRepairCounts: what was dropped is part of the balance, and the bytes of dead
// letters are counted anew.
func TestRepairCounts(t *testing.T) {
	r := shared(t)
	if err := r.b.Configure(t.Context(), r.queue, broker.Settings{Dead: broker.Bounds{Max: 3}}); err != nil {
		t.Fatal(err)
	}
	r.put(r.tasks(10, "dead")...)
	h := r.hand("d")
	h.leave(ends(broker.Dead, h.cycle(10).Leases...)...)
	before := r.info()
	if before.Dropped != 7 || before.Dead != 3 {
		t.Fatalf("%+v", before)
	}
	if found, err := r.b.Repair(t.Context(), r.queue); len(found) > 0 || err != nil {
		t.Errorf("nothing is wrong: %v, %v", found, err)
	}
	r.do("hset", r.key("count"), "letters", 1<<40)
	found, err := r.b.Repair(t.Context(), r.queue)
	if diff := cmp.Diff([]string{string(Misweighed)}, kindsOf(found, true)); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
	r.sound()
	if diff := cmp.Diff(before, r.info()); diff != "" {
		t.Errorf("counts changed (-before +after):\n%s", diff)
	}
}

// TestBuriedAgain: two elements that cannot be read and begin alike are two dead
// letters; the same one twice is one, and its bytes count once.
func TestBuriedAgain(t *testing.T) {
	r := shared(t)
	short, long := strings.Repeat("x", 40), strings.Repeat("x", 60)
	r.do("rpush", r.key("p:normal"), short, long, short)
	h := r.hand("w")
	for range 3 {
		h.cycle(10)
	}
	h.leave()
	counted, err := r.b.commands.HGet(t.Context(), r.key("count"), "letters").Int()
	if err != nil || counted != len(short)+len(long) {
		t.Errorf("%d bytes are dead, want %d, %v", counted, len(short)+len(long), err)
	}
	page, err := r.b.List(t.Context(), broker.ListQuery{Queue: r.queue, State: broker.StateDead, Limit: 10})
	if err != nil || len(page.Entries) != 2 {
		t.Fatalf("%d dead letters, want 2, %v", len(page.Entries), err)
	}
	payloads := []string{string(page.Entries[0].Message.Payload), string(page.Entries[1].Message.Payload)}
	slices.Sort(payloads)
	if diff := cmp.Diff([]string{short, long}, payloads); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
