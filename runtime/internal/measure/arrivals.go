package measure

import "github.com/tqgen/taskqueue/runtime/broker"

// arrivals tell what became ready to run in a queue, by kind. The store counts
// tasks by queue; the kinds are those of the tasks that were started.
//
// What became ready since the last look is what there is more of, waiting or
// running, and what came to an end: so a delayed task counts when it is due,
// and one that was deleted does not count. The retries are taken out again.
type arrivals struct {
	known   bool
	last    broker.QueueInfo
	debt    float64   // what is not taken out yet: retries, and held tasks that came back
	started []float64 // first attempts by kind, fading
	total   []float64 // by kind
}

const mixMemory = 200 // starts that the mix of kinds is taken from

// became is how many tasks became ready between two looks.
func became(now, last *broker.QueueInfo) float64 {
	return max(0, float64(left(now)-left(last)))
}

// left is what is in the system or has left it by a run.
func left(q *broker.QueueInfo) int64 {
	return q.Pending + q.Active + q.Done + q.Retried + q.Released + q.Died + q.Discarded
}

// grow makes room for so many kinds.
func (a *arrivals) grow(kinds int) {
	for len(a.total) < kinds {
		a.started, a.total = append(a.started, 0), append(a.total, 0)
	}
}

// add takes in a look at the queue, of which a share counts.
func (a *arrivals) add(now *broker.QueueInfo, share float64) {
	a.fade()
	if a.known {
		n := became(now, &a.last) * share
		taken := min(n, a.debt)
		a.debt -= taken
		a.spread(n - taken)
	}
	a.last, a.known = *now, true
}

// mix follows which kinds are started, and what of that did not come anew.
func (a *arrivals) mix(kind int, more Starts) {
	a.started[kind] += float64(more.First)
	a.debt += float64(more.Again + more.Back)
}

func (a *arrivals) fade() {
	sum := 0.0
	for _, n := range a.started {
		sum += n
	}
	if sum <= mixMemory {
		return
	}
	for i := range a.started {
		a.started[i] *= mixMemory / sum
	}
}

// spread divides n tasks among the kinds.
func (a *arrivals) spread(n float64) {
	for i := range a.total {
		a.total[i] += n * a.part(i)
	}
}

// part is a kind's part of the queue; before anything was started they are equal.
func (a *arrivals) part(i int) float64 {
	sum := 0.0
	for _, n := range a.started {
		sum += n
	}
	if sum == 0 {
		return 1 / float64(len(a.started))
	}
	return a.started[i] / sum
}
