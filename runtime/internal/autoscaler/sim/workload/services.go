package workload

import (
	"math"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// services are loads whose service times are long, vary much, or drift.
func services() []recipe {
	return []recipe{
		{"drift_pod", 6600, (*builder).drift},
		{"heavytail_pod", 5400, func(b *builder) {
			b.pods(10, 20)
			b.constant(30, func(t float64) { b.add(t, math.Min(300, b.lognormal(0.5, 2)), sim.Default, 0) })
		}},
		{"bimodal_pod", 5400, (*builder).bimodal},
		{"longtasks_pod", 9000, (*builder).long},
		{"verylong_pod", 14400, (*builder).veryLong},
	}
}

// drift lets the service time grow sixfold and, after a deployment, fall back.
func (b *builder) drift() {
	b.pods(20, 40)
	mean := func(t float64) float64 {
		if t < 600 || t >= 5400 {
			return 0.3
		}
		return 0.3 + 1.5*(t-600)/4800
	}
	b.constant(20, func(t float64) { b.add(t, b.exponential(mean(t)), sim.Default, 0) })
	b.ServiceMean = 0.3
}

func (b *builder) bimodal() {
	b.pods(10, 20)
	rate := func(t float64) float64 {
		if math.Mod(t, 1800) > 900 {
			return 60
		}
		return 20
	}
	b.poisson(60, rate, func(t float64) {
		if b.random.Float64() < 0.05 {
			b.add(t, b.exponential(10), sim.Default, 1)
			return
		}
		b.add(t, b.exponential(0.05), sim.Default, 0)
	})
}

func (b *builder) long() {
	b.pods(30, 60)
	b.Wait, b.Latency, b.Min, b.Init = 60, 240, 1, 2
	b.poisson(1, between(3000, 5400, 1, 0.2), func(t float64) { b.add(t, b.lognormal(30, 1), sim.Default, 0) })
	b.Marks = []float64{3000}
}

func (b *builder) veryLong() {
	b.pods(40, 80)
	b.Wait, b.Latency, b.Min, b.Init = 90, 900, 1, 2
	wave := func(t float64) float64 { return 0.18 - 0.12*math.Cos(2*math.Pi*t/7200) }
	minutes := func(t float64) { b.add(t, b.lognormal(90, 0.6), sim.Default, 0) }
	b.poisson(0.3, wave, minutes)
	for range 25 {
		minutes(9000 + 30*b.random.Float64())
	}
	b.Marks = []float64{9000}
}
