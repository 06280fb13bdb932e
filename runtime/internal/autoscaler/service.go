package autoscaler

import "math"

// Time constants of what is measured per type, in seconds.
const (
	slowService   = 180 // the mean that sizes the fleet …
	minSample     = 50  // … forgets nothing below so many tasks
	maxSample     = 400 // … and is faster above so many
	fastService   = 30
	fastSample    = 8  // tasks before the fast mean says anything
	baselineAfter = 20 // tasks before a baseline begins
	errorMemory   = 45
	burstMemory   = 5 // errors that steer a cap
	rateMemory    = 60
)

// A taskType is what was learned about one type of task.
type taskType struct {
	Name string
	Seen typeCounters

	// Decayed number, sum and squares of service times of successes.
	Count, Sum, Squares float64
	BadCount, BadSum    float64 // failures, as far as they are usual: while no brake is on
	FastCount, FastSum  float64
	Baseline            float64 // mean over the adaptation window

	Rate float64 // first attempts a second
	Age  float64 // s since the first observation

	OK, Bad           float64 // decayed attempts, 45 s
	BurstOK, BurstBad float64 // the same, 5 s
	BurstSum          float64 // service time of BurstOK
	errorBrake

	MemoryMB       float64 // of one task
	MemoryVariance float64 // MB²
}

type typeCounters struct {
	Retried, Succeeded, Failed uint64
	Seconds, Squares, Failing  float64
}

func (t *Type) counters() typeCounters {
	return typeCounters{t.Retried, t.Succeeded, t.Failed, t.SuccessSeconds, t.SuccessSquares, t.FailedSeconds}
}

// finished takes in what ended in the last dt seconds.
func (t *taskType) finished(c *Config, dt float64, now typeCounters) {
	ok, bad := grown(t.Seen.Succeeded, now.Succeeded), grown(t.Seen.Failed, now.Failed)
	sum, squares := grown(t.Seen.Seconds, now.Seconds), grown(t.Seen.Squares, now.Squares)
	failing := grown(t.Seen.Failing, now.Failing)
	t.Seen = now

	keep := t.keep(dt)
	t.Count, t.Sum, t.Squares = t.Count*keep+ok, t.Sum*keep+sum, t.Squares*keep+squares
	t.BadCount, t.BadSum = t.BadCount*keep+bad, t.BadSum*keep+failing
	fast := math.Exp(-dt / fastService)
	t.FastCount, t.FastSum = t.FastCount*fast+ok, t.FastSum*fast+sum
	slow, burst := math.Exp(-dt/errorMemory), math.Exp(-dt/burstMemory)
	t.OK, t.Bad = t.OK*slow+ok, t.Bad*slow+bad
	t.BurstOK, t.BurstBad, t.BurstSum = t.BurstOK*burst+ok, t.BurstBad*burst+bad, t.BurstSum*burst+sum

	t.diagnose(c.Triggers.ErrorRate, ok, bad)
	if t.braked() {
		t.BadCount, t.BadSum = 0, 0
		return
	}
	t.learnHealth(dt, c.AdaptationWindow.Seconds())
}

// learnHealth keeps what is usual, for the time when it is not. What a young
// type shows is its plain mean.
func (t *taskType) learnHealth(dt, window float64) {
	if t.Count <= baselineAfter {
		return
	}
	mean := t.Sum / t.Count
	if t.Baseline == 0 {
		t.Baseline = mean
	}
	t.Baseline += blend(dt, math.Min(t.Age+dt, window)) * (mean - t.Baseline)
	t.HealthySeconds, t.HealthyWork = t.Baseline, t.Rate*t.Baseline
}

// arrived takes in first attempts. A young type's rate is a plain mean.
func (t *taskType) arrived(dt, n float64) {
	t.Age += dt
	t.Rate += blend(dt, math.Min(t.Age, rateMemory)) * (n/dt - t.Rate)
}

// keep is what remains of the slow sample after dt: all of it while it is
// small, so that rare tasks are not forgotten.
func (t *taskType) keep(dt float64) float64 {
	keep := math.Exp(-dt / slowService)
	switch {
	case t.Count*keep < minSample:
		return 1
	case t.Count > maxSample:
		return math.Max(math.Exp(-dt/fastService), maxSample/t.Count)
	}
	return keep
}

// complexity is the service time of the last half minute against the baseline;
// 1 while there is too little to tell.
func (t *taskType) complexity() float64 {
	if t.FastCount <= fastSample || t.Baseline <= 0 {
		return 1
	}
	return t.FastSum / t.FastCount / t.Baseline
}

// service is what an attempt of the type is expected to take, well or not: while
// the brake is on what it took before, and the last half minute if that is out
// of line with the baseline.
func (t *taskType) service(complexityThreshold, fallback float64) float64 {
	switch {
	case t.braked() && t.HealthySeconds > 0:
		return t.HealthySeconds
	case t.Count <= 0.5:
		return fallback
	}
	s := t.Sum / t.Count
	if t.complexity() > complexityThreshold {
		s = math.Max(s, t.FastSum/t.FastCount)
	}
	return (s*t.Count + t.BadSum) / (t.Count + t.BadCount)
}

// overall is the mean service time of all types, and how much it varies:
// Cs² = variance/mean².
func overall(types []taskType, o *Observation) (mean, variation float64) {
	var count, sum, squares float64
	for i := range types {
		count += types[i].Count
		sum += types[i].Sum
		squares += types[i].Squares
	}
	if count > baselineAfter && sum > 0 {
		mean = sum / count
		return mean, clamp(squares/count/(mean*mean)-1, 0.2, 20)
	}
	return firstGuess(count, sum, o), 1
}

// firstGuess is a mean service time from whatever there is.
func firstGuess(count, sum float64, o *Observation) float64 {
	running := 0
	for i := range o.Types {
		running += o.Types[i].Running
	}
	switch {
	case count > 0 && sum > 0:
		return sum / count
	case running > 0 && o.Workers.BusySeconds > 0:
		return clamp(o.Workers.BusySeconds/float64(running), 0.05, 60)
	}
	return 1
}
