package membroker

import (
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Audit checks that every task of a queue is in exactly one place, that the
// counters add up and that unique keys are held by whom they should be. It
// returns the problems found: none if all is sound.
func (b *Broker) Audit(queue string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[queue]
	if q == nil {
		return nil
	}
	a := audit{q: q, seen: map[*task]int{}}
	a.pending()
	a.groups(b.now())
	a.scheduled()
	a.parked()
	a.active()
	a.rosters()
	a.dead()
	a.tasks()
	a.outcomes()
	a.unique()
	a.counters()
	return a.problems
}

type audit struct {
	q        *queue
	seen     map[*task]int // in how many places
	problems []string
}

func (a *audit) expect(ok bool, format string, args ...any) {
	if !ok {
		a.problems = append(a.problems, fmt.Sprintf(format, args...))
	}
}

// found notes one place of a task.
func (a *audit) found(t *task, in broker.State) {
	a.seen[t]++
	a.expect(t.state == in, "task %s is among the %v ones, its state says %v", t.ID, in, t.state)
}

func (a *audit) pending() {
	for lane := range a.q.lanes {
		for i := range a.q.lanes[lane].len() {
			t := a.q.lanes[lane].at(i)
			a.found(t, broker.Pending)
			a.expect(laneOf(&t.Message) == lane, "task %s is in lane %d, it belongs to lane %d", t.ID, lane, laneOf(&t.Message))
		}
	}
}

func (a *audit) scheduled() {
	for i, m := range a.q.scheduled.moments {
		a.found(m.value, broker.Scheduled)
		up := a.q.scheduled.moments[max(0, i-1)/2]
		a.expect(!m.before(up.at, up.id), "the schedule is out of order at %d", i)
		a.expect(m.id == m.value.ID, "task %s stands in the schedule as %s", m.value.ID, m.id)
		a.expect(m.at.Equal(m.value.at) && m.at.Equal(m.value.Ready), "task %s is due at %v, it says %v", m.id, m.at, m.value.at)
	}
}

func (a *audit) parked() {
	a.expect(len(a.q.parked) <= broker.MaxShapes, "tasks of %d shapes are parked", len(a.q.parked))
	n := int64(0)
	for s, tasks := range a.q.parked {
		a.expect(len(tasks) > 0, "no task of %v is parked, and they are kept", s)
		last := int64(0)
		for _, t := range tasks {
			a.found(t, broker.Parked)
			a.expect(t.Shape() == s, "task %s of %v is parked among %v", t.ID, t.Shape(), s)
			a.expect(t.order > last && t.order <= a.q.parkings, "task %s was parked as number %d, behind %d", t.ID, t.order, last)
			last = t.order
			n++
		}
	}
	a.expect(n == a.q.counts.Parked, "%d tasks are parked, %d are counted", n, a.q.counts.Parked)
}

func (a *audit) active() {
	for name, s := range a.q.sessions {
		a.expect(name == s.worker, "session %s calls itself %s", name, s.worker)
		a.expect(!s.fenced || len(s.claims) > 0, "session %s is fenced and holds nothing", name)
		last := uint64(0)
		for _, c := range s.claims {
			a.expect(c.seq > last && c.seq <= s.seq, "claim %d of %s stands after %d", c.seq, name, last)
			a.claim(c)
			last = c.seq
		}
	}
}

// rosters checks that each session stands where it belongs, in order.
func (a *audit) rosters() {
	for _, r := range []*roster{&a.q.holding, &a.q.idle} {
		for i, s := range *r {
			a.expect(a.q.sessions[s.worker] == s, "session %s is forgotten and stands in a roster", s.worker)
			a.expect(a.q.roster(s) == r, "session %s with %d claims stands in the wrong roster", s.worker, len(s.claims))
			at, _ := (*r)[:i].find(s)
			a.expect(at == i, "the rosters are out of order at %s", s.worker)
		}
	}
	standing := len(a.q.holding) + len(a.q.idle)
	a.expect(standing == len(a.q.sessions), "%d sessions are known, %d stand in a roster", len(a.q.sessions), standing)
}

func (a *audit) claim(c *claim) {
	left := 0
	for _, t := range c.tasks {
		if t != nil {
			left++
			a.found(t, broker.Active)
		}
	}
	a.expect(left > 0, "claim %d holds nothing", c.seq)
	a.expect(left == c.left, "claim %d holds %d tasks, it says %d", c.seq, left, c.left)
}

func (a *audit) dead() {
	for i, t := range a.q.dead {
		a.found(t, broker.StateDead)
		before := a.q.dead[max(0, i-1)]
		a.expect(!earlier(t.at, t.ID, before.at, before.ID), "the dead letters are out of order at %d", i)
	}
}

func (a *audit) tasks() {
	for t, places := range a.seen {
		a.expect(places == 1, "task %s is in %d places", t.ID, places)
		a.expect(a.q.tasks[t.ID] == t, "task %s cannot be found by its ID", t.ID)
		a.expect(t.Delay == 0 && t.Due.IsZero(), "task %s keeps its delay", t.ID)
		a.expect(!t.Ready.IsZero(), "task %s was never ready", t.ID)
	}
	a.expect(len(a.seen) == len(a.q.tasks), "%d tasks are known, %d are somewhere", len(a.q.tasks), len(a.seen))
}

func (a *audit) outcomes() {
	fading := map[broker.ID]bool{}
	for _, m := range a.q.fading.moments {
		o := a.q.outcomes[m.id]
		fading[m.id] = fading[m.id] || o != nil && o.expires.Equal(m.at)
	}
	for id := range a.q.outcomes {
		a.expect(fading[id], "the outcome of %s never expires", id)
		a.expect(a.q.tasks[id] == nil, "task %s has an outcome and has not ended", id)
	}
}

func (a *audit) unique() {
	lapsing := map[hold]bool{}
	for _, m := range a.q.lapsing.moments {
		lapsing[hold{m.id, m.at}] = true
	}
	for key, h := range a.q.unique {
		t := a.q.tasks[h.id]
		living := t != nil && t.state != broker.StateDead && t.Unique.Key == key
		a.expect(!h.until.IsZero() || living, "the unique key %q is held by %s, which has ended", key, h.id)
		a.expect(h.until.IsZero() || lapsing[h], "the window of the unique key %q never ends", key)
	}
	for _, t := range a.q.tasks {
		bound := t.Unique.Key != "" && t.Unique.Window == 0 && t.state != broker.StateDead
		a.expect(!bound || a.q.unique[t.Unique.Key].id == t.ID, "task %s does not hold its unique key %q", t.ID, t.Unique.Key)
	}
}

func (a *audit) counters() {
	n, active := a.q.info(time.Time{}), int64(0)
	for t := range a.seen {
		if t.state == broker.Active {
			active++
		}
	}
	a.expect(n.Active == active, "%d tasks are active, %d are counted", active, n.Active)
	a.expect(n.Dead <= n.Died, "%d tasks are dead, %d have died", n.Dead, n.Died)
	living := n.Pending + n.Scheduled + n.Parked + n.Active + n.Dead
	a.expect(n.Enqueued == living+n.Done+n.Discarded+n.Deleted+n.Dropped, "%d tasks were enqueued, %d are here, %d done, %d discarded, %d deleted, %d dropped",
		n.Enqueued, living, n.Done, n.Discarded, n.Deleted, n.Dropped)
	bytes, letters := int64(0), int64(0)
	for t := range a.seen {
		if waits(t.state) {
			bytes += size(t)
		}
		if t.state == broker.StateDead {
			letters += size(t)
		}
	}
	a.expect(bytes == a.q.bytes, "%d bytes wait, %d are counted", bytes, a.q.bytes)
	a.expect(letters == a.q.letters, "%d bytes are dead, %d are counted", letters, a.q.letters)
}
