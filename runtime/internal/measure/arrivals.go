package measure

import (
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// arrivals tell what became ready to run in a queue, by kind. The store counts
// tasks by queue; the kinds are those of the tasks that this process started.
//
// What became ready since the last look is what there is more of, waiting or
// running, and what came to an end: so a delayed task counts when it is due,
// and one that was deleted does not count. The retries are taken out again.
type arrivals struct {
	known   bool
	last    broker.QueueInfo
	debt    float64         // retries that are not taken out yet
	started []float64       // first attempts by kind, fading
	seen    []worker.Starts // by kind
	total   []float64       // by kind
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

func newArrivals(kinds int) arrivals {
	return arrivals{started: make([]float64, kinds), seen: make([]worker.Starts, kinds), total: make([]float64, kinds)}
}

// add takes in a look at the queue, of which this process has a share.
func (a *arrivals) add(now *broker.QueueInfo, share float64) {
	if a.known {
		n := became(now, &a.last) * share
		taken := min(n, a.debt)
		a.debt -= taken
		a.spread(n - taken)
	}
	a.last, a.known = *now, true
}

// mix follows which kinds are started, and how many of them are retries.
func (a *arrivals) mix(tallies []worker.Tally, queue int) {
	sum := 0.0
	for i := range tallies {
		n := tallies[i].Started[queue]
		a.started[i] += float64(n.First - a.seen[i].First)
		a.debt += float64(n.Again - a.seen[i].Again)
		a.seen[i] = n
		sum += a.started[i]
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
