package membroker

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// groups checks the lanes of groups: each that is not empty is ready or aside,
// what is aside has to be, and the counts are those of the claims.
func (a *audit) groups(now time.Time) {
	flying, aside, ready, tasks := a.flying(), 0, [ranks]int{}, int64(0)
	for name, g := range a.q.groups {
		a.expect(name == g.name, "group %s calls itself %s", name, g.name)
		ofGroup := int64(0)
		for name, k := range g.keys {
			a.expect(name == k.name && k.group == g, "key %q of %s calls itself %q", name, g.name, k.name)
			a.expect(k.flying == flying[k], "%d tasks of key %q of %s are active, %d are counted", flying[k], k.name, g.name, k.flying)
			ofGroup += flying[k]
			delete(flying, k)
			for rank, l := range k.lanes {
				if l != nil {
					a.lane(l, rank, now)
					tasks += int64(l.tasks.len())
					aside += count(l.aside)
				}
			}
		}
		a.expect(g.flying == ofGroup, "%d tasks of group %s are active, %d are counted", ofGroup, g.name, g.flying)
		aside += count(g.aside)
		a.group(g, &ready, now)
	}
	a.expect(len(flying) == 0, "%d keys have active tasks and are forgotten", len(flying))
	a.expect(tasks == a.q.grouped, "%d tasks wait in groups, %d are counted", tasks, a.q.grouped)
	a.expect(aside == len(a.q.aside), "%d lanes and groups are aside, %d are in the list", aside, len(a.q.aside))
	for rank, n := range ready {
		a.expect(n == len(a.q.rings[rank]), "%d groups of rank %d are ready, %d are in the ring", n, rank, len(a.q.rings[rank]))
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// flying counts the active tasks of each key by the claims.
func (a *audit) flying() map[*key]int64 {
	n := map[*key]int64{}
	for _, s := range a.q.sessions {
		for _, c := range s.claims {
			for _, t := range c.tasks {
				if t != nil && t.key != nil {
					n[t.key]++
				}
			}
		}
	}
	return n
}

func (a *audit) lane(l *lane, rank int, now time.Time) {
	where := l.place().name
	for i := range l.tasks.len() {
		t := l.tasks.at(i)
		a.found(t, broker.Pending)
		a.expect(t.Grouped() && laneOf(&t.Message) == rank && t.Group == l.group.name && t.Key == l.key.name,
			"task %s is in lane %q, it belongs elsewhere", t.ID, where)
	}
	_, inRing := l.group.ready[rank].find(l.turn, l.key.name)
	a.expect(inRing == l.ready, "lane %q is ready: %v, in the ring: %v", where, l.ready, inRing)
	a.expect(l.ready != l.aside == (l.tasks.len() > 0), "lane %q of %d tasks is ready: %v, aside: %v", where, l.tasks.len(), l.ready, l.aside)
	a.expect(!l.ready || l.turn <= a.q.turn, "lane %q has a turn to come", where)
	if l.aside {
		room, until := a.q.keyRoom(l.key, now)
		a.aside(l.place(), room, until, now)
	}
}

func (a *audit) group(g *group, ready *[ranks]int, now time.Time) {
	if g.aside {
		room, until := a.q.groupRoom(g, now)
		a.aside(g.place(), room, until, now)
	}
	for rank := range ranks {
		_, inRing := a.q.rings[rank].find(g.turn[rank], g.name)
		want := !g.aside && len(g.ready[rank]) > 0
		a.expect(inRing == want, "group %s of rank %d should be ready: %v, is: %v", g.name, rank, want, inRing)
		ready[rank] += count(inRing)
		for i, s := range g.ready[rank] {
			a.expect(s.value.ready && s.turn == s.value.turn && s.name == s.value.name, "lane %q stands wrong in its ring", s.name)
			at, _ := g.ready[rank][:i].find(s.turn, s.name)
			a.expect(at == i, "the lanes of %s are out of order at %q", g.name, s.name)
		}
	}
}

// aside checks that what is aside has to be: at a limit, until time brings it
// back.
func (a *audit) aside(p place, room int64, until, now time.Time) {
	_, listed := a.q.aside.find(p)
	a.expect(listed, "%q is aside and in no list", p.name)
	if p.until.IsZero() {
		a.expect(room == 0 && until.IsZero(), "%q is aside for ever and has room for %d", p.name, room)
	} else {
		a.expect(room == 0 || !now.Before(p.until), "%q is aside until %v and has room for %d", p.name, p.until, room)
	}
}
