package autoscaler

import "math"

// Figures of the steady size.
const (
	lateShare     = 0.01 // of tasks that may wait longer than half the target
	maxSpread     = 4    // the stretch of the tail by varying service times
	leanBusy      = 0.95 // utilization of the leanest staffing
	fewestStarted = 10   // tasks from which a percentile of waits says anything
	lowestMargin  = 0.3  // of the pressure threshold
)

// targetWait is how long a task may wait so that both targets are kept, s:
// W' = min(wait target, max(latency target - service, 0.3 · latency target)).
func (c *Config) targetWait(service float64) float64 {
	latency := c.Target.P95Latency.Seconds()
	return math.Min(c.Target.QueueWait.Seconds(), math.Max(latency-service, 0.3*latency))
}

// A situation is what the sizes are computed from, in slots, erlang and seconds.
type situation struct {
	now, tick  float64 // s
	offered    float64 // a, erlang
	service    float64 // S, mean of what arrives
	spread     float64 // (1+Cs²)/2
	wait       float64 // W'
	startup    float64 // d
	horizon    float64 // h: when a worker asked for now will have worked a tick
	inSystem   float64 // N: tasks running and queued
	queueShare []float64
	backlog    []float64 // s of service per queue, due within h included
	due        float64   // s of service, of those that are due and not there yet
}

// steady is how many slots the offered work needs for good.
//
// The learned margin φ leads from a/target utilization (0) over the Erlang size
// (1) to a/0.95 + ½ (2). Below 1 the utilization threshold holds, too.
func (c *Controller) steady(s *situation) float64 {
	erlang := erlangSlots(s.offered, math.Max(s.service, 1e-3), s.wait/2, clamp(s.spread, 1, maxSpread))
	n := erlang
	switch phi := c.Margin.Phi; {
	case phi < 1:
		n += (1 - phi) * math.Max(0, s.offered/c.config.Target.WorkerUtilization-erlang)
		n = math.Max(n, s.offered/c.config.Triggers.WorkerUtilization)
	default:
		n -= (phi - 1) * math.Max(0, erlang-(s.offered/leanBusy+0.5))
	}
	return math.Min(n, s.following())
}

// following is the size that follows long tasks: their number in the system
// moves slower than workers start, so there is no need to be ahead of it.
// In M/G/∞: N(t+h) ≈ uN + (1-u)a with u = e^(-h/S), variance a(1-u²).
func (s *situation) following() float64 {
	service := math.Max(s.service, 1e-3)
	u := math.Exp(-s.horizon / service)
	u2 := math.Exp(-2 * math.Max(0, s.horizon-s.wait) / service)
	n := u*s.inSystem + (1-u)*s.offered + math.Sqrt(math.Max(0, s.offered*(1-u2)))
	return math.Max(n, s.inSystem)
}

// A margin is what the measured waits have taught: how lean the fleet may be,
// and at which pressure to act.
type margin struct {
	Phi       float64 // 0 to 2
	Pressure  float64 // the current threshold, 0.3 to 1 of the configured one
	LearnedAt float64 // s
}

const learnEvery = 30 // s

// learn moves the margin by the 95th percentile of the last minute's waits
// against W'. Nothing is learned while a type is sick: its waits are not ours.
func (m *margin) learn(c *Config, s *situation, queues []Queue, sick bool) {
	if !c.AdaptiveThresholds || s.now-m.LearnedAt < learnEvery {
		return
	}
	m.LearnedAt = s.now
	if sick {
		return
	}
	rate := c.LearningRate
	relative, started := relativeWait(queues, s.wait)
	switch {
	case started < fewestStarted:
		m.Phi += rate / 2 * math.Max(0, 1-m.Phi)
	case relative > 1:
		m.Phi -= math.Min(1, 4*rate) * m.Phi
		m.Pressure = math.Max(lowestMargin*c.Triggers.QueuePressure, m.Pressure*(1-rate))
	case relative > 0.6:
		m.Phi -= rate * m.Phi
	case relative < 0.3:
		m.Phi += rate * (2 - m.Phi)
		m.Pressure += rate / 2 * (c.Triggers.QueuePressure - m.Pressure)
	}
}

// relativeWait is the worst queue's 95th percentile of waits against its
// target, among the queues with enough tasks, and how many tasks that are.
func relativeWait(queues []Queue, target float64) (relative float64, started int) {
	for i := range queues {
		q := &queues[i]
		if q.Started < fewestStarted {
			continue
		}
		started += q.Started
		relative = math.Max(relative, q.WaitP95Seconds*q.weight()/target)
	}
	return relative, started
}
