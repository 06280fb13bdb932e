package simulate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

const minute = time.Minute

// trace makes tasks of what was counted.
func (r *recorder) trace() *sim.Trace {
	first, last := &r.looks[0], &r.looks[len(r.looks)-1]
	f := &r.fleet
	tr := sim.NewTrace()
	tr.Name, tr.Seed, tr.Duration = f.Name, 1, math.Ceil(last.at.Sub(first.at).Seconds())
	tr.Min, tr.Max, tr.Slots = max(f.Min, 1), max(f.Max, f.Min, 1), max(f.Slots, 1)
	tr.Init = max(tr.Min, min(tr.Max, f.Desired))
	tr.StartLo, tr.StartHi = f.Startup.Seconds(), f.Startup.Seconds()
	tr.Wait, tr.Latency = f.Target.QueueWait.Seconds(), f.Target.P95Latency.Seconds()
	d := drawer{rand.New(rand.NewPCG(1, 1)), tr, r.types()}
	for i := 1; i < len(r.looks); i++ {
		d.between(r, i)
	}
	slices.SortStableFunc(tr.Tasks, func(a, b sim.Task) int { return cmp.Compare(a.At, b.At) })
	return tr
}

// types gives each kind its type in the trace: the two that came most are 0 and 1.
func (r *recorder) types() []uint8 {
	last := &r.looks[len(r.looks)-1]
	came := make([]uint64, len(last.kinds))
	order := make([]int, len(came))
	for k := range came {
		order[k] = k
		for q := range last.arrived {
			came[k] += last.arrived[q][k]
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(came[b], came[a]) })
	types := make([]uint8, len(came))
	for place, k := range order {
		types[k] = uint8(min(place, sim.Types-1))
	}
	return types
}

// A drawer draws tasks into a trace.
type drawer struct {
	random *rand.Rand
	trace  *sim.Trace
	types  []uint8
}

// between draws what came between a look and the one before it.
func (d *drawer) between(r *recorder, i int) {
	before, now := &r.looks[i-1], &r.looks[i]
	from, length := before.at.Sub(r.looks[0].at).Seconds(), now.at.Sub(before.at).Seconds()
	for q := range now.arrived {
		for k, n := range now.arrived[q] {
			if k < len(before.arrived[q]) {
				n -= before.arrived[q][k]
			}
			mean, spread := r.service(i, k)
			for range n {
				d.trace.Tasks = append(d.trace.Tasks, sim.Task{
					At: from + length*d.random.Float64(), Service: float32(d.time(mean, spread)),
					Queue: uint8(r.lanes[q]), Type: d.types[k],
				})
			}
		}
	}
}

// time draws from a lognormal distribution of that mean and squared coefficient of
// variation.
func (d *drawer) time(mean, spread float64) float64 {
	variance := math.Log(1 + spread)
	return max(0.001, mean*math.Exp(math.Sqrt(variance)*d.random.NormFloat64()-variance/2))
}

// service is how long attempts of a kind took in the minute around a look, or in the
// whole time where that minute had none: the mean, and the squared coefficient of
// variation. A second is taken where nothing is known.
func (r *recorder) service(i, kind int) (mean, spread float64) {
	low, high := i-1, i
	for low > 0 && r.looks[i].at.Sub(r.looks[low].at) < minute/2 {
		low--
	}
	for high < len(r.looks)-1 && r.looks[high].at.Sub(r.looks[i].at) < minute/2 {
		high++
	}
	a := r.attempts(low, high, kind)
	if a.count == 0 {
		a = r.attempts(0, len(r.looks)-1, kind)
	}
	if a.count == 0 || a.seconds <= 0 {
		return 1, 0
	}
	n := float64(a.count)
	mean = a.seconds / n
	return mean, max(0, a.squares/n/(mean*mean)-1)
}

// attempts are those of a kind between two looks.
func (r *recorder) attempts(from, to, kind int) attempts {
	var before attempts
	if kind < len(r.looks[from].kinds) {
		before = r.looks[from].kinds[kind]
	}
	if kind >= len(r.looks[to].kinds) {
		return attempts{}
	}
	now := r.looks[to].kinds[kind]
	return attempts{now.count - before.count, now.seconds - before.seconds, now.squares - before.squares}
}
