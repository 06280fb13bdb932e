package sim

import "math"

// Oracle is the clairvoyant reference: it knows every arrival, service time and
// deadline. Its plan is the just-in-time schedule with the lowest peaks (Yao,
// Demers, Shenker) on a grid of time, in whole workers, asked for one start-up
// ahead; workers are kept over gaps that are shorter than a start-up. The plan
// runs through the same simulation as every controller, with more and more
// slack, until at most half a percent of the tasks starts late.
func Oracle(given *Trace) Result {
	tr := *given
	tr.Outages = nil // the same arrivals with a healthy downstream
	if tr.MemLimit > 0 {
		tr.Max = min(tr.Max, tr.OracleMax)
	}
	best := search{best: Result{WorkerSeconds: math.Inf(1)}, least: Result{LateStarts: math.MaxInt64}}
	for _, grid := range []float64{5, 10, 20} {
		for _, tightness := range []float64{0.9, 0.6, 0.3, 0.05} {
			best.slack(&tr, grid, tightness)
		}
	}
	if math.IsInf(best.best.WorkerSeconds, 1) {
		return best.least
	}
	return best.best
}

// A search keeps the cheapest run that met the targets, and the least late one.
type search struct{ best, least Result }

// slack adds capacity to a plan until its run is good, or too dear.
func (s *search) slack(tr *Trace, grid, tightness float64) {
	demand := newDemand(tr, grid, tightness)
	for _, factor := range []float64{1, 1.05, 1.1, 1.2, 1.35, 1.6, 2, 2.5} {
		plan := demand.plan(tr, factor)
		fillGaps(plan, int(tr.StartHi/grid))
		if r := follow(tr, plan, grid); s.take(r) || r.WorkerSeconds > 1.3*s.best.WorkerSeconds {
			return
		}
	}
}

func (s *search) take(r Result) (good bool) {
	good = float64(r.LateStarts) <= 0.005*float64(r.Started) && float64(r.LateTasks) <= 0.05*float64(r.Started)
	if good && r.WorkerSeconds < s.best.WorkerSeconds {
		s.best = r
	}
	if r.LateStarts < s.least.LateStarts || r.LateStarts == s.least.LateStarts && r.WorkerSeconds < s.least.WorkerSeconds {
		s.least = r
	}
	return good
}

func follow(tr *Trace, plan []int, grid float64) Result {
	run := *tr
	run.Init = plan[0]
	run.Marks = []float64{0}
	return Run(&run, &planned{plan, grid, tr.StartHi}, Options{})
}

// planned asks for the largest size of the next start-up.
type planned struct {
	plan       []int
	grid, lead float64
}

func (p *planned) Name() string      { return "oracle" }
func (p *planned) Interval() float64 { return p.grid / 5 }

func (p *planned) Decide(o *Observation) int {
	size := 0
	for k := p.slot(o.Now); k <= p.slot(o.Now+p.lead); k++ {
		size = max(size, p.plan[min(k, len(p.plan)-1)])
	}
	return size
}

func (p *planned) slot(t float64) int { return int((t + 1e-9) / p.grid) }

// A demand is the work that has come, and that must be done, by the end of
// every slot of the grid.
type demand struct {
	grid      float64
	came, due []float64
}

func newDemand(tr *Trace, grid, tightness float64) *demand {
	slots := int(math.Ceil(tr.Duration/grid)) + 1
	d := &demand{grid, make([]float64, slots+1), make([]float64, slots+1)}
	for i := range tr.Tasks {
		t := &tr.Tasks[i]
		wait, latency, service := tr.WaitOf(int(t.Queue)), tr.LatencyOf(int(t.Queue)), float64(t.Service)
		deadline := t.At + tightness*math.Min(wait, math.Max(latency-service, latency*0.3)) + service
		d.add(int(t.At/grid), int(deadline/grid), service)
	}
	for k := range d.came[1:] {
		d.came[k+1] += d.came[k]
		d.due[k+1] += d.due[k]
	}
	return d
}

// add spreads a task that is longer than a slot over its own span: it runs on
// one worker.
func (d *demand) add(from, to int, service float64) {
	last := len(d.came) - 1
	to = max(from, min(last, to))
	pieces := 1
	if service > d.grid {
		pieces = int(service/d.grid) + 1
	}
	for i := range pieces {
		d.came[min(last, from+i)] += service / float64(pieces)
		d.due[min(last, max(from, to-pieces+1+i))] += service / float64(pieces)
	}
}

// longestLook bounds how many slots a plan looks ahead.
const longestLook = 2000

// plan is the workers for every slot.
func (d *demand) plan(tr *Trace, factor float64) []int {
	plan := make([]int, len(d.came)-1)
	done, slots := 0.0, float64(tr.Slots)
	for k := range plan {
		n := int(math.Ceil(factor*d.slope(k, done)/slots - 1e-9))
		plan[k] = max(tr.Min, min(tr.Max, n))
		done = math.Min(done+float64(plan[k])*slots*d.grid, d.came[k])
	}
	return plan
}

// slope is the first segment of the taut string between what came and what is
// due: the steadiest rate that meets every deadline.
func (d *demand) slope(k int, done float64) float64 {
	low, high := 0.0, math.Inf(1)
	for j := k; j < len(d.came)-1 && j <= k+longestLook+1; j++ {
		time := float64(j-k+1) * d.grid
		needed, possible := (d.due[j]-done)/time, (d.came[j]-done)/time
		switch {
		case needed > high:
			return high
		case possible < low:
			return low
		}
		low, high = math.Max(low, needed), math.Min(high, possible)
	}
	return low
}

// fillGaps keeps workers over gaps of at most the given number of slots.
func fillGaps(plan []int, longest int) {
	highest := 0
	for _, n := range plan {
		highest = max(highest, n)
	}
	for level := 1; level <= highest && longest > 0; level++ {
		last := -1
		for i, n := range plan {
			if n < level {
				continue
			}
			for j := last + 1; last >= 0 && i-last-1 <= longest && j < i; j++ {
				plan[j] = max(plan[j], level)
			}
			last = i
		}
	}
}
