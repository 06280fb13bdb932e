package redisbroker

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// kinds of defects, sorted.
func kindsOf(defects []Defect, mended bool) (kinds []string) {
	for _, d := range defects {
		if d.Mended == mended {
			kinds = append(kinds, string(d.Kind))
		}
	}
	slices.Sort(kinds)
	return kinds
}

// TestRepair breaks a queue with ten tasks in each state, wants to hear of it, and
// has it mended: then the structure is sound and every task runs.
func TestRepair(t *testing.T) {
	for _, test := range harms() {
		t.Run(test.name, func(t *testing.T) {
			r := shared(t)
			r.populate()
			test.harm(r)
			want := make([]string, len(test.want))
			for i, k := range test.want {
				want[i] = string(k)
			}
			slices.Sort(want)
			found, err := r.b.Audit(t.Context(), r.queue)
			if diff := cmp.Diff(seen(want), seen(kindsOf(found, false))); diff != "" || err != nil {
				t.Errorf("audit: %v; -want +got:\n%s%v", err, diff, found)
			}
			mended, err := r.b.Repair(t.Context(), r.queue)
			if diff := cmp.Diff(seen(want), seen(slices.Sorted(slices.Values(append(kindsOf(mended, true), kindsOf(mended, false)...))))); diff != "" || err != nil {
				t.Errorf("repair: %v; -want +got:\n%s%v", err, diff, mended)
			}
			r.b.commands.Del(t.Context(), r.key("mine"))
			if again, err := r.b.Audit(t.Context(), r.queue); len(again) > 0 || err != nil {
				t.Errorf("after the repair: %v, %v", again, err)
			}
			if n := r.runAll(); n != test.tasks {
				t.Errorf("%d tasks run, want %d", n, test.tasks)
			}
			r.mended()
		})
	}
}

// mended fails for each problem but those of dead letters that cannot be read, which
// are as they should be.
func (r *rig) mended() {
	r.Helper()
	for _, problem := range r.b.audit(r.Context(), r.queue) {
		if !strings.Contains(problem, "corrupt") && !strings.Contains(problem, "under another id") {
			r.Errorf("audit: %s", problem)
		}
	}
}

// A harm is one way to break a queue, and what is wrong then.
type harm struct {
	name  string
	harm  func(r *rig)
	want  []DefectKind
	tasks int // that run afterwards, of 40
}

// first is the first of what a command returns.
func (r *rig) first(command ...any) string {
	r.Helper()
	all, err := r.b.commands.Do(r.Context(), command...).StringSlice()
	if err != nil || len(all) == 0 {
		r.Fatalf("%v: %q, %v", command, all, err)
	}
	return all[0]
}

func harms() []harm {
	return []harm{
		{"nothing", func(*rig) {}, nil, 40},
		{"schedule without a task", func(r *rig) { r.do("zadd", r.key("z"), 1, strings.Repeat("i", 16)) }, []DefectKind{Bare}, 40},
		{"scheduled task lost", func(r *rig) { r.do("hdel", r.key("z:data"), r.first("zrange", r.key("z"), 0, 0)) }, []DefectKind{Bare, Miscounted}, 39},
		{"schedule lost", func(r *rig) { r.do("del", r.key("z")) }, slices.Repeat([]DefectKind{Unfiled}, 10), 40},
		{"dead letters' index lost", func(r *rig) { r.do("del", r.key("x")) }, append(slices.Repeat([]DefectKind{Unfiled}, 10), Miscounted), 40},
		{"garbage in a lane", func(r *rig) { r.do("rpush", r.key("p:low"), "garbage") }, []DefectKind{Unreadable, Miscounted}, 40},
		{"garbage in the schedule", func(r *rig) {
			id := r.first("zrange", r.key("z"), 0, 0)
			r.do("hset", r.key("z:data"), id, id+"garbage")
		}, []DefectKind{Unreadable}, 39},
		{"twice in a lane", func(r *rig) { r.do("rpush", r.key("p:normal"), r.first("lrange", r.key("p:normal"), 0, 0)) }, []DefectKind{Twice}, 40},
		{"twice in two lanes", func(r *rig) { r.do("rpush", r.key("p:low"), r.first("lrange", r.key("p:normal"), 0, 0)) }, []DefectKind{Twice}, 40},
		{"pending and active", func(r *rig) { r.do("rpush", r.key("p:normal"), r.first("lrange", r.key("claim:w:1"), 0, 0)) }, []DefectKind{Twice}, 40},
		{"pending and scheduled", func(r *rig) {
			e := r.first("lrange", r.key("p:normal"), 0, 0)
			r.do("hset", r.key("z:data"), e[:16], e)
			r.do("zadd", r.key("z"), 1, e[:16])
		}, []DefectKind{Twice}, 40},
		{"pending and dead", func(r *rig) {
			e := r.first("lrange", r.key("p:normal"), 0, 0)
			r.do("hset", r.key("x:data"), e[:16], e)
			r.do("zadd", r.key("x"), 1, e[:16])
			r.do("hincrby", r.key("count"), "letters", len(e))
		}, []DefectKind{Twice}, 40},
		{"holders lost", func(r *rig) { r.do("del", r.key("holders")) }, []DefectKind{Stuck}, 40},
		{"holders and sessions lost", func(r *rig) { r.do("del", r.key("holders"), r.key("sessions")) }, []DefectKind{Stuck}, 40},
		{"claims lost", func(r *rig) { r.do("del", r.key("claims:w")) }, []DefectKind{Orphaned}, 40},
		{"all of a session lost", func(r *rig) { r.do("del", r.key("claims:w"), r.key("holders"), r.key("sessions")) }, []DefectKind{Orphaned}, 40},
		{"a session of nobody", func(r *rig) { r.do("hset", r.key("sessions"), "ghost", "7") }, []DefectKind{Unlisted}, 40},
		{"a lease of nobody", func(r *rig) { r.do("zadd", r.key("idle"), 1e15, "ghost") }, []DefectKind{Unknown}, 40},
		{"an opened lane", func(r *rig) {
			r.do("rename", r.key("p:normal"), r.key("p:normal:opened"))
			r.do("lpush", r.key("p:normal:opened"), "")
		}, []DefectKind{Opened}, 40},
		{"members of groups lost", func(r *rig) { r.do("del", r.key("g")) }, slices.Repeat([]DefectKind{Loose}, 10), 40},
		{"tasks of groups lost", func(r *rig) { r.do("hdel", r.key("g:data"), r.first("hkeys", r.key("g:data"))) }, []DefectKind{Bare, Miscounted}, 39},
		{"ring lost", func(r *rig) { r.do("del", r.key("g:ring")) }, []DefectKind{Nowhere}, 40},
		{"ready groups lost", func(r *rig) { r.do("del", r.key("g:ready")) }, []DefectKind{Nowhere}, 40},
		{"a unique key of nobody", func(r *rig) {
			id := broker.NewID(r.queue, time.Now().Add(-time.Hour))
			r.do("hset", r.key("unique"), "k", string(id[:]))
		}, []DefectKind{Held}, 40},
		{"counters lost", func(r *rig) { r.do("hset", r.key("count"), "enqueued", 7) }, []DefectKind{Miscounted}, 40},
		{"a foreign key", func(r *rig) { r.do("set", r.key("mine"), "x") }, []DefectKind{Unbelonging}, 40},
	}
}

// seen leaves out what depends on what else was mended: the count of active tasks.
func seen(kinds []string) []string {
	if kinds == nil {
		return []string{}
	}
	return slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k == string(Miscounted) })
}

// populate has ten tasks pending, scheduled, in a group, active and dead.
func (r *rig) populate() {
	r.Helper()
	r.put(r.tasks(10, "dead")...)
	d := r.hand("d")
	d.leave(ends(broker.Dead, d.cycle(10).Leases...)...)
	r.put(r.tasks(10, "active")...)
	r.hand("w").cycle(10)
	r.put(r.tasks(10, "pending")...)
	r.put(r.tasks(10, "scheduled", func(m *broker.Message) { m.Delay = time.Hour })...)
	r.put(r.tasks(10, "grouped", func(m *broker.Message) { m.Group, m.Key = "g", "k" })...)
}

// runAll makes what is scheduled due and takes all there is: what is active runs
// when its session has lapsed.
func (r *rig) runAll() int {
	r.Helper()
	for _, id := range r.b.commands.ZRange(r.Context(), r.key("z"), 0, -1).Val() {
		r.do("zadd", r.key("z"), 1, id)
	}
	for _, worker := range r.b.commands.ZRange(r.Context(), r.key("holders"), 0, -1).Val() {
		r.do("zadd", r.key("holders"), 1, worker)
	}
	return r.drain(r.hand("last"))
}

// TestAuditUnderLoad: nothing is wrong while work goes on.
func TestAuditUnderLoad(t *testing.T) {
	r := shared(t)
	tr := newTraffic(r, 3000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tr.run(t, 4)
	}()
	for n := 0; ; n++ {
		defects, err := r.b.Repair(t.Context(), r.queue)
		if len(defects) > 0 || err != nil {
			t.Errorf("round %d: %v, %v", n, defects, err)
		}
		select {
		case <-done:
			tr.verdict(t)
			return
		default:
		}
	}
}

// TestRepairRights are those that Audit and Repair name.
func TestRepairRights(t *testing.T) {
	s := redistest.Start(t)
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	r.populate()
	r.do("del", r.key("z"), r.key("holders"), r.key("g:ring"))
	r.do("rpush", r.key("p:low"), "garbage")
	r.do("rename", r.key("p:normal"), r.key("p:normal:opened"))
	url := s.AddUser(t, "operator", "secret", append(slices.Clone(leastRights), repairRights...)...)
	b := mustOpen(t, url, Config{Logger: quiet})
	if defects, err := b.Repair(t.Context(), r.queue); len(defects) != 15 || err != nil {
		t.Errorf("%d defects, %v: %v", len(defects), err, defects)
	}
}

var repairRights = []string{"+scan", "+hscan", "+zscan", "+lpos", "+hvals", "+lmove"}
