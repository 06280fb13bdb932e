package workload

import (
	"math"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// memories are loads of one process under a memory limit; past it, the process
// is killed.
func memories() []recipe {
	return []recipe{
		{"memory_go", 4800, (*builder).hungry},
		{"memdrift_go", 6000, (*builder).hungrier},
	}
}

func (b *builder) limit(total, idle float64, oracle int) {
	b.goroutines()
	b.MemLimit, b.MemBase, b.MemWorker, b.OracleMax = total, idle, 1, oracle
}

func (b *builder) hungry() {
	b.limit(16384, 200, 36)
	big := func(t float64) {
		task := b.add(t, b.exponential(1.2), sim.Default, 1)
		task.MemoryMB = float32(300 + 200*b.random.Float64())
	}
	b.poisson(45, between(1200, 1800, 45, 15), func(t float64) {
		if b.random.Float64() < 0.2 {
			big(t)
			return
		}
		b.add(t, b.exponential(0.3), sim.Default, 0).MemoryMB = 10
	})
	for _, first := range []float64{2600, 3600} {
		for range 400 {
			big(first + b.random.Float64())
		}
	}
	b.Marks = []float64{1200, 2600, 3600}
}

// hungrier has a type whose tasks take more and more memory, twice from anew.
func (b *builder) hungrier() {
	b.limit(10240, 250, 24)
	big := func(t, since float64) {
		task := b.add(t, b.exponential(1), sim.Default, 1)
		task.MemoryMB = float32(100 + 300*math.Mod(since, 3000)/3000 + 40*b.random.Float64())
	}
	b.constant(18, func(t float64) {
		if b.random.Float64() < 0.35 {
			big(t, t)
			return
		}
		b.add(t, b.exponential(0.3), sim.Default, 0).MemoryMB = 12
	})
	for _, first := range []float64{1000, 2500, 4800} {
		for range 200 {
			big(first+6*b.random.Float64(), first)
		}
	}
	b.Marks = []float64{1000, 2500, 4800}
}
