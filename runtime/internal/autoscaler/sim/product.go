package sim

import (
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
)

// A Product is this project's controller in the simulation. It sees what the
// runtime would tell it.
type Product struct {
	name       string
	controller *autoscaler.Controller
	seen       autoscaler.Observation
	last       autoscaler.Decision
	waitsAt    float64
	record     func(autoscaler.Decision)
}

// ConfigFor is a config with the bounds and targets of a trace, defaults for
// the rest.
func ConfigFor(tr *Trace) autoscaler.Config {
	c := autoscaler.DefaultConfig()
	return Fit(c, tr)
}

// Fit puts the bounds and targets of a trace into a config.
func Fit(c autoscaler.Config, tr *Trace) autoscaler.Config {
	c.MinWorkers, c.MaxWorkers = tr.Min, tr.Max
	c.Target.QueueWait, c.Target.P95Latency = seconds(tr.Wait), seconds(tr.Latency)
	return c
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// NewProduct makes a controller for one run. Record may be nil; it gets every
// decision.
func NewProduct(name string, c autoscaler.Config, record func(autoscaler.Decision)) (*Product, error) {
	controller, err := autoscaler.New(c)
	if err != nil {
		return nil, err
	}
	p := &Product{name: name, controller: controller, record: record, waitsAt: -waitsEvery}
	for q := range Queues {
		p.seen.Queues = append(p.seen.Queues, autoscaler.Queue{
			Name: QueueName(q), Weight: QueueWeight(q), Flows: make([]autoscaler.Flow, Types),
		})
	}
	for t := range Types {
		p.seen.Types = append(p.seen.Types, autoscaler.Type{Name: fmt.Sprintf("type %d", t)})
	}
	return p, nil
}

// Name is what the product was made with.
func (p *Product) Name() string { return p.name }

// Interval is the config's EvaluationInterval.
func (p *Product) Interval() float64 { return p.controller.Config().EvaluationInterval.Seconds() }

// Term names what decided last.
func (p *Product) Term() string { return string(p.last.Term) }

// Decide asks the controller.
func (p *Product) Decide(o *Observation) int {
	p.workers(o)
	p.queues(o)
	p.types(o)
	p.last = p.controller.Decide(epoch.Add(seconds(o.Now)), p.seen)
	if p.record != nil {
		p.record(p.last)
	}
	return p.last.To
}

// At is the time of a decision within its trace, in seconds.
func At(t time.Time) float64 { return t.Sub(epoch).Seconds() }

// epoch is the time 0 of all traces.
var epoch = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// Limits are the caps of the last decision.
func (p *Product) Limits() (limits [Types]int) {
	for _, c := range p.last.Caps {
		for t := range p.seen.Types {
			if p.seen.Types[t].Name == c.Type {
				limits[t] = c.Limit
			}
		}
	}
	return limits
}

func (p *Product) workers(o *Observation) {
	p.seen.Workers = autoscaler.Workers{
		Ready: o.Ready, Starting: o.Starting, Draining: o.Draining, Slots: o.Trace.Slots,
		Startups: uint64(o.Startups), StartupSeconds: o.StartupSeconds,
		BusySeconds: o.BusySeconds, SlotSeconds: o.ReadySeconds,
	}
	p.seen.Memory = autoscaler.Memory{
		UsedMB:  o.MemoryMB,
		IdleMB:  o.Trace.MemBase + o.Trace.MemWorker*float64(o.Ready+o.Starting+o.Draining),
		LimitMB: o.Trace.MemLimit,
	}
}

// waitsEvery is the time between two looks at the waits, which are sorted anew
// every time.
const waitsEvery = 5

func (p *Product) queues(o *Observation) {
	due := o.Due(p.controller.Horizon().Seconds())
	look := o.Now-p.waitsAt >= waitsEvery
	for i := range p.seen.Queues {
		q := &p.seen.Queues[i]
		q.OldestSeconds = o.Oldest[i]
		for t := range q.Flows {
			q.Flows[t] = autoscaler.Flow{
				Queued: o.QueuedByType[i][t], Due: due[i][t],
				Arrived: uint64(o.Arrived[i][t]), Scheduled: uint64(o.Scheduled[i][t]),
			}
		}
		if look {
			q.WaitP95Seconds, q.Started = o.QueueWaits(i, 60, 0.95)
		}
	}
	if look {
		p.waitsAt = o.Now
	}
}

func (p *Product) types(o *Observation) {
	for t := range p.seen.Types {
		p.seen.Types[t] = autoscaler.Type{
			Name:    p.seen.Types[t].Name,
			Running: o.Running[t], HeldBack: o.HeldBack[t],
			Retried: uint64(o.Retried[t]), Succeeded: uint64(o.Done[t]), Failed: uint64(o.Failed[t]),
			SuccessSeconds: o.Service[t], SuccessSquares: o.ServiceSquare[t],
			FailedSeconds: o.FailedService[t],
		}
	}
}
