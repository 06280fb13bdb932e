package autoscaler

import "math"

const (
	trendFrom   = 60  // s of start-up delay, from which on a trend matters
	trendSigmas = 4   // by which it has to differ from chance
	trendMost   = 0.5 // of the level, that it adds
)

// A trend is where the level goes, from two means of it: a ramp leaves the second
// behind the first by its slope times their time constant.
type trend struct {
	First, Second float64 // erlang
}

// add takes in the work of one tick that counts as rate. A step is no trend.
func (t *trend) add(in inflow, work float64, what Change, level *level) {
	if what == Step || t.First == 0 {
		t.First, t.Second = level.Slow, level.Slow
		return
	}
	weight := blend(in.dt, trendMemory(in.startup))
	t.First += weight * (work - t.First)
	t.Second += weight * (t.First - t.Second)
}

func trendMemory(startup float64) float64 { return math.Max(trendFrom, startup) }

// rise is how much more work there will be, in erlang, when a worker that is
// asked for now is there; 0 if that is soon, or the trend may be chance.
func (t *trend) rise(in inflow, l *level) float64 {
	if in.startup < trendFrom {
		return 0
	}
	memory := trendMemory(in.startup)
	ahead := t.First - t.Second
	chance := 0.5 * math.Sqrt(math.Max(1, l.Dispersion)*l.Slow*in.service/(2*memory))
	if ahead < trendSigmas*chance {
		return 0
	}
	return math.Min(trendMost*l.Slow, ahead/memory*(in.startup+l.memory()))
}
