package autoscaler

import (
	"math"
	"slices"
)

const shareMemory = 60 // s, of the queues' shares in the work

// A queue is what was learned about one queue.
type queue struct {
	Name string
	Seen []uint64 // Arrived, by type
	Work float64  // erlang; only the shares count
}

// align brings what was learned into the order of an observation. What is new
// begins, what is gone is forgotten.
func (c *Controller) align(o *Observation) {
	same := slices.EqualFunc(c.Types, o.Types, func(t taskType, now Type) bool { return t.Name == now.Name }) &&
		slices.EqualFunc(c.Queues, o.Queues, func(q queue, now Queue) bool { return q.Name == now.Name })
	if !same {
		c.rearrange(o)
	}
	c.need = slices.Grow(c.need[:0], len(c.Types))[:len(c.Types)]
	s := &c.situation
	s.queueShare = slices.Grow(s.queueShare[:0], len(c.Queues))[:len(c.Queues)]
	s.backlog = slices.Grow(s.backlog[:0], len(c.Queues))[:len(c.Queues)]
}

func (c *Controller) rearrange(o *Observation) {
	types := make([]taskType, len(o.Types))
	from := make([]int, len(o.Types)) // where a type was
	for i := range o.Types {
		name := o.Types[i].Name
		from[i] = slices.IndexFunc(c.Types, func(t taskType) bool { return t.Name == name })
		if from[i] >= 0 {
			types[i] = c.Types[from[i]]
			continue
		}
		types[i] = c.newType(&o.Types[i])
	}
	queues := make([]queue, len(o.Queues))
	for i := range o.Queues {
		now := &o.Queues[i]
		old := slices.IndexFunc(c.Queues, func(q queue) bool { return q.Name == now.Name })
		queues[i] = queue{Name: now.Name, Seen: make([]uint64, len(types))}
		for j := range types {
			switch {
			case old >= 0 && from[j] >= 0:
				queues[i].Seen[j] = c.Queues[old].Seen[from[j]]
			default:
				queues[i].Seen[j] = now.flow(j).Arrived
			}
		}
		if old >= 0 {
			queues[i].Work = c.Queues[old].Work
		}
	}
	c.Types, c.Queues = types, queues
}

func (c *Controller) newType(t *Type) taskType {
	need := t.MemoryMB
	if need <= 0 {
		need = c.config.Triggers.MemoryMB
	}
	return taskType{Name: t.Name, Seen: t.counters(), MemoryMB: need, MemoryVariance: memoryPrior}
}

// baseline takes all counters as they are: what they counted is long ago.
func (c *Controller) baseline(o *Observation) {
	c.Startup.Startups, c.Startup.Seconds = o.Workers.Startups, o.Workers.StartupSeconds
	c.Busy, c.Slots = o.Workers.BusySeconds, o.Workers.SlotSeconds
	for i := range c.Types {
		c.Types[i].Seen = o.Types[i].counters()
	}
	for q := range c.Queues {
		for i := range c.Types {
			c.Queues[q].Seen[i] = o.Queues[q].flow(i).Arrived
		}
	}
}

// observe takes in what happened in the last dt seconds and returns the
// situation that it led to.
func (c *Controller) observe(dt float64, o *Observation, d *Decision) *situation {
	c.Startup.measure(c.At, o.Workers)
	retried := c.finished(dt, o)
	mean, variation := overall(c.Types, o)
	c.Mean = mean

	in := c.arrived(dt, o, retried)
	in.service, in.startup = c.Level.service(mean), c.Startup.Delay
	d.Before = c.Level.Slow
	work, what := c.Level.add(in)
	d.Offered, d.Change, d.Starting = c.Level.Slow, what, o.Workers.Starting
	c.Trend.add(in, work, what, &c.Level)
	c.share(dt, in.work, work)

	s := &c.situation
	s.now, s.tick = c.At, c.config.EvaluationInterval.Seconds()
	s.offered, s.service, s.spread = c.Level.Slow+c.Trend.rise(in, &c.Level), in.service, (1+variation)/2
	s.wait = c.config.targetWait(in.service)
	s.startup = c.Startup.Delay
	s.horizon = s.startup + s.tick
	c.count(s, o)
	return s
}

// finished takes in attempts that ended, and counts healthy retries; their
// number by type is left in need.
func (c *Controller) finished(dt float64, o *Observation) (retried float64) {
	for i := range c.Types {
		t, now := &c.Types[i], o.Types[i].counters()
		c.need[i] = grown(t.Seen.Retried, now.Retried)
		t.finished(&c.config, dt, now)
		if t.braked() {
			c.need[i] = 0
		}
		retried += c.need[i]
	}
	return retried
}

// arrived takes in what came: first attempts that were not scheduled, for
// those are known before, and healthy retries.
func (c *Controller) arrived(dt float64, o *Observation, retried float64) inflow {
	in := inflow{now: c.At, dt: dt, arrivals: retried}
	for i := range c.Types {
		in.work += c.need[i] * c.service(&c.Types[i]) / dt
		c.need[i] = 0
	}
	for q := range c.Queues {
		work := 0.0
		for i := range c.Types {
			now := o.Queues[q].flow(i).Arrived
			n := grown(c.Queues[q].Seen[i], now)
			c.Queues[q].Seen[i] = now
			c.need[i] += n
			in.arrivals += n
			work += n * c.service(&c.Types[i]) / dt
		}
		c.situation.queueShare[q] = work
		in.work += work
	}
	for i := range c.Types {
		c.Types[i].arrived(dt, c.need[i])
	}
	return in
}

// share follows how the work spreads over the queues. Heaps count as far as
// they count as rate.
func (c *Controller) share(dt, came, counted float64) {
	scale := 1.0
	if came > 0 && counted < came {
		scale = counted / came
	}
	total := 0.0
	for q := range c.Queues {
		work := c.situation.queueShare[q] * scale
		c.Queues[q].Work += blend(dt, math.Max(shareMemory, c.Level.memory())) * (work - c.Queues[q].Work)
		total += c.Queues[q].Work
	}
	for q := range c.Queues {
		c.situation.queueShare[q] = 0
		if total > 0 {
			c.situation.queueShare[q] = c.Queues[q].Work / total
		}
	}
}

// count turns numbers of tasks into seconds of service.
func (c *Controller) count(s *situation, o *Observation) {
	s.inSystem, s.due = 0, 0
	for i := range o.Types {
		s.inSystem += float64(o.Types[i].Running)
	}
	for q := range o.Queues {
		s.backlog[q] = 0
		for i := range c.Types {
			t, f := &c.Types[i], o.Queues[q].flow(i)
			s.inSystem += float64(f.Queued)
			queued := float64(f.Queued) * c.service(t)
			if t.Cap > 0 { // more workers than the cap would not help
				queued = math.Min(queued, t.Cap*c.clearing(s, &o.Queues[q]))
			}
			s.backlog[q] += queued
			if !t.braked() {
				due := float64(f.Due) * c.service(t)
				s.backlog[q] += due
				s.due += due
			}
		}
	}
}

// signals are the five metrics of the seed, as they are shown.
func (c *Controller) signals(s *situation, o *Observation, d *Decision) Signals {
	busy, slots := grown(c.Busy, o.Workers.BusySeconds), grown(c.Slots, o.Workers.SlotSeconds)
	c.Busy, c.Slots = o.Workers.BusySeconds, o.Workers.SlotSeconds
	triggers := &c.config.Triggers
	all := Signals{
		QueuePressure:   Signal{d.Signals.QueuePressure.Value, c.Margin.Pressure},
		Utilization:     Signal{0, triggers.WorkerUtilization},
		Complexity:      Signal{0, triggers.TaskComplexity},
		ErrorRate:       Signal{0, triggers.ErrorRate},
		MemoryPerWorker: Signal{o.Memory.UsedMB / math.Max(1, float64(o.Workers.Ready+o.Workers.Draining)), triggers.MemoryMB},
	}
	if slots > 0 {
		all.Utilization.Value = busy / slots
	}
	weight := 0.0
	for i := range c.Types {
		t := &c.Types[i]
		all.Complexity.Value += t.Rate * t.complexity()
		weight += t.Rate
		if t.OK+t.Bad > fewestAttempts {
			all.ErrorRate.Value = math.Max(all.ErrorRate.Value, t.errorRate())
		}
	}
	if weight > 0 {
		all.Complexity.Value /= weight
	}
	d.Wait, d.Target = d.Signals.QueuePressure.Value*s.wait, s.wait
	return all
}
