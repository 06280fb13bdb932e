package peer

import (
	"math"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// seeds are rust-task-queue's autoscaler: as its loop runs it (every decision
// on a copy whose memory is lost), with its memory kept, and on true metrics.
func seeds() []Peer {
	made := func(name string, c seedConfig, forgets, measured bool) Peer {
		return Peer{name, func(*sim.Trace) sim.Controller { return newSeed(name, c, forgets, measured) }}
	}
	return []Peer{
		made("seed-shipped", seedProduction, true, false),
		made("seed-prod", seedProduction, false, false),
		made("seed-default", seedDefault, false, false),
		made("seed-measured", seedDefault, false, true),
	}
}

type seedConfig struct {
	up, down                                          int
	pressure, utilization, complexity, errors, memory float64
	learningRate                                      float64
	upCooldown, downCooldown                          float64 // s
	signals                                           int
	success, targetUtilization                        float64
}

// The defaults of its code, and the production block of its guide.
var (
	seedDefault    = seedConfig{2, 1, 0.75, 0.80, 1.5, 0.05, 512, 0.1, 60, 300, 2, 0.95, 0.70}
	seedProduction = seedConfig{2, 1, 1.2, 0.85, 2.0, 0.03, 1024, 0.05, 180, 900, 3, 0.99, 0.75}
)

type seed struct {
	name              string
	config            seedConfig
	forgets, measured bool
	seedMemory
}

type seedMemory struct {
	pressure, utilization float64 // thresholds that adapt
	history               []seedHistory
	adaptedAt             float64
	ups, downs            int
	actedAt               float64
	action                int
	before                counted
	baseline              float64
}

type seedHistory struct{ success, utilization float64 }

type seedMetrics struct{ pressure, utilization, complexity, errors, memory float64 }

func newSeed(name string, c seedConfig, forgets, measured bool) *seed {
	s := &seed{name: name, config: c, forgets: forgets, measured: measured}
	s.forget()
	return s
}

func (s *seed) forget() {
	s.seedMemory = seedMemory{pressure: s.config.pressure, utilization: s.config.utilization, actedAt: math.Inf(-1)}
}

func (s *seed) Name() string      { return s.name }
func (s *seed) Interval() float64 { return 30 }

func (s *seed) Decide(o *sim.Observation) int {
	if s.forgets {
		s.forget()
	}
	m := seedEstimates(o)
	if s.measured {
		s.measure(o, &m)
	}
	s.before = count(o)
	action, step := s.propose(o, m)
	taken := s.confirm(o.Now, action)
	s.history = append(s.history, seedHistory{1 - m.errors, m.utilization})
	if o.Now-s.adaptedAt > 300 {
		s.adapt()
		s.adaptedAt = o.Now
	}
	if taken {
		return o.Target + action*step
	}
	return o.Target
}

// seedEstimates are its five metrics as it computes them: utilization from the
// tasks of a lifetime, complexity a constant, memory 50 MB a worker.
func seedEstimates(o *sim.Observation) seedMetrics {
	m := seedMetrics{complexity: 1, memory: float64(o.Ready) * 50}
	workers := float64(o.Ready)
	for q := range sim.Queues {
		m.pressure += float64(o.Queued[q]) / math.Max(1, workers) * sim.QueueWeight(q)
	}
	m.pressure /= sim.Queues
	done := count(o).done
	if o.Ready > 0 {
		m.utilization = math.Min(1, float64(int64(queued(o))+done)/(workers*100))
	}
	if all := done + o.GivenUp; all > 0 {
		m.errors = float64(o.GivenUp) / float64(all)
	}
	return m
}

// measure replaces the estimates by the truth.
func (s *seed) measure(o *sim.Observation, m *seedMetrics) {
	now := count(o)
	if u, ok := utilization(s.before, now); ok {
		m.utilization = u
	}
	done, failed := now.done-s.before.done, now.failed-s.before.failed
	m.errors = 0
	if done+failed > 0 {
		m.errors = float64(failed) / float64(done+failed)
	}
	if done > 0 {
		mean := (now.service - s.before.service) / float64(done)
		if s.baseline == 0 {
			s.baseline = mean
		}
		m.complexity = mean / s.baseline
		s.baseline += 0.02 * (mean - s.baseline)
	}
	m.memory = 50
	if o.Ready > 0 && o.Trace.MemLimit > 0 {
		m.memory = o.MemoryPeakMB / float64(o.Ready)
	}
}

// propose needs two of the five metrics over their thresholds, or far below.
func (s *seed) propose(o *sim.Observation, m seedMetrics) (action, step int) {
	c := &s.config
	ups := truths(m.pressure > s.pressure, m.utilization > s.utilization, m.complexity > c.complexity, m.errors > c.errors, m.memory > c.memory)
	downs := truths(m.pressure < s.pressure*0.3, m.utilization < s.utilization*0.4, m.complexity < c.complexity*0.5, m.errors < c.errors*0.2, m.memory < c.memory*0.5)
	switch {
	case ups >= 2 && o.Ready < o.Trace.Max:
		return 1, min(c.up, o.Trace.Max-o.Ready)
	case downs >= 2 && o.Ready > o.Trace.Min:
		return -1, min(c.down, o.Ready-o.Trace.Min)
	}
	return 0, 0
}

func truths(facts ...bool) (n int) {
	for _, fact := range facts {
		if fact {
			n++
		}
	}
	return n
}

// confirm is its hysteresis: the cooldown of the last action's kind, then
// consecutive signals.
func (s *seed) confirm(now float64, action int) bool {
	cooldown := 0.0
	switch s.action {
	case 1:
		cooldown = s.config.upCooldown
	case -1:
		cooldown = s.config.downCooldown
	}
	if now-s.actedAt < cooldown {
		return false
	}
	switch action {
	case 1:
		s.ups, s.downs = s.ups+1, 0
	case -1:
		s.ups, s.downs = 0, s.downs+1
	default:
		s.ups, s.downs = 0, 0
	}
	if action == 0 || max(s.ups, s.downs) < s.config.signals {
		return false
	}
	s.actedAt, s.action, s.ups, s.downs = now, action, 0, 0
	return true
}

// adapt moves two thresholds by the last ten decisions.
func (s *seed) adapt() {
	last := s.history[max(0, len(s.history)-10):]
	success, busy := 0.0, 0.0
	for _, h := range last {
		success += h.success
		busy += h.utilization
	}
	success /= float64(len(last))
	busy /= float64(len(last))
	c := &s.config
	switch {
	case success < c.success:
		s.pressure *= 1 - c.learningRate
	case success > c.success+0.02:
		s.pressure *= 1 + c.learningRate/2
	}
	if off := busy - c.targetUtilization; math.Abs(off) > 0.1 {
		s.utilization *= 1 - off*c.learningRate
	}
	s.pressure = math.Min(2, math.Max(0.1, s.pressure))
	s.utilization = math.Min(0.95, math.Max(0.1, s.utilization))
}
