package peer

import (
	"math"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

func others() []Peer {
	return []Peer{
		{"horizon", func(*sim.Trace) sim.Controller { return &horizon{step: 1} }},
		{"celery", func(*sim.Trace) sim.Controller { return &celery{} }},
		{"autopilot-like", func(*sim.Trace) sim.Controller { return &autopilot{} }},
		{"ff-only", func(*sim.Trace) sim.Controller { return &feedForward{} }},
	}
}

// horizon is Laravel Horizon's balancing of one pool: towards the maximum by
// one while there is a queue, towards the minimum else.
type horizon struct{ step int }

func (h *horizon) Name() string      { return "horizon" }
func (h *horizon) Interval() float64 { return 3 }

func (h *horizon) Decide(o *sim.Observation) int {
	want := o.Trace.Min
	if queued(o) > 0 {
		want = o.Trace.Max
	}
	if want > o.Target {
		return min(want, o.Target+h.step)
	}
	return max(want, o.Target-h.step)
}

// celery is worker --autoscale: a process for every reserved task, of which the
// prefetch multiplier lets it see four each; down after thirty seconds.
type celery struct{ changedAt float64 }

func (c *celery) Name() string      { return "celery" }
func (c *celery) Interval() float64 { return 1 }

func (c *celery) Decide(o *sim.Observation) int {
	slots := o.Trace.Slots
	reserved := min(o.Busy+queued(o), 4*o.Target*slots)
	want := min((reserved+slots-1)/slots, o.Trace.Max)
	switch {
	case want > o.Target:
		c.changedAt = o.Now
		return want
	case want < o.Target && o.Now-c.changedAt > 30:
		c.changedAt = o.Now
		return max(want, o.Trace.Min)
	}
	return o.Target
}

// autopilot is like Google's horizontal Autopilot: the peak, over ten minutes,
// of the usage averaged over one.
type autopilot struct{ busy, usage []sample }

func (a *autopilot) Name() string      { return "autopilot-like" }
func (a *autopilot) Interval() float64 { return 15 }

func (a *autopilot) Decide(o *sim.Observation) int {
	a.busy = since(append(a.busy, sample{o.Now, o.BusySeconds}), o.Now-60)
	first := a.busy[0]
	if o.Now <= first.at {
		return o.Target
	}
	a.usage = since(append(a.usage, sample{o.Now, (o.BusySeconds - first.value) / (o.Now - first.at)}), o.Now-600)
	return int(math.Ceil(largest(a.usage, 0) / 0.7 / float64(o.Trace.Slots)))
}

// feedForward sizes by Little's law with a square-root margin, and looks at no
// queue.
type feedForward struct {
	before           counted
	offered, service float64
	wanted           []sample
}

func (f *feedForward) Name() string      { return "ff-only" }
func (f *feedForward) Interval() float64 { return 2 }

func (f *feedForward) Decide(o *sim.Observation) int {
	now := count(o)
	dt := now.at - f.before.at
	rate := float64(now.arrived-f.before.arrived) / dt
	if n := float64(now.done - f.before.done); n > 0 {
		mean := (now.service - f.before.service) / n
		if f.service == 0 {
			f.service = mean
		}
		f.service += (1 - math.Exp(-n/200)) * (mean - f.service)
	}
	f.before = now
	f.offered += (1 - math.Exp(-dt/20)) * (rate*f.service - f.offered)
	want := math.Ceil((f.offered + math.Sqrt(f.offered)) / float64(o.Trace.Slots))
	f.wanted = since(append(f.wanted, sample{o.Now, want}), o.Now-60)
	return int(largest(f.wanted, want))
}
