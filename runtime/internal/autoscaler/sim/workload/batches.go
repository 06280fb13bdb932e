package workload

import (
	"math"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// batches are loads whose tasks come in heaps.
func batches() []recipe {
	return []recipe{
		{"batch_go", 6000, func(b *builder) { b.goroutines(); b.everyTenMinutes(500, false) }},
		{"batch_pod", 6000, func(b *builder) { b.pods(10, 20); b.Max = 150; b.everyTenMinutes(1000, false) }},
		{"cron_pod", 6000, func(b *builder) { b.pods(10, 20); b.Max = 150; b.everyTenMinutes(1000, true) }},
		{"priority_go", 6000, (*builder).priorities},
		{"enqueuebatch_pod", 5400, (*builder).producers},
		{"trickle_pod", 7200, (*builder).trickle},
	}
}

func (b *builder) everyTenMinutes(size int, scheduled bool) {
	b.constant(6, b.simple)
	for t := 400.0; t < b.Duration; t += 600 {
		first := t + b.random.Float64()*60
		for range size {
			at := first + b.random.Float64()*0.5
			b.add(at, b.exponential(0.5), sim.Default, 1).Scheduled = scheduled
		}
	}
}

func (b *builder) priorities() {
	b.goroutines()
	b.constant(5, func(t float64) { b.add(t, b.exponential(0.3), sim.High, 0) })
	wave := func(t float64) float64 { return 15 + 10*math.Sin(2*math.Pi*t/1800) }
	b.poisson(25, wave, func(t float64) { b.add(t, b.exponential(0.5), sim.Default, 1) })
	low := func(t float64) { b.add(t, b.exponential(1), sim.Low, 2) }
	b.constant(3, low)
	for t := 900.0; t < b.Duration; t += 1200 {
		for range 1200 {
			low(t + b.random.Float64())
		}
	}
}

// producers enqueue in batches of very different size.
func (b *builder) producers() {
	b.pods(8, 16)
	b.poisson(3, between(2700, math.Inf(1), 3, 1.5), func(t float64) {
		size := 1 + int(math.Pow(b.random.Float64(), -0.7)*3)
		for range min(size, 150) {
			b.add(t, b.exponential(0.6), sim.Default, 0)
		}
	})
}

// trickle is almost idle, with rare small bursts.
func (b *builder) trickle() {
	b.pods(5, 10)
	b.Min, b.Init = 1, 1
	second := func(t float64) { b.add(t, b.exponential(1), sim.Default, 0) }
	b.constant(0.2, second)
	for t := 600.0; t < b.Duration; t += 600 + 600*b.random.Float64() {
		for range 40 {
			second(t + 5*b.random.Float64())
		}
	}
}
