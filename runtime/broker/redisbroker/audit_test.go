package redisbroker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// An auditor holds what Redis keeps of a queue against the invariants: each
// task is in one place, sessions are where their claims say, unique keys are
// held by whom they should be, the counters add up, and no key is left that
// belongs to nothing.
type auditor struct {
	b        *Broker
	q        *queue
	ctx      context.Context
	problems []string
	keys     map[string]bool              // all of the queue's
	seen     map[broker.ID]string         // where a task is
	living   map[broker.ID]broker.Message // not dead
	known    map[string]string            // the last cycle of each session
	flights  map[string]flight            // by worker and cycle: claims of lanes of groups
}

func (b *Broker) audit(ctx context.Context, queue string) []string {
	a := &auditor{
		b: b, q: b.queue(queue), ctx: ctx, keys: map[string]bool{},
		flights: map[string]flight{}, seen: map[broker.ID]string{}, living: map[broker.ID]broker.Message{},
	}
	a.listKeys()
	a.pending()
	a.indexed(a.q.schedule, a.q.scheduled, true)
	a.indexed(a.q.dead, a.q.letters, false)
	a.letters()
	a.parked()
	active := a.sessions()
	a.groups()
	a.unique()
	a.counters(active)
	a.records()
	a.leftovers()
	return a.problems
}

func (a *auditor) expect(ok bool, format string, args ...any) {
	if !ok {
		a.problems = append(a.problems, fmt.Sprintf(format, args...))
	}
}

// check takes an error of Redis for a problem.
func check[T any](a *auditor, value T, err error) T {
	a.expect(err == nil, "redis: %v", err)
	return value
}

func (a *auditor) listKeys() {
	pattern := strings.NewReplacer("{", "\\{", "[", "\\[").Replace(a.q.prefix) + "*"
	var found []string
	if c, ok := a.b.commands.(*redis.ClusterClient); ok {
		node := check2(a, func() (*redis.Client, error) { return c.MasterForKey(a.ctx, a.q.wake) })
		found = check2(a, node.Keys(a.ctx, pattern).Result)
	} else {
		found = check2(a, a.b.commands.Keys(a.ctx, pattern).Result)
	}
	for _, k := range found {
		a.keys[k] = true
	}
}

func check2[T any](a *auditor, ask func() (T, error)) T {
	value, err := ask()
	return check(a, value, err)
}

// found notes one place of a task.
func (a *auditor) found(element []byte, place string) (m broker.Message) {
	err := decodeEnvelope(element, &m)
	a.expect(err == nil, "%s: %v", place, err)
	a.expect(a.seen[m.ID] == "", "task %s is in %s and in %s", m.ID, a.seen[m.ID], place)
	a.seen[m.ID] = place
	return m
}

func (a *auditor) pending() {
	for i, list := range a.q.lanes {
		delete(a.keys, list)
		elements := check2(a, func() ([][]byte, error) { return a.b.rangeOf(a.ctx, list, 0, -1) })
		a.large(i, elements)
		for _, e := range elements {
			m := a.found(e, laneNames[i])
			a.living[m.ID] = m
			a.expect(int(lane(&m)) == i, "task %s is in lane %s, not %s", m.ID, laneNames[i], laneNames[lane(&m)])
		}
	}
}

// large checks what is noted of a lane's large elements: a claim trusts it.
func (a *auditor) large(lane int, elements [][]byte) {
	n := strconv.Itoa(lane + 1)
	known := reply(check2(a, a.b.commands.HMGet(a.ctx, a.q.count, "large:"+n, "largest:"+n).Result))
	reach, _ := strconv.Atoi(known.string(0))
	largest, _ := strconv.Atoi(known.string(1))
	a.expect((known.string(0) != "") == (reach > 0) && (reach > 0) == (largest > largeFrom), "lane %s: %q elements up to %q bytes are large", laneNames[lane], known.string(0), known.string(1))
	a.expect(reach <= len(elements), "lane %s has %d tasks, large ones among the first %d", laneNames[lane], len(elements), reach)
	for i, e := range elements {
		a.expect(len(e) <= largeFrom || i < reach && len(e) <= largest, "lane %s: task %d has %d bytes, large ones are among the first %d and have up to %d", laneNames[lane], i, len(e), reach, largest)
	}
}

// indexed checks a ZSET of ids and its HASH of envelopes.
func (a *auditor) indexed(index, data string, scheduled bool) {
	delete(a.keys, index)
	delete(a.keys, data)
	scores := check2(a, a.b.commands.ZRangeWithScores(a.ctx, index, 0, -1).Result)
	all := check2(a, a.b.commands.HGetAll(a.ctx, data).Result)
	a.expect(len(scores) == len(all), "%s has %d ids, %s %d tasks", index, len(scores), data, len(all))
	for _, z := range scores {
		id, _ := z.Member.(string)
		m := a.found([]byte(all[id]), index)
		a.expect(string(m.ID[:]) == id, "%s is in %s under another id", m.ID, index)
		if scheduled {
			a.living[m.ID] = m
			a.expect(m.Ready.UnixMilli() == int64(z.Score), "task %s is due at %v and ready at %d", m.ID, z.Score, m.Ready.UnixMilli())
		}
	}
}

// letters checks that the bytes of the dead letters are counted.
func (a *auditor) letters() {
	bytes := int64(0)
	for _, letter := range check2(a, a.b.commands.HVals(a.ctx, a.q.letters).Result) {
		bytes += int64(len(letter))
	}
	counted, _ := a.b.commands.HGet(a.ctx, a.q.count, "letters").Int64()
	a.expect(counted == bytes, "%d bytes are dead, %d are counted", bytes, counted)
}

func (a *auditor) sessions() (active int64) {
	for _, k := range []string{a.q.keys.sessions, a.q.holders, a.q.idle} {
		delete(a.keys, k)
	}
	a.known = check2(a, a.b.commands.HGetAll(a.ctx, a.q.keys.sessions).Result)
	known := a.known
	holders := check2(a, a.b.commands.ZRange(a.ctx, a.q.holders, 0, -1).Result)
	idle := check2(a, a.b.commands.ZRange(a.ctx, a.q.idle, 0, -1).Result)
	a.expect(len(known) == len(holders)+len(idle), "%d sessions are known, %d hold claims, %d are idle", len(known), len(holders), len(idle))
	for _, w := range idle {
		a.expect(known[w] != "" && known[w] != "F", "the idle session %s is %q", w, known[w])
		a.expect(!a.keys[a.q.claims(w)], "the idle session %s holds claims", w)
	}
	for w, last := range known {
		seq, err := strconv.ParseUint(last, 10, 64)
		a.expect(last == "F" || err == nil && seq > 0, "the last cycle of session %s is %q", w, last)
		a.expect(slices.Contains(holders, w) != slices.Contains(idle, w), "the session %s must be in one of holders and idle", w)
	}
	for _, w := range holders {
		a.expect(known[w] != "", "the session %s holds claims and is unknown", w)
		active += a.claimsOf(w)
	}
	return active
}

func (a *auditor) claimsOf(worker string) (active int64) {
	delete(a.keys, a.q.claims(worker))
	claims := check2(a, a.b.commands.HGetAll(a.ctx, a.q.claims(worker)).Result)
	a.expect(len(claims) > 0, "the holder %s has no claims", worker)
	for name, bits := range claims {
		seq, err := strconv.ParseUint(name, 10, 64)
		a.expect(err == nil, "claim %q of %s", name, worker)
		list := a.q.claim(worker, seq)
		delete(a.keys, list)
		last, err := strconv.ParseUint(a.known[worker], 10, 64)
		a.expect(a.known[worker] == "F" || err == nil && seq <= last, "claim %s of %s is newer than its last cycle %s", name, worker, a.known[worker])
		elements := check2(a, func() ([][]byte, error) { return a.b.rangeOf(a.ctx, list, 0, -1) })
		a.expect(len(bits) == (len(elements)+7)/8, "claim %s of %s has %d tasks and %d bytes of bits", name, worker, len(elements), len(bits))
		a.expect(bits != strings.Repeat("\xff", len(bits)), "claim %s of %s is settled and still there", name, worker)
		for i := range len(bits) * 8 {
			settled := bits[i/8]&(1<<(i%8)) != 0
			a.expect(settled || i < len(elements), "claim %s of %s: bit %d is of no task", name, worker, i)
			if !settled && i < len(elements) {
				active++
				m := a.found(elements[i], "claim "+name+" of "+worker)
				a.living[m.ID] = m
				a.fly(worker+" "+name, i, &m)
			}
		}
	}
	return active
}

func (a *auditor) unique() {
	delete(a.keys, a.q.keys.unique)
	delete(a.keys, a.q.windows)
	held := check2(a, a.b.commands.HGetAll(a.ctx, a.q.keys.unique).Result)
	windows := map[string]float64{}
	for _, z := range check2(a, a.b.commands.ZRangeWithScores(a.ctx, a.q.windows, 0, -1).Result) {
		windows[z.Member.(string)] = z.Score
	}
	for _, key := range slices.Sorted(maps.Keys(held)) {
		id, until := broker.ID([]byte(held[key][:16])), held[key][16:]
		if until != "" {
			ends, err := strconv.ParseFloat(until, 64)
			a.expect(err == nil && windows[key] == ends, "the window of %q ends at %q and is noted for %v", key, until, windows[key])
			continue
		}
		m, lives := a.living[id]
		a.expect(lives && m.Unique.Key == key, "the unique key %q is held by %s, which has ended", key, id)
	}
	for id, m := range a.living {
		if bound(&m) {
			a.expect(held[m.Unique.Key] == string(id[:]), "task %s does not hold its unique key %q", id, m.Unique.Key)
		}
	}
}

func (a *auditor) counters(active int64) {
	delete(a.keys, a.q.count)
	infos := check2(a, func() ([]broker.QueueInfo, error) { return a.b.Queues(a.ctx, a.q.keys.queue) })
	for _, n := range infos {
		a.expect(n.Active == active, "%d tasks are active, %d are counted", active, n.Active)
		a.expect(n.Dead <= n.Died, "%d tasks are dead, %d have died", n.Dead, n.Died)
		total := n.Pending + n.Scheduled + n.Parked + n.Active + n.Dead
		a.expect(total == int64(len(a.seen)), "%d tasks are counted, %d are somewhere", total, len(a.seen))
	}
}

// progress is told of active tasks only.
func (a *auditor) progress() {
	delete(a.keys, a.q.progress)
	for _, id := range check2(a, a.b.commands.HKeys(a.ctx, a.q.progress).Result) {
		place := a.seen[broker.ID([]byte(id))]
		a.expect(strings.HasPrefix(place, "claim "), "progress of %x, which is in %q", id, place)
	}
}

// leftovers finds keys that belong to nothing. Outcomes and producers expire.
func (a *auditor) leftovers() {
	for _, k := range []string{a.q.wake, a.q.settings, a.q.onces, a.q.marks} {
		delete(a.keys, k)
	}
	a.expect(check2(a, a.b.commands.LLen(a.ctx, a.q.wake).Result) <= 2, "more tokens than anybody gives back")
	a.progress()
	for k := range a.keys {
		rest := strings.TrimPrefix(k, a.q.prefix)
		if strings.HasPrefix(rest, "result:") {
			a.outcomes(k)
		}
		if strings.HasPrefix(rest, "producer:") {
			state := check2(a, a.b.commands.Get(a.ctx, k).Result)
			a.expect(!strings.Contains(state, "opened"), "%s: a transaction is open: %q", k, state)
		}
		if strings.HasPrefix(rest, "result:") || strings.HasPrefix(rest, "producer:") || strings.HasPrefix(rest, "waiter:") {
			ms := check2(a, a.b.commands.Do(a.ctx, "pttl", k).Int64) // as PTTL's duration overflows in 292 years
			a.expect(ms != -1, "%s never expires", k)
			continue
		}
		a.expect(false, "the key %s belongs to nothing", k)
	}
}

// outcomes checks those of one bucket: they can be read, each is where its id
// says, and its task has ended.
func (a *auditor) outcomes(bucket string) {
	for id, value := range check2(a, a.b.commands.HGetAll(a.ctx, bucket).Result) {
		ref := broker.Ref{Queue: a.q.keys.queue, ID: broker.ID([]byte(id))}
		e, ok := outcomeEntry(ref, value, time.Time{})
		a.expect(ok && (e.State == broker.StateDone || e.State == broker.StateDiscarded), "%s: the outcome of %s is %.40q", bucket, ref.ID, value)
		a.expect(a.q.result(ref.ID) == bucket, "the outcome of %s is in %s", ref.ID, bucket)
		a.expect(a.seen[ref.ID] == "", "task %s has ended and is in %s", ref.ID, a.seen[ref.ID])
	}
}
