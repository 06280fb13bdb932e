package autoscaler

import "math"

const (
	memoryShare  = 0.85 // of the limit that may be planned with
	memoryFilter = 300  // s
	memoryNoise  = 100  // MB², of one measurement
	memoryPrior  = 1e5  // MB², of the declared or configured need
	needHeadroom = 1.3
	spareWorkers = 2
)

// A memoryBrake learns how much memory a task of each type takes, from the
// process's memory and the numbers of running tasks, by a Kalman filter whose
// needs walk at random. From that come a cap on the hungriest type and one on
// the fleet.
type memoryBrake struct {
	Peak float64 // how far peaks run ahead of the estimate, 1 and more
}

// learn compares the memory in use with what the running tasks should take.
func (m *memoryBrake) learn(dt float64, o *Observation, types []taskType) {
	if m.Peak == 0 {
		m.Peak = 1
	}
	used := o.Memory.UsedMB - o.Memory.IdleMB
	expected, noise := 0.0, float64(memoryNoise)
	for i := range types {
		x := float64(o.Types[i].Running)
		expected += x * types[i].MemoryMB
		noise += x * x * types[i].MemoryVariance
	}
	m.overrun(dt, used, expected)
	for i := range types {
		t, x := &types[i], float64(o.Types[i].Running)
		gain := t.MemoryVariance * x / noise
		t.MemoryMB = math.Max(0, t.MemoryMB+gain*(used-expected))
		t.MemoryVariance *= 1 - gain*x
		if x > 0 {
			t.MemoryVariance = math.Min(memoryPrior, t.MemoryVariance*math.Exp(dt/memoryFilter))
		}
	}
}

// overrun follows upward fast, downward slowly.
func (m *memoryBrake) overrun(dt, used, expected float64) {
	if expected <= 0 || used <= 100 {
		return
	}
	ratio := used / expected
	if ratio > m.Peak {
		m.Peak += 0.3 * (ratio - m.Peak)
		return
	}
	m.Peak += blend(dt, memoryFilter) * (math.Max(1, ratio) - m.Peak)
}

// NeedMB is what a task takes, at its peak, on average over what arrives: 0 until
// that is known.
func (c *Controller) NeedMB() float64 {
	need, rate := 0.0, 0.0
	for i := range c.Types {
		if t := &c.Types[i]; t.MemoryVariance < memoryPrior/4 {
			need += t.Rate * t.MemoryMB
			rate += t.Rate
		}
	}
	if rate <= 0 {
		return 0
	}
	return need / rate * math.Max(1, c.Brake.Peak)
}

// A memoryLimit is what the memory can bear: a cap for one type and a size for
// the fleet, in slots. There is none if Type is negative.
type memoryLimit struct {
	Type  int
	Cap   int
	Slots float64
}

// limit shares the budget out: every other type gets what it needs at its rate,
// the hungriest one the rest. need is a scratch slice.
func (m *memoryBrake) limit(o *Observation, types []taskType, service func(*taskType) float64, need []float64) memoryLimit {
	budget := memoryShare*o.Memory.LimitMB - o.Memory.IdleMB
	hungriest := -1
	for i := range types {
		t, running := &types[i], o.Types[i].Running
		need[i] = 0
		if running > 0 || t.Rate > 1e-3 {
			need[i] = math.Max(float64(running), needHeadroom*t.Rate*service(t)+1)
		}
		seen := need[i] > 0 || queuedOf(o, i) > 0
		if seen && (hungriest < 0 || t.MemoryMB > types[hungriest].MemoryMB) {
			hungriest = i
		}
	}
	if hungriest < 0 || types[hungriest].MemoryMB <= 1 {
		return memoryLimit{Type: -1}
	}
	others, light := 0.0, 0
	for i := range types {
		if i != hungriest {
			budget -= types[i].MemoryMB * m.Peak * need[i]
			others += need[i]
			light += queuedOf(o, i)
		}
	}
	most := max(1, int(math.Min(budget/(types[hungriest].MemoryMB*m.Peak), maxWorkers*maxWorkers)))
	slots := float64(most) + math.Ceil(others) + spareWorkers
	return memoryLimit{hungriest, most, slots + float64(light)/4} // only light tasks can use these
}

func queuedOf(o *Observation, i int) int {
	n := 0
	for q := range o.Queues {
		n += o.Queues[q].flow(i).Queued
	}
	return n
}
