package workload

import (
	"math"
	"math/rand"
	"slices"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// A builder draws a trace from a seed of its own.
type builder struct {
	*sim.Trace
	random *rand.Rand
}

func begin(name string, seed int64, duration float64) *builder {
	tr := &sim.Trace{
		Name: name, Seed: seed, Duration: duration,
		Min: 2, Max: 100, Init: 5, Slots: 1,
		Wait: 10, Latency: 5, MaxRetries: 5, Visible: 120,
	}
	hash := int64(0)
	for _, c := range name {
		hash = hash*31 + int64(c)
	}
	return &builder{tr, rand.New(rand.NewSource(seed*1000003 + hash%100000))}
}

// pods start in low to high seconds.
func (b *builder) pods(low, high float64) { b.StartLo, b.StartHi = low, high }

// goroutines start at once, and are held to tighter targets.
func (b *builder) goroutines() { b.Wait, b.Latency = 5, 3 }

func (b *builder) add(at, service float64, queue, kind int) *sim.Task {
	b.Tasks = append(b.Tasks, sim.Task{
		At: at, Service: float32(math.Max(service, 0.001)), Queue: uint8(queue), Type: uint8(kind),
	})
	return &b.Tasks[len(b.Tasks)-1]
}

// simple adds a task of half a second on average to the default queue.
func (b *builder) simple(at float64) { b.add(at, b.exponential(0.5), sim.Default, 0) }

func (b *builder) done() *sim.Trace {
	slices.SortStableFunc(b.Tasks, func(x, y sim.Task) int {
		switch {
		case x.At < y.At:
			return -1
		case x.At > y.At:
			return 1
		}
		return 0
	})
	if b.ServiceMean == 0 && len(b.Tasks) > 0 {
		work := 0.0
		for i := range b.Tasks {
			work += float64(b.Tasks[i].Service)
		}
		b.ServiceMean = work / float64(len(b.Tasks))
	}
	return b.Trace
}

func (b *builder) exponential(mean float64) float64 { return b.random.ExpFloat64() * mean }

func (b *builder) lognormal(mean, sigma float64) float64 {
	return math.Exp(math.Log(mean) - sigma*sigma/2 + sigma*b.random.NormFloat64())
}

// poisson calls add at the times of a Poisson process of a rate that is at most
// the highest.
func (b *builder) poisson(highest float64, rate func(t float64) float64, add func(t float64)) {
	t := 0.0
	for {
		t += b.random.ExpFloat64() / highest
		if t >= b.Duration {
			return
		}
		if b.random.Float64()*highest < rate(t) {
			add(t)
		}
	}
}

// constant is a Poisson process of one rate.
func (b *builder) constant(rate float64, add func(t float64)) {
	b.poisson(rate, func(float64) float64 { return rate }, add)
}

// between is high from a time to another, low before and after.
func between(from, to, high, low float64) func(float64) float64 {
	return func(t float64) float64 {
		if t > from && t < to {
			return high
		}
		return low
	}
}
