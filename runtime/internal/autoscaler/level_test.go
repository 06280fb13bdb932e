package autoscaler

import (
	"math"
	"math/rand/v2"
	"testing"
)

// feed gives a level arrivals of half a second of work, one tick each.
func feed(l *level, now *float64, arrivals ...float64) (last Change) {
	for _, n := range arrivals {
		*now++
		_, last = l.add(inflow{now: *now, dt: 1, arrivals: n, work: n / 2, service: 0.5})
	}
	return last
}

func poisson(random *rand.Rand, mean float64, seconds int) []float64 {
	counts := make([]float64, seconds)
	for i := range counts {
		for t := random.ExpFloat64() / mean; t < 1; t += random.ExpFloat64() / mean {
			counts[i]++
		}
	}
	return counts
}

func TestLevelFollowsTheRate(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, rate := range []float64{0.5, 5, 50} {
		var l level
		now := 0.0
		feed(&l, &now, poisson(random, rate, 1200)...)
		if math.Abs(l.Slow-rate/2) > 0.35*rate/2 {
			t.Errorf("rate %v: %.2f erlang", rate, l.Slow)
		}
		if l.Dispersion < 0.5 || l.Dispersion > 2 {
			t.Errorf("rate %v: dispersion %.2f of a Poisson process", rate, l.Dispersion)
		}
	}
}

func TestStepAndHeap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	calm := func() (*level, *float64) {
		l, now := &level{}, 0.0
		feed(l, &now, poisson(random, 10, 600)...)
		return l, &now
	}
	l, now := calm()
	seconds := 0
	for feed(l, now, 60) != Step && seconds < 20 {
		seconds++
	}
	if seconds+1 > 4 || l.Slow < 20 || l.Slow > 32 || l.BeforeStep > 7 {
		t.Errorf("10 to 60 a second: a step after %d s, %.1f → %.1f erlang", seconds+1, l.BeforeStep, l.Slow)
	}
	l, now = calm()
	if what := feed(l, now, 500); what != Burst {
		t.Errorf("500 tasks at once are change %q", what)
	}
	feed(l, now, poisson(random, 10, 10)...)
	if l.Slow > 8 {
		t.Errorf("500 tasks at once made the level %.1f erlang", l.Slow)
	}
}

// Batches of very different size move the level less than they would if they
// were taken for a Poisson process.
func TestBatchesMoveTheLevelLittle(t *testing.T) {
	deviation := func(blind bool) float64 {
		random := rand.New(rand.NewPCG(5, 6))
		l, now, sum := &level{}, 0.0, 0.0
		for i := range 3600 {
			n := 0.0
			if i%7 == 0 {
				n = 20 + 100*random.Float64()
			}
			if blind {
				l.Dispersion = 1
			}
			feed(l, &now, n)
			if i >= 600 {
				sum += (l.Slow - 5) * (l.Slow - 5)
			}
		}
		return math.Sqrt(sum / 3000)
	}
	seen, blind := deviation(false), deviation(true)
	t.Logf("standard deviation from 5 erlang: %.2f, blind %.2f", seen, blind)
	if seen > 2 || seen > blind/2 {
		t.Errorf("standard deviation from 5 erlang: %.2f; blind to dispersion it is %.2f", seen, blind)
	}
}
