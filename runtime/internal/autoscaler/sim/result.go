package sim

import (
	"math"
	"slices"
)

// A Result is how a run went.
type Result struct {
	Trace, Controller string
	Seed              int64

	Tasks         int64 // that came
	Started       int64 // attempts, with tasks that never started
	LateStarts    int64 // attempts over their queue's target wait
	LateTasks     int64 // tasks over their queue's latency target, though they could have met it
	Work          float64
	WorkerSeconds float64
	OracleSeconds float64 // what a clairvoyant would have paid; to be set by the caller

	Actions, Reversals int
	MaxWorkers         int
	Kills              int // by the memory limit
	FailedAttempts     int64

	P95Latency  float64
	P99Relative float64 // 99th percentile of wait ÷ target
	MaxWait     float64
	Recovery    float64 // from a disturbance to its last late start, mean

	Course []Point

	waits     []float32
	latencies []float32
}

// Cost is worker-seconds against the oracle's.
func (r *Result) Cost() float64 { return r.WorkerSeconds / math.Max(1, r.OracleSeconds) }

// LatePercent is the share of attempts that started late.
func (r *Result) LatePercent() float64 {
	return 100 * float64(r.LateStarts) / math.Max(1, float64(r.Started))
}

// OverP95Percent is the share of tasks over the latency target, of which 5 % are
// allowed to be.
func (r *Result) OverP95Percent() float64 {
	return 100 * float64(r.LateTasks) / math.Max(1, float64(r.Tasks))
}

// Score is what a run costs altogether, less being better: the cost, a tenth
// for every percent of late starts, and as much for every percent of late tasks
// over five.
func (r *Result) Score() float64 {
	return r.Cost() + 0.1*r.LatePercent() + 0.1*math.Max(0, r.OverP95Percent()-5)
}

// Utilization is the share of the paid time that was work.
func (r *Result) Utilization() float64 { return r.Work / math.Max(1, r.WorkerSeconds) }

// exempt tells tasks that no scaler could have saved: their downstream is out.
func (r *run) exempt(in *Task) bool {
	if !r.tr.Exempt || in.Type != 0 {
		return false
	}
	return slices.ContainsFunc(r.tr.Outages, func(o Outage) bool { return in.At >= o.From-60 && in.At < o.To+120 })
}

// waited keeps the books of an attempt that starts.
func (r *run) waited(a *attempt, wait float64) {
	a.waited += wait
	r.result.Started++
	relative := wait / r.tr.WaitOf(int(a.in.Queue))
	r.log = append(r.log, started{r.now, float32(relative), int8(a.in.Queue)})
	r.result.waits = append(r.result.waits, float32(relative))
	r.result.MaxWait = math.Max(r.result.MaxWait, wait)
	if relative > 1 && !r.exempt(a.in) {
		r.result.LateStarts++
		r.late = append(r.late, r.now)
	}
}

// done keeps the books of a task that succeeded.
func (r *run) done(a *attempt) {
	latency, target := a.waited+a.served, r.tr.LatencyOf(int(a.in.Queue))
	if latency > target && float64(a.in.Service) <= target && !r.exempt(a.in) {
		r.result.LateTasks++
	}
	r.result.latencies = append(r.result.latencies, float32(latency))
}

// finish closes the books. Tasks that still wait and are late already count.
func (r *run) finish() Result {
	for q := range r.queues {
		r.close(&r.queues[q], true)
	}
	for t := range r.parked {
		r.close(&r.parked[t], false)
	}
	res := &r.result
	res.P95Latency, res.P99Relative = percentile(res.latencies, 0.95), percentile(res.waits, 0.99)
	res.latencies, res.waits = nil, nil
	res.Recovery = r.recovery()
	return *res
}

func (r *run) close(f *fifo, disturbed bool) {
	for f.len() > 0 {
		a := &r.tasks[f.pop()]
		r.result.Started++
		if r.now-a.ready <= r.tr.WaitOf(int(a.in.Queue)) || r.exempt(a.in) {
			continue
		}
		r.result.LateStarts++
		r.result.LateTasks++
		if disturbed {
			r.late = append(r.late, r.now)
		}
	}
}

func percentile(xs []float32, p float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	slices.Sort(xs)
	return float64(xs[int(p*float64(len(xs)-1))])
}

// recovery is the mean time from a mark to the last late start before the next.
func (r *run) recovery() float64 {
	total := 0.0
	for i, mark := range r.tr.Marks {
		end := r.tr.Duration
		if i+1 < len(r.tr.Marks) {
			end = r.tr.Marks[i+1]
		}
		last := mark
		for _, at := range r.late {
			if at >= mark && at < end {
				last = math.Max(last, at)
			}
		}
		total += last - mark
	}
	return total / math.Max(1, float64(len(r.tr.Marks)))
}
