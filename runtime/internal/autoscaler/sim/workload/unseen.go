package workload

import (
	"math"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// Unseen lists workloads of other kinds and figures than those of the
// comparison. Nothing is tuned on them: they tell whether what was learned
// there holds elsewhere.
func Unseen() []Workload {
	var all []Workload
	for _, group := range [][]recipe{unseenRates(), unseenFaults(), unseenShapes()} {
		for _, r := range group {
			all = append(all, r.workload())
		}
	}
	return all
}

func unseenRates() []recipe {
	return []recipe{
		{"busy_go", 3600, func(b *builder) { // ten times the usual rate, short tasks
			b.goroutines()
			b.constant(400, func(t float64) { b.add(t, b.exponential(0.1), sim.Default, 0) })
		}},
		{"ramp_pod", 5400, func(b *builder) { // twentyfold within ten minutes
			b.pods(20, 40)
			b.poisson(80, func(t float64) float64 { return 4 + 76*math.Max(0, math.Min(1, (t-1200)/600)) }, b.simple)
		}},
		{"flash5_pod", 4800, func(b *builder) { // workers start slower than tasks may wait
			b.pods(60, 90)
			b.Wait, b.Latency = 5, 3
			b.poisson(70, between(1500, 2700, 70, 14), b.simple)
			b.Marks = []float64{1500}
		}},
		{"onoff_pod", 5400, func(b *builder) { // twenty seconds on, forty off
			b.pods(10, 20)
			b.poisson(45, func(t float64) float64 {
				if math.Mod(t, 60) < 20 {
					return 45
				}
				return 3
			}, b.simple)
		}},
		{"sleep_pod", 7200, func(b *builder) { // nothing for half an hour, then work as if nothing had been
			b.pods(15, 30)
			b.Min, b.Init = 1, 1
			b.poisson(30, between(1800, 3600, 0.001, 30), b.simple)
			b.Marks = []float64{3600}
		}},
	}
}

func unseenFaults() []recipe {
	return []recipe{
		{"flaky_go", 5400, func(b *builder) { // one call in twelve fails, always
			b.goroutines()
			b.poisson(50, between(1800, 3600, 50, 10), b.simple)
			b.Outages = []sim.Outage{{From: 0, To: 5400, Capacity: 1000, Fails: 0.08}}
		}},
		{"slowdown_pod", 5400, func(b *builder) { // a shared dependency at half its capacity for ten minutes
			b.pods(10, 20)
			b.constant(24, b.kind(0))
			b.constant(12, b.kind(1))
			b.Timeout, b.Exempt = 6, true
			b.Outages = []sim.Outage{{From: 1800, To: 2400, Capacity: 6}}
			b.Marks = []float64{1800}
		}},
		{"deploy_pod", 5400, func(b *builder) { // a release makes tasks four times as long at once
			b.pods(20, 40)
			b.constant(20, func(t float64) {
				mean := 0.4
				if t > 2400 {
					mean = 1.6
				}
				b.add(t, b.exponential(mean), sim.Default, 0)
			})
			b.ServiceMean, b.Marks = 0.4, []float64{2400}
		}},
	}
}

func unseenShapes() []recipe {
	return []recipe{
		{"mixed_go", 5400, (*builder).mixed},
		{"hourly_pod", 7200, func(b *builder) { // schedules of different size on the quarter-hour
			b.pods(20, 40)
			b.constant(8, b.simple)
			for t := 900.0; t < 7200; t += 900 {
				for range 200 + b.random.Intn(800) {
					b.add(t+b.random.Float64(), b.exponential(0.5), sim.Default, 1).Scheduled = true
				}
			}
		}},
		{"slots25_pod", 5400, func(b *builder) { // big processes
			b.pods(20, 40)
			b.Slots, b.Max, b.Init, b.Min = 25, 20, 2, 1
			b.poisson(300, between(1800, 3600, 300, 60), b.simple)
			b.Marks = []float64{1800}
		}},
		{"slowstart_pod", 7200, func(b *builder) { // machines have to be bought first
			b.pods(120, 180)
			b.Wait, b.Latency = 30, 60
			b.poisson(50, func(t float64) float64 { return 28 - 22*math.Cos(2*math.Pi*t/3600) }, b.simple)
		}},
		{"twohungry_go", 4800, (*builder).twoHungry},
		{"timeouts_go", 5400, func(b *builder) { // one call in sixteen hangs until its timeout, always
			b.goroutines()
			b.Timeout, b.MaxRetries = 3, 1
			b.poisson(40, between(1800, 3600, 40, 10), func(t float64) {
				service := b.exponential(0.3)
				if b.random.Float64() < 1.0/16 {
					service = 60
				}
				b.add(t, service, sim.Default, 0)
			})
			b.ServiceMean = 0.5
		}},
		{"even_go", 3600, func(b *builder) { // clockwork
			b.goroutines()
			for t := 0.0; t < 3600; t += 0.05 {
				b.add(t, 0.5, sim.Default, 0)
			}
		}},
	}
}

// mixed has three types on three queues whose rates rise one after the other.
func (b *builder) mixed() {
	b.goroutines()
	b.poisson(20, between(900, 1500, 20, 4), func(t float64) { b.add(t, b.exponential(0.2), sim.High, 0) })
	b.poisson(40, between(2100, 2700, 40, 8), func(t float64) { b.add(t, b.exponential(0.5), sim.Default, 1) })
	b.poisson(6, between(3300, 3900, 6, 1), func(t float64) { b.add(t, b.lognormal(4, 1), sim.Low, 2) })
}

// twoHungry has two types that take memory, and waves of each in turn.
func (b *builder) twoHungry() {
	b.limit(12288, 300, 30)
	add := func(t, mean float64, kind int, memory float64) {
		b.add(t, b.exponential(mean), sim.Default, kind).MemoryMB = float32(memory * (0.8 + 0.4*b.random.Float64()))
	}
	b.constant(10, func(t float64) { add(t, 0.3, 0, 8) })
	b.poisson(8, between(900, 1500, 8, 2), func(t float64) { add(t, 1, 1, 350) })
	b.poisson(8, between(2400, 3000, 8, 2), func(t float64) { add(t, 1, 2, 500) })
}
