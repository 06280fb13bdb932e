package autoscaler

import (
	"math"
	"slices"
)

const (
	reserveEvery  = 30  // s
	reserveSample = 10  // s between two entries of the history
	maxHistory    = 720 // entries; a longer window is sampled less often
	forecastAhead = 5   // s beyond the start-up delay
	priceCap      = 999 // idle seconds that a late one is worth at most
	reserveLevels = 16
)

// An outcome is what came, in erlang, and what had been planned when workers
// for it would have had to be asked for.
type outcome struct{ Came, Planned float64 }

// A plan is the level at a time.
type plan struct{ At, Offered float64 }

// A reserve is the slots that would have paid for themselves over the
// adaptation window.
type reserve struct {
	Plans   []plan // of the last start-up delay
	History []outcome
	Size    float64 // erlang that must be there before it is needed
	SizedAt float64 // s

	sorted []float64
}

// entry is the time between two entries of the history, s.
func (c *Config) entry() float64 {
	return math.Max(reserveSample, c.AdaptationWindow.Seconds()/maxHistory)
}

// remember compares what comes now with the forecast of a start-up delay ago.
func (r *reserve) remember(c *Config, s *situation, recent float64) {
	if n := len(r.Plans); n > 0 && s.now-r.Plans[n-1].At < c.entry()-s.tick/2 {
		return
	}
	r.Plans = append(r.Plans, plan{s.now, s.offered})
	due := s.now - s.startup - forecastAhead
	old := 0
	for old+1 < len(r.Plans) && r.Plans[old+1].At <= due {
		old++
	}
	old = max(old, len(r.Plans)-maxHistory)
	r.Plans = slices.Delete(r.Plans, 0, old)
	if r.Plans[0].At > due {
		return
	}
	r.History = append(r.History, outcome{recent, r.Plans[0].Offered})
	if extra := len(r.History) - int(c.AdaptationWindow.Seconds()/c.entry()); extra > 0 {
		r.History = slices.Delete(r.History, 0, extra)
	}
}

// slots is the reserve. Only the part k of a surprise has to be there before:
// a queue may hold the rest for its target wait while workers start, the less of
// it the more the waits of late were too long (ease, from 1 down). Workers that start
// at once need no reserve.
func (r *reserve) slots(c *Config, s *situation, ease float64) float64 {
	k := math.Max(0, 1-1.2*ease*s.wait/(s.startup+forecastAhead))
	if !c.AdaptiveThresholds || s.startup < shortestDelay || k <= 0.05 || len(r.History) < 4 {
		r.Size = 0
		return 0
	}
	if s.now-r.SizedAt >= reserveEvery {
		r.SizedAt = s.now
		r.Size = r.cheapest(k, c.price())
	}
	return k * r.Size / leanBusy
}

// price is how many idle worker-seconds a late one is worth: p/(1-p).
func (c *Config) price() float64 {
	p := c.Target.SuccessRate
	return math.Min(p/math.Max(1-p, 1e-9), priceCap)
}

// cheapest is the R, among the upper levels that were seen, that minimizes
// Σ max(0, kR - planned) + price·Σ max(0, came - max(1.05·planned + 1, R)).
func (r *reserve) cheapest(k, price float64) float64 {
	r.sorted = r.sorted[:0]
	for _, h := range r.History {
		r.sorted = append(r.sorted, h.Came)
	}
	slices.Sort(r.sorted)
	best, least := 0.0, r.cost(0, k, price)
	for j := range reserveLevels {
		quantile := 0.5 + 0.5*float64(j)/(reserveLevels-1)
		size := r.sorted[int(quantile*float64(len(r.sorted)-1))]
		if cost := r.cost(size, k, price); cost < least {
			best, least = size, cost
		}
	}
	return best
}

func (r *reserve) cost(size, k, price float64) float64 {
	sum := 0.0
	for _, h := range r.History {
		sum += math.Max(0, k*size-h.Planned)
		sum += price * math.Max(0, h.Came-math.Max(1.05*h.Planned+1, size))
	}
	return sum
}
