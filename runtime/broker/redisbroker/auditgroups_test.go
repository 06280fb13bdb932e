package redisbroker

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A flight is what a claim holds of lanes of groups, as its tasks tell: the lane of
// each by its index.
type flight map[int]string

// laneName is what a group's lane is called in groups.lua.
func laneName(m *broker.Message) string {
	return string('0'+laneByte(m.Priority)) + m.Group + "\x00" + m.Key
}

// fly notes an active task of a group.
func (a *auditor) fly(claim string, index int, m *broker.Message) {
	if !m.Grouped() {
		return
	}
	if a.flights[claim] == nil {
		a.flights[claim] = flight{}
	}
	a.flights[claim][index] = laneName(m)
}

// flown is what Redis knows of a flight: the lane of each task.
func flown(text string) (lanes []string) {
	for text != "" {
		var n, length int
		if _, err := fmt.Sscanf(text, "%d %d ", &n, &length); err != nil {
			return []string{text} // one lane
		}
		text = text[len(fmt.Sprintf("%d %d ", n, length)):]
		lanes = append(lanes, slices.Repeat([]string{text[:min(length, len(text))]}, n)...)
		text = text[min(length, len(text)):]
	}
	return lanes
}

// groups checks the lanes of groups: each that is not empty is ready or aside,
// what is aside has to be, and the counts are those of the claims.
func (a *auditor) groups() {
	for _, k := range []string{a.q.tasks, a.q.envelopes, a.q.ring, a.q.ready, a.q.aside, a.q.cooling, a.q.groupsState} {
		delete(a.keys, k)
	}
	lanes := a.waiting()
	state := check2(a, a.b.commands.HGetAll(a.ctx, a.q.groupsState).Result)
	aside := map[string]float64{}
	for _, z := range check2(a, a.b.commands.ZRangeWithScores(a.ctx, a.q.aside, 0, -1).Result) {
		aside[fmt.Sprint(z.Member)] = z.Score
	}
	ready := a.lanesStand(lanes, state, aside)
	a.groupsStand(ready, aside)
	a.counted(state)
	a.atLimits(state, aside)
	var debts []string
	for field := range state {
		if name, ok := strings.CutPrefix(field, "b"); ok {
			debts = append(debts, name)
		}
	}
	cooling := check2(a, a.b.commands.ZRange(a.ctx, a.q.cooling, 0, -1).Result)
	slices.Sort(debts)
	slices.Sort(cooling)
	a.expect(slices.Equal(debts, cooling), "debts of %q, those of %q are forgotten one day", debts, cooling)
}

// waiting checks the tasks in lanes of groups and counts those of each lane.
func (a *auditor) waiting() map[string]int {
	lanes := map[string]int{}
	members := check2(a, a.b.commands.ZRange(a.ctx, a.q.tasks, 0, -1).Result)
	values := check2(a, a.b.commands.HGetAll(a.ctx, a.q.envelopes).Result)
	a.expect(len(members) == len(values), "%d tasks wait in groups, %d have data", len(members), len(values))
	for _, member := range members {
		at := max(len(member)-33, 0)
		lane, seq, id := member[:at], member[min(at+1, len(member)):max(len(member)-16, at+1)], member[max(len(member)-16, 0):]
		value := values[id]
		a.expect(strings.HasPrefix(value, seq), "task %x has number %s, its data begin with %.16s", id, seq, value)
		m := a.found(waitingEnvelope(value), fmt.Sprintf("lane %q", lane))
		a.living[m.ID] = m
		a.expect(m.Grouped() && laneName(&m) == lane && string(m.ID[:]) == id, "task %s is in lane %q, not %q", m.ID, lane, laneName(&m))
		lanes[lane]++
	}
	return lanes
}

// lanesStand returns how many lanes are ready of each place and group.
func (a *auditor) lanesStand(lanes map[string]int, state map[string]string, aside map[string]float64) map[string]int {
	ring := map[string]bool{}
	for _, member := range check2(a, a.b.commands.ZRange(a.ctx, a.q.ring, 0, -1).Result) {
		ring[member] = true
	}
	ready := map[string]int{}
	for field, stands := range state {
		lane, ok := strings.CutPrefix(field, "t")
		if !ok || !strings.Contains(lane, "\x00") {
			continue
		}
		a.expect(lanes[lane] > 0, "lane %q is empty and stands: %s", lane, stands)
		delete(lanes, lane)
		_, isAside := aside[lane]
		a.expect(isAside == (stands == "aside"), "lane %q is aside: %v, says %q", lane, isAside, stands)
		if stands == "aside" {
			continue
		}
		group, key, _ := strings.Cut(lane, "\x00")
		ready[group]++
		member := group + "\x00" + stands + key
		a.expect(ring[member], "lane %q is not in the ring at %s", lane, stands)
		delete(ring, member)
	}
	a.expect(len(lanes) == 0, "lanes stand nowhere: %v", lanes)
	a.expect(len(ring) == 0, "the ring has what does not stand there: %q", slices.Collect(maps.Keys(ring)))
	return ready
}

func (a *auditor) groupsStand(ready map[string]int, aside map[string]float64) {
	for _, group := range check2(a, a.b.commands.ZRange(a.ctx, a.q.ready, 0, -1).Result) {
		_, isAside := aside[group[1:]]
		a.expect(ready[group] > 0 && !isAside, "group %q is ready with %d lanes, aside: %v", group, ready[group], isAside)
		delete(ready, group)
	}
	for group, n := range ready {
		_, isAside := aside[group[1:]]
		a.expect(isAside, "group %q has %d lanes that are ready and is nowhere", group, n)
	}
}

// counted checks the counts of active tasks by the claims.
func (a *auditor) counted(state map[string]string) {
	want := map[string]string{}
	add := func(name string, n int64) {
		sum, _ := strconv.ParseInt(want["f"+name], 10, 64)
		want["f"+name] = strconv.FormatInt(sum+n, 10)
	}
	for claim, f := range a.flights {
		lanes := flown(state["c"+claim])
		if len(lanes) == 0 {
			a.expect(false, "nothing is known of the flight of claim %s", claim)
			continue
		}
		for i, lane := range f {
			known := lanes[min(i, len(lanes)-1)]
			a.expect(known == lane && (i < len(lanes) || len(lanes) == 1), "task %d of claim %s is of lane %q, it is known as of %q", i, claim, lane, known)
			group, _, _ := strings.Cut(lane[1:], "\x00")
			add(group, 1)
			add(lane[1:], 1)
		}
		want["c"+claim] = state["c"+claim]
	}
	for field, value := range state {
		if field[0] == 'f' || field[0] == 'c' {
			a.expect(want[field] == value, "%q is %q, by the claims it is %q", field, value, want[field])
			delete(want, field)
		}
	}
	a.expect(len(want) == 0, "nothing is counted of %q", want)
}

// atLimits checks that what no time brings back is at its limit.
func (a *auditor) atLimits(state map[string]string, aside map[string]float64) {
	infos := check2(a, func() ([]broker.QueueInfo, error) { return a.b.Queues(a.ctx, a.q.keys.queue) })
	for name, until := range aside {
		group, counted := name, name
		if strings.Contains(name, "\x00") {
			counted = name[1:]
			group, _, _ = strings.Cut(counted, "\x00")
		}
		limit := infos[0].Settings.Groups[group]
		slots, rate := limit.Concurrency, limit.Rate
		if counted != group {
			slots, rate = limit.KeyConcurrency, limit.KeyRate
		}
		n, _ := strconv.ParseInt(state["f"+counted], 10, 64)
		if math.IsInf(until, 1) {
			a.expect(slots > 0 && n >= slots, "%q is aside with %d of %d active", name, n, slots)
		} else {
			a.expect(rate.N > 0, "%q is aside until %v and has no rate", name, until)
		}
	}
}
