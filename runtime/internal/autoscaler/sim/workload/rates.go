package workload

import (
	"math"
	"sort"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// rates are loads of one kind of task whose rate is steady or changes.
func rates() []recipe {
	return []recipe{
		{"steady_go", 5400, func(b *builder) { b.goroutines(); b.constant(40, b.simple) }},
		{"steady_pod", 5400, func(b *builder) { b.pods(20, 40); b.constant(40, b.simple) }},
		{"diurnal_pod", 7200, func(b *builder) {
			b.pods(20, 40)
			b.poisson(65, func(t float64) float64 { return 35 - 30*math.Cos(2*math.Pi*t/3600) }, b.simple)
		}},
		{"step_go", 5400, func(b *builder) { b.goroutines(); b.step() }},
		{"step_pod", 5400, func(b *builder) { b.pods(20, 40); b.step() }},
		{"flash_go", 4800, func(b *builder) { b.goroutines(); b.flash() }},
		{"flash_pod", 4800, func(b *builder) { b.pods(20, 40); b.flash() }},
		{"sawtooth_pod", 6000, func(b *builder) {
			b.pods(10, 20)
			b.poisson(70, func(t float64) float64 { return 5 + 65*math.Mod(t, 900)/900 }, b.simple)
		}},
		{"mmpp_pod", 6000, (*builder).bursts},
		{"slots10_pod", 7200, (*builder).slots10},
	}
}

func (b *builder) step() {
	b.poisson(60, between(1200, 3600, 60, 10), b.simple)
	b.Marks = []float64{1200}
}

func (b *builder) flash() {
	rate := func(t float64) float64 {
		if t > 1200 && t < 1500 || t > 3000 && t < 3300 {
			return 120
		}
		return 12
	}
	b.poisson(120, rate, b.simple)
	b.Marks = []float64{1200, 3000}
}

// bursts come at random: a Poisson process whose rate a Markov chain switches.
func (b *builder) bursts() {
	b.pods(10, 20)
	type segment struct{ until, rate float64 }
	var segments []segment
	high := false
	for t := 0.0; t < b.Duration; high = !high {
		mean, rate := 200.0, 8.0
		if high {
			mean, rate = 60, 60
		}
		t += b.exponential(mean)
		segments = append(segments, segment{t, rate})
	}
	rate := func(t float64) float64 {
		return segments[sort.Search(len(segments), func(i int) bool { return segments[i].until >= t })].rate
	}
	b.poisson(60, rate, b.simple)
}

// slots10 has processes that run ten tasks each.
func (b *builder) slots10() {
	b.pods(30, 60)
	b.Slots, b.Max, b.Init, b.Min = 10, 20, 2, 1
	rate := func(t float64) float64 {
		v := 80 - 60*math.Cos(2*math.Pi*t/3600)
		if t > 4800 && t < 5400 {
			v += 80
		}
		return v
	}
	b.poisson(230, rate, func(t float64) { b.add(t, b.exponential(0.4), sim.Default, 0) })
	b.Marks = []float64{4800}
}
