package autoscaler

import "math"

// Figures of the level's estimate.
const (
	shortestLevel    = 30   // s, the time constant at high rates …
	longestLevel     = 300  // … and at low ones
	levelArrivals    = 120  // arrivals that the time constant spans in between
	dispersionMemory = 300  // s
	maxDispersion    = 60   // one tick's contribution, …
	usualDispersion  = 4    // … and more where heaps are usual, by their dispersion
	riseRatio        = 1.44 // half-way, in likelihood, to a rate that doubled
	stepTicks        = 3    // ticks over which the evidence of a step is spread at least
	priorArrivals    = 5    // what the old rate weighs in the estimate of a new one
	recentMemory     = 5    // s, about what a queue may hold
)

// A Change says what the last tick did to the level.
type Change string

// The changes.
const (
	Same  Change = ""      // nothing but chance
	Burst Change = "burst" // tasks came in a heap: backlog, not rate
	Step  Change = "step"  // the rate rose for good
	Shift Change = "shift" // the rate drifted
)

// A level is the offered work in erlang: the work, in seconds of service, that
// arrives in a second. It tells a heap of tasks from a higher rate by a
// cumulative sum (Page's test) on the number of arrivals.
type level struct {
	Known      bool
	Slow, Fast float64 // erlang; Slow is the level, Fast shows its drift
	Recent     float64 // erlang over the last seconds, heaps included
	Rate       float64 // arrivals a second
	Dispersion float64 // variance/mean of the arrivals of a tick: 1 for a Poisson process

	Evidence   float64 // of a rise, in arrivals
	Since      float64 // when the rise began, s
	WorkSince  float64 // and what came since, s of service
	BeforeStep float64 // the level that the last step left, erlang
}

// An inflow is what came in one tick.
type inflow struct {
	now, dt  float64 // s
	arrivals float64
	work     float64 // erlang
	service  float64 // expected, s
	startup  float64 // delay of workers, s
}

// add takes in one tick and returns the work in it that counts as rate, in
// erlang.
func (l *level) add(in inflow) (work float64, what Change) {
	if !l.Known {
		l.Known = true
		l.Slow, l.Fast, l.Recent, l.Rate = in.work, in.work, in.work, in.arrivals/in.dt
	}
	expected := l.Rate * in.dt
	spread := math.Max(1, l.Dispersion)
	threshold := priorArrivals*spread + 4*math.Sqrt(expected*spread)
	l.suspect(in, expected, threshold)
	defer l.remember(in)

	if l.Evidence > threshold {
		l.jump(in, spread)
		return in.work, Step
	}
	arrivals := in.arrivals
	work = in.work
	if l.Evidence > 0 && in.arrivals > expected+3*math.Sqrt(expected*spread)+2*spread {
		sigma := math.Sqrt(math.Max(l.Rate, 0.1) * in.dt)
		work = l.Slow + in.service*sigma/in.dt
		arrivals = expected + sigma
		what = Burst
	}
	floor := math.Max(expected, 0.05)
	seen := math.Min((in.arrivals-floor)*(in.arrivals-floor)/floor, maxDispersion+usualDispersion*l.Dispersion)
	l.Dispersion += blend(in.dt, dispersionMemory) * (seen - l.Dispersion)
	if l.follow(in, work, arrivals, spread) {
		what = Shift
	}
	return work, what
}

// suspect adds up the evidence that the rate is riseRatio times what it was.
// One tick adds at most a little over half the threshold.
func (l *level) suspect(in inflow, expected, threshold float64) {
	if l.Evidence <= 0 {
		l.Since, l.WorkSince = in.now-in.dt, 0
	}
	l.WorkSince += in.work * in.dt
	l.Evidence = math.Max(0, l.Evidence+math.Min(in.arrivals-riseRatio*expected, threshold/(stepTicks-0.99)))
}

// jump sets the level to what came since the rise began. The old rate counts
// as some arrivals, for seven early tasks are no new regime.
func (l *level) jump(in inflow, spread float64) {
	prior := priorArrivals * spread
	l.BeforeStep = l.Slow
	l.Slow = (l.WorkSince + prior*in.service) / (math.Max(in.dt, in.now-l.Since) + prior/math.Max(l.Rate, 0.01))
	l.Fast = l.Slow
	if in.service > 0 {
		l.Rate = l.Slow / in.service
	}
	l.Evidence = 0
}

// follow moves the level a little, or to the fast mean if that has drifted off
// by more than chance.
func (l *level) follow(in inflow, work, arrivals, spread float64) (shifted bool) {
	tau := l.memory()
	l.Slow += blend(in.dt, tau) * (work - l.Slow)
	l.Fast += blend(in.dt, tau/5) * (work - l.Fast)
	l.Rate += blend(in.dt, tau) * (arrivals/in.dt - l.Rate)
	sigma := math.Sqrt(spread*math.Max(l.Rate, 0.01)/(2*tau/5)) * in.service
	if l.Slow > 0 && (l.Fast < l.Slow-3.5*sigma || l.Fast > l.Slow+3*sigma) {
		l.Rate *= l.Fast / l.Slow
		l.Slow = l.Fast
		return true
	}
	return false
}

// memory is the level's time constant, s.
func (l *level) memory() float64 {
	return clamp(levelArrivals/math.Max(l.Rate, 0.01), shortestLevel, longestLevel)
}

func (l *level) remember(in inflow) {
	l.Recent += blend(in.dt, recentMemory) * (in.work - l.Recent)
}

// service is the mean service time of what arrives, s; fallback where that is
// unknown, and never far from it.
func (l *level) service(fallback float64) float64 {
	if l.Rate <= 0 || l.Slow <= 0 {
		return fallback
	}
	return clamp(l.Slow/l.Rate, fallback/10, fallback*10)
}
