// Package peer has the algorithms of other systems' autoscalers, written anew
// from their sources or documents, for comparison.
package peer

import (
	"fmt"
	"math"
	"strings"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// A Peer makes a controller for a trace.
type Peer struct {
	Name string
	New  func(tr *sim.Trace) sim.Controller
}

// All lists the peers.
func All() []Peer {
	var all []Peer
	for _, group := range [][]Peer{statics(), seeds(), kubernetes(), knatives(), latencies(), others()} {
		all = append(all, group...)
	}
	return all
}

// short names what people ask for by the system's name.
var short = map[string]string{"hpa": "hpa-util70", "keda": "keda-fast", "kpa": "kpa-90", "seed": "seed-default", "aws": "aws-backlog"}

// Named returns the peer of that name, or the best setting of a system: hpa,
// keda, kpa, seed, aws. Its error lists the names there are.
func Named(name string) (Peer, error) {
	if long, ok := short[name]; ok {
		name = long
	}
	var names []string
	for _, p := range All() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Peer{}, fmt.Errorf("there is no controller %q; there are hpa, keda, kpa, seed, aws, %s", name, strings.Join(names, ", "))
}

func statics() []Peer {
	return []Peer{
		{"static-mean", func(tr *sim.Trace) sim.Controller {
			work := 0.0
			for i := range tr.Tasks {
				work += float64(tr.Tasks[i].Service)
			}
			return &static{"static-mean", int(math.Ceil(work / tr.Duration / 0.7 / float64(tr.Slots)))}
		}},
		{"static-max", func(tr *sim.Trace) sim.Controller { return &static{"static-max", tr.Max} }},
	}
}

// static always wants the same size.
type static struct {
	name string
	size int
}

func (s *static) Name() string                { return s.name }
func (s *static) Interval() float64           { return 60 }
func (s *static) Decide(*sim.Observation) int { return s.size }

// A counted is the counters at a time.
type counted struct {
	at, busy, ready, service float64
	done, failed, arrived    int64
}

func count(o *sim.Observation) counted {
	c := counted{at: o.Now, busy: o.BusySeconds, ready: o.ReadySeconds}
	for t := range sim.Types {
		c.done += o.Done[t]
		c.failed += o.Failed[t]
		c.service += o.Service[t]
	}
	for q := range sim.Queues {
		for t := range sim.Types {
			c.arrived += o.Arrived[q][t] + o.Scheduled[q][t]
		}
	}
	return c
}

// utilization between two counts; ok is false if there was nobody to be busy.
func utilization(from, to counted) (u float64, ok bool) {
	if to.ready <= from.ready {
		return 0, false
	}
	return (to.busy - from.busy) / (to.ready - from.ready), true
}

func queued(o *sim.Observation) int {
	return o.Queued[sim.High] + o.Queued[sim.Default] + o.Queued[sim.Low]
}

// A sample is a value at a time.
type sample struct{ at, value float64 }

// since drops samples older than a time.
func since(samples []sample, at float64) []sample {
	for len(samples) > 0 && samples[0].at < at {
		samples = samples[1:]
	}
	return samples
}

func largest(samples []sample, least float64) float64 {
	for _, s := range samples {
		least = math.Max(least, s.value)
	}
	return least
}
