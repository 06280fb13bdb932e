package peer

import (
	"math"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// latencies are systems that scale by how long tasks wait.
func latencies() []Peer {
	return []Peer{
		{"aws-backlog", func(*sim.Trace) sim.Controller { return &aws{} }},
		{"judoscale", func(*sim.Trace) sim.Controller {
			return &judoscale{name: "judoscale", up: 0.5, down: 0.1, step: 1, upEvery: 60, downAfter: 600}
		}},
		{"judo-tuned", func(*sim.Trace) sim.Controller {
			return &judoscale{name: "judo-tuned", up: 0.4, down: 0.1, step: 2, share: 0.5, upEvery: 30, downAfter: 120}
		}},
		{"pi-latency", func(*sim.Trace) sim.Controller { return &pi{} }},
	}
}

// aws is target tracking on the backlog per instance, on one-minute metrics:
// three minutes over the target raise, fifteen under it lower.
type aws struct{ hot, cold int }

func (a *aws) Name() string      { return "aws-backlog" }
func (a *aws) Interval() float64 { return 60 }

func (a *aws) Decide(o *sim.Observation) int {
	acceptable := o.Trace.Wait / o.Trace.ServiceMean * float64(o.Trace.Slots)
	each := float64(queued(o)) / math.Max(1, float64(o.Ready))
	switch {
	case each > acceptable:
		a.hot, a.cold = a.hot+1, 0
	case each < 0.9*acceptable:
		a.hot, a.cold = 0, a.cold+1
	default:
		a.hot, a.cold = 0, 0
	}
	ready := float64(o.Ready)
	if a.hot >= 3 {
		return max(o.Target, int(math.Ceil(ready*each/acceptable)))
	}
	if a.cold >= 15 {
		a.cold = 14 // it goes on lowering while the alarm holds
		return min(o.Target, int(math.Ceil(ready*math.Max(each/acceptable, 0.9))))
	}
	return o.Target
}

// judoscale keeps the queue latency in a range.
type judoscale struct {
	name               string
	up, down           float64 // of the target wait
	step               int
	share              float64 // of the pool, if that is more
	upEvery, downAfter float64
	raisedAt, busyAt   float64
}

func (j *judoscale) Name() string      { return j.name }
func (j *judoscale) Interval() float64 { return 10 }

func (j *judoscale) Decide(o *sim.Observation) int {
	wait := oldest(o)
	if w, n := o.Waits(10, 0.999); n > 0 {
		wait = math.Max(wait, w)
	}
	if wait > j.down {
		j.busyAt = o.Now
	}
	if wait > j.up {
		if o.Now-j.raisedAt < j.upEvery && j.raisedAt != 0 {
			return o.Target
		}
		j.raisedAt = o.Now
		return o.Target + max(j.step, int(math.Ceil(j.share*float64(o.Target))))
	}
	if o.Now-j.busyAt < j.downAfter {
		return o.Target
	}
	j.busyAt = o.Now
	return o.Target - max(1, int(j.share*float64(o.Target)*0.5))
}

// oldest is the longest present wait against its queue's target.
func oldest(o *sim.Observation) float64 {
	longest := 0.0
	for q := range sim.Queues {
		longest = math.Max(longest, o.Oldest[q]/o.Trace.WaitOf(q))
	}
	return longest
}

// pi is a proportional-integral controller of the 95th percentile of waits, on
// the logarithm of the size.
type pi struct{ integral float64 }

func (p *pi) Name() string      { return "pi-latency" }
func (p *pi) Interval() float64 { return 5 }

func (p *pi) Decide(o *sim.Observation) int {
	const setpoint = 0.3
	wait, _ := o.Waits(10, 0.95)
	wait = math.Max(wait, oldest(o))
	off := math.Max(-1, math.Min(4, wait/setpoint-1))
	if p.integral == 0 {
		p.integral = math.Log(math.Max(1, float64(o.Target)))
	}
	gain := 0.02
	if off < 0 {
		gain = 0.008
	}
	p.integral += gain * off
	p.integral = math.Max(math.Log(float64(o.Trace.Min)), math.Min(math.Log(float64(o.Trace.Max)), p.integral))
	return int(math.Ceil(math.Exp(p.integral + 0.15*math.Max(0, off))))
}
