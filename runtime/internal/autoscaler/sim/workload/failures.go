package workload

import "github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"

// failures are loads whose downstream does not keep up.
func failures() []recipe {
	return []recipe{
		{"errstorm_pod", 6600, (*builder).storm},
		{"errslow_pod", 5400, (*builder).hanging},
		{"dbsat_pod", 5400, (*builder).saturated},
	}
}

// kind adds tasks of one type, half a second long.
func (b *builder) kind(t int) func(at float64) {
	return func(at float64) { b.add(at, b.exponential(0.5), sim.Default, t) }
}

// storm has a downstream that slows down with its callers, and later fails at
// once; failures are tried again.
func (b *builder) storm() {
	b.pods(10, 20)
	b.constant(20, b.kind(0))
	b.constant(20, b.kind(1))
	b.Timeout, b.Exempt, b.Max = 8, true, 200
	b.Outages = []sim.Outage{{From: 1200, To: 1800, Capacity: 8}, {From: 3600, To: 4200, Capacity: 1000, Fails: 0.9}}
	b.Marks = []float64{1200, 3600}
}

// hanging has a dead downstream: every call waits for its timeout.
func (b *builder) hanging() {
	b.pods(10, 20)
	b.constant(6, b.kind(0))
	b.constant(30, b.kind(1))
	b.Timeout, b.Exempt, b.Max = 5, true, 200
	b.Outages = []sim.Outage{{From: 1800, To: 2700, Capacity: 0.01}}
	b.Marks = []float64{1800}
}

// saturated has one database that serves 24 calls at once; more callers only
// make each other slower.
func (b *builder) saturated() {
	b.pods(10, 20)
	b.poisson(60, between(1500, 2100, 60, 30), b.simple)
	b.Timeout, b.Max = 4, 250
	b.Outages = []sim.Outage{{From: 0, To: 5400, Capacity: 24}}
	b.Marks = []float64{1500}
}
