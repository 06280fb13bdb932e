package membroker

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// ranks are the priorities, in the order of service.
const ranks = suspects

// A group is a class of tasks. It is open, or aside because of its own limits.
type group struct {
	name   string
	keys   map[string]*key // those with tasks that wait or run, or with a debt
	flying int64           // tasks in claims
	bucket bucket
	aside  bool
	until  time.Time          // as in its place
	ready  [ranks]ring[*lane] // lanes whose turn comes
	turn   [ranks]int64       // when the group was served last, or came in
}

// A key is whose tasks those of some lanes are.
type key struct {
	group  *group
	name   string
	flying int64
	bucket bucket
	lanes  [ranks]*lane
	rests  bool // is among the resting ones
}

// A lane is where tasks of one priority, group and key wait. One that is not
// empty is either ready or aside.
type lane struct {
	*key
	rank  int
	tasks deque[*task]
	ready bool
	aside bool
	until time.Time // as in its place
	turn  int64
}

// A place is what can be set aside, under a name that orders what comes back at
// the same time.
type place struct {
	until time.Time // zero: time alone does not bring it back
	name  string
	lane  *lane
	group *group // where there is no lane
}

func (l *lane) place() place {
	return place{l.until, string(rune('1'+l.rank)) + l.group.name + "\x00" + l.key.name, l, nil}
}

func (g *group) place() place { return place{g.until, g.name, nil, g} }

// A ring keeps what takes turns in order: least recently served first, then by
// name. The zero value is empty.
type ring[T any] []seat[T]

type seat[T any] struct {
	turn  int64
	name  string
	value T
}

func (r ring[T]) find(turn int64, name string) (int, bool) {
	return slices.BinarySearchFunc(r, turn, func(s seat[T], turn int64) int {
		return cmp.Or(cmp.Compare(s.turn, turn), strings.Compare(s.name, name))
	})
}

func (r *ring[T]) add(turn int64, name string, value T) {
	if i, found := r.find(turn, name); !found {
		*r = slices.Insert(*r, i, seat[T]{turn, name, value})
	}
}

func (r *ring[T]) remove(turn int64, name string) {
	if i, found := r.find(turn, name); found {
		*r = slices.Delete(*r, i, i+1)
	}
}

func (q *queue) group(name string) *group {
	g := q.groups[name]
	if g == nil {
		g = &group{name: name, keys: map[string]*key{}}
		q.groups[name] = g
	}
	return g
}

// lane finds or makes the lane of a grouped task.
func (q *queue) lane(m *broker.Message) *lane {
	g := q.group(m.Group)
	k := g.keys[m.Key]
	if k == nil {
		k = &key{group: g, name: m.Key}
		g.keys[m.Key] = k
	}
	rank := laneOf(m)
	if k.lanes[rank] == nil {
		k.lanes[rank] = &lane{key: k, rank: rank}
	}
	return k.lanes[rank]
}

// wait adds a task to its group's lane: to its head, its tail or, when it was
// unparked, behind what has come back before.
func (q *queue) wait(t *task, now time.Time) {
	l := q.lane(&t.Message)
	switch t.order {
	case 0:
		l.tasks.pushFront(t)
	case atTail:
		l.tasks.pushBack(t)
	default:
		i := 0
		for i < l.tasks.len() && l.tasks.at(i).order < t.order {
			i++
		}
		l.tasks.insert(i, t)
	}
	q.grouped++
	if l.tasks.len() == 1 {
		q.stand(l, now)
	}
}

// pull takes a task out of its group's lane.
func (q *queue) pull(t *task, now time.Time) {
	l := q.lane(&t.Message)
	l.tasks.remove(t)
	q.grouped--
	if l.tasks.len() == 0 {
		q.unstand(l)
		q.rest(l.key, now)
	}
}

// stand puts a lane where it belongs: aside if its key is at a limit, else among
// those that are ready.
func (q *queue) stand(l *lane, now time.Time) {
	q.unstand(l)
	if l.tasks.len() == 0 {
		return
	}
	if n, until := q.keyRoom(l.key, now); n == 0 {
		l.aside, l.until = true, until
		q.aside.add(l.place())
		return
	}
	l.ready, l.turn = true, q.turn
	l.group.ready[l.rank].add(l.turn, l.key.name, l)
	if !l.group.aside {
		q.standGroup(l.group, now)
	}
}

func (q *queue) unstand(l *lane) {
	if l.aside {
		q.aside.remove(l.place())
	}
	if l.ready {
		l.group.ready[l.rank].remove(l.turn, l.key.name)
		if len(l.group.ready[l.rank]) == 0 {
			q.rings[l.rank].remove(l.group.turn[l.rank], l.group.name)
		}
	}
	l.aside, l.ready = false, false
}

// standGroup does the same for a group that is open.
func (q *queue) standGroup(g *group, now time.Time) {
	n, until := q.groupRoom(g, now)
	g.aside, g.until = n == 0, until
	if g.aside {
		q.aside.add(g.place())
	}
	for rank := range ranks {
		_, stands := q.rings[rank].find(g.turn[rank], g.name)
		switch {
		case g.aside:
			q.rings[rank].remove(g.turn[rank], g.name)
		case !stands && len(g.ready[rank]) > 0:
			g.turn[rank] = q.turn
			q.rings[rank].add(q.turn, g.name, g)
		}
	}
}

// again looks whether what was set aside still has to be.
func (q *queue) again(p place, now time.Time) {
	if p.lane != nil {
		q.stand(p.lane, now)
		return
	}
	q.aside.remove(p.group.place())
	q.standGroup(p.group, now)
}

// returning looks again at what time brings back.
func (q *queue) returning(now time.Time) {
	for _, p := range q.aside.reached(now, broker.AsideBatch) {
		q.again(p, now)
	}
}

// fly counts tasks of a key that a claim takes.
func (q *queue) fly(k *key, n int64, now time.Time) {
	limit := q.settings.Groups[k.group.name]
	k.flying += n
	k.group.flying += n
	k.bucket.take(n, limit.KeyRate, now)
	k.group.bucket.take(n, limit.Rate, now)
}

// land gives back the slots of a task whose run is over.
func (q *queue) land(t *task, now time.Time) {
	k := t.key
	if k == nil {
		return
	}
	t.key = nil
	k.flying--
	k.group.flying--
	for _, l := range k.lanes {
		if l != nil && l.aside {
			q.stand(l, now)
		}
	}
	if k.group.aside {
		q.again(k.group.place(), now)
	}
	q.rest(k, now)
}

// rest forgets a key that nothing depends on, at once or when its debt is paid.
func (q *queue) rest(k *key, now time.Time) {
	waits := slices.ContainsFunc(k.lanes[:], func(l *lane) bool { return l != nil && l.tasks.len() > 0 })
	at := k.bucket.settled(now)
	switch {
	case waits || k.flying > 0 || k.rests:
	case at.IsZero():
		delete(k.group.keys, k.name)
	default:
		k.rests = true
		q.resting.push(at, broker.ID{}, k)
	}
}

func (q *queue) keyRoom(k *key, now time.Time) (int64, time.Time) {
	limit := q.settings.Groups[k.group.name]
	return room(limit.KeyConcurrency, k.flying, limit.KeyRate, &k.bucket, now)
}

func (q *queue) groupRoom(g *group, now time.Time) (int64, time.Time) {
	limit := q.settings.Groups[g.name]
	return room(limit.Concurrency, g.flying, limit.Rate, &g.bucket, now)
}

// room is that of the whole queue.
func (q *queue) room(now time.Time) (int64, time.Time) {
	return room(q.settings.Concurrency, q.counts.Active, q.settings.Rate, &q.bucket, now)
}

// waitingIn are the lanes of a rank that are not empty, by group and key.
func (q *queue) waitingIn(rank int) (found []*lane) {
	for _, name := range slices.Sorted(maps.Keys(q.groups)) {
		g := q.groups[name]
		for _, key := range slices.Sorted(maps.Keys(g.keys)) {
			if l := g.keys[key].lanes[rank]; l != nil && l.tasks.len() > 0 {
				found = append(found, l)
			}
		}
	}
	return found
}
