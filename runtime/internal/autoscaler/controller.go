package autoscaler

import (
	"math"
	"time"
)

// A Controller decides. It is not safe for concurrent use: one loop owns it.
type Controller struct {
	config Config
	memory // what survives a restart

	situation situation
	need      []float64 // scratch
	rebased   bool      // the next counters begin anew
	caps      []Cap     // of the last decision
}

// New makes a controller that has learned nothing. Its error joins every
// [*KeyError] of the config.
func New(c Config) (*Controller, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Controller{config: c, memory: memory{Margin: margin{Pressure: c.Triggers.QueuePressure}}}, nil
}

// Config returns what the controller was made with.
func (c *Controller) Config() Config { return c.config }

// StartupTime is the measured time from asking for a worker to its first word.
func (c *Controller) StartupTime() time.Duration {
	return time.Duration(c.Startup.Delay * float64(time.Second))
}

// Horizon is how far ahead the next decision looks: Flow.Due counts what falls
// due within it.
func (c *Controller) Horizon() time.Duration {
	return time.Duration((c.Startup.Delay + c.config.EvaluationInterval.Seconds()) * float64(time.Second))
}

// Decide returns how many workers there should be, and why. It takes some
// microseconds. The size is always within MinWorkers and MaxWorkers. If now is
// not after the last decision, or a figure is not finite, nothing is learned
// and the size stays, as do the caps.
func (c *Controller) Decide(now time.Time, o Observation) Decision {
	at := float64(now.UnixNano()) / 1e9
	known := c.At != 0
	dt := at - c.At
	if known && !c.rebased && dt <= 0 && dt > -clockSlack || !o.finite() {
		return c.hold(now, &o)
	}
	c.At = at
	c.align(&o)
	jumped := !known || dt > forgetAfter || dt < 0 && !c.rebased || dt <= -clockSlack
	if jumped {
		c.forgetTimes()
	}
	if jumped || c.rebased {
		c.rebased = false
		c.baseline(&o)
		return c.hold(now, &o)
	}
	d := Decision{At: now, From: o.Workers.size()}
	s := c.observe(dt, &o, &d)
	c.plan(s, &o, &d)
	c.brake(s, dt, &o, &d)
	c.settle(s, &d)
	d.Signals = c.signals(s, &o, &d)
	c.Margin.learn(&c.config, s, o.Queues, c.anyFailing())
	c.caps = d.Caps
	return d
}

// Gaps between two decisions, in s.
const (
	forgetAfter = 3600 // from here on counters say nothing about the present
	clockSlack  = 60   // a clock that is set back by more has been wrong before
)

// hold keeps the size, within its bounds, and the caps.
func (c *Controller) hold(now time.Time, o *Observation) Decision {
	size := o.Workers.size()
	to := c.bound(size)
	return Decision{At: now, From: size, To: to, Wanted: to, Term: TermHold, Caps: c.caps}
}

func (c *Controller) bound(n int) int { return max(c.config.MinWorkers, min(c.config.MaxWorkers, n)) }

// plan sizes the fleet, in workers.
func (c *Controller) plan(s *situation, o *Observation, d *Decision) {
	d.Steady = c.steady(s)
	d.Pressure, d.Signals.QueuePressure.Value = c.pressure(s, o)
	c.Reserve.remember(&c.config, s, c.Level.Recent)
	d.Reserve = c.Reserve.slots(&c.config, s, c.Margin.Pressure/c.config.Triggers.QueuePressure)
	slots := math.Max(d.Steady, math.Max(d.Pressure, d.Reserve))
	d.HeldBack = c.heldBack(o)
	slots += d.HeldBack
	d.Term = d.largest(s)
	d.Wanted = o.Workers.needed(slots)
}

// heldBack is the slots for what a cap lets through of its backlog, on top of
// the type's work.
func (c *Controller) heldBack(o *Observation) float64 {
	slots := 0.0
	for i := range c.Types {
		t := &c.Types[i]
		if held := float64(o.Types[i].HeldBack); t.Cap > 0 && held > 0 {
			slots += math.Max(0, math.Min(t.Cap, held)-t.Rate*c.service(t))
		}
	}
	return slots
}

// service is what a task of the type is expected to take, s.
func (c *Controller) service(t *taskType) float64 {
	return t.service(c.config.Triggers.TaskComplexity, c.Mean)
}

// brake lowers what is wanted, and caps types.
func (c *Controller) brake(s *situation, dt float64, o *Observation, d *Decision) {
	for i := range c.Types {
		t := &c.Types[i]
		t.brake(&c.config, s.now, dt, o.Types[i].HeldBack)
		if t.Cap > 0 {
			held := Cap{Type: t.Name, Limit: int(math.Ceil(t.Cap)), Brake: TermErrors}
			if t.Sick {
				held.Rate = t.errorRate()
			}
			d.Caps = append(d.Caps, held)
		}
	}
	if most := c.useful(o, d.From); d.Wanted > most {
		d.Wanted, d.Term = max(c.config.MinWorkers, most), TermErrors
	}
	if o.Memory.LimitMB > 0 {
		c.Brake.learn(dt, o, c.Types)
		c.limitMemory(o, d)
	}
}

func (c *Controller) limitMemory(o *Observation, d *Decision) {
	limit := c.Brake.limit(o, c.Types, c.service, c.need)
	if limit.Type < 0 {
		return
	}
	t := &c.Types[limit.Type]
	d.cap(Cap{Type: t.Name, Limit: limit.Cap, Brake: TermMemory, NeedMB: t.MemoryMB * c.Brake.Peak})
	if most := o.Workers.needed(limit.Slots); d.Wanted > most {
		d.Wanted, d.Term = max(c.config.MinWorkers, most), TermMemory
	}
}

// useful is the size beyond which workers would find nothing that they may run:
// the caps of all types, where each has one. It is no more than there are if
// all of them fail.
func (c *Controller) useful(o *Observation, size int) int {
	slots, failing := 0.0, true
	for i := range c.Types {
		t := &c.Types[i]
		switch idle := t.Rate < 1e-3 && o.Types[i].Running == 0 && queuedOf(o, i) == 0; {
		case t.Cap == 0 && !idle:
			return maxWorkers
		case t.Cap > 0:
			slots += t.Cap
			failing = failing && (idle || t.failing())
		}
	}
	switch {
	case slots == 0:
		return maxWorkers
	case failing:
		return size
	}
	return o.Workers.needed(slots + spareWorkers)
}

func (c *Controller) anyFailing() bool {
	for i := range c.Types {
		if c.Types[i].failing() {
			return true
		}
	}
	return false
}

// settle lets the hysteresis have the last word but one: the bounds have it.
func (c *Controller) settle(s *situation, d *Decision) {
	wanted := c.bound(d.Wanted)
	pressed := d.Signals.QueuePressure.Value > c.Margin.Pressure
	d.To = c.bound(c.Hysteresis.settle(&c.config, s, d.From, ask{
		wanted, pressed, d.Term == TermPressure || d.Term == TermSchedule, d.Term == TermErrors || d.Term == TermMemory,
	}))
	if d.To > d.From {
		c.Startup.raised(s.now, d.To-d.From)
	}
	d.settled(wanted)
}
