package peer

import (
	"math"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

func knatives() []Peer {
	return []Peer{
		{"knative-kpa", func(*sim.Trace) sim.Controller { return &kpa{name: "knative-kpa", target: 0.7} }},
		{"kpa-90", func(*sim.Trace) sim.Controller { return &kpa{name: "kpa-90", target: 0.9} }},
	}
}

// kpa is Knative's pod autoscaler: concurrency over a stable and a panic
// window. While it panics it never goes down.
type kpa struct {
	name     string
	target   float64
	window   []sample
	panicAt  float64
	panicMax int
}

const (
	stableWindow = 60
	panicWindow  = 6
	maxUpRate    = 1000
	maxDownRate  = 2
	panicRatio   = 2
)

func (k *kpa) Name() string      { return k.name }
func (k *kpa) Interval() float64 { return 2 }

func (k *kpa) Decide(o *sim.Observation) int {
	k.window = since(append(k.window, sample{o.Now, float64(o.Busy + queued(o))}), o.Now-stableWindow)
	each := k.target * float64(o.Trace.Slots)
	ready := math.Max(1, float64(o.Ready))
	bound := func(n float64) int {
		return int(math.Min(math.Max(n, math.Floor(ready/maxDownRate)), maxUpRate*ready))
	}
	stable := math.Ceil(k.average(o.Now, stableWindow) / each)
	urgent := math.Ceil(k.average(o.Now, panicWindow) / each)
	switch {
	case urgent/ready >= panicRatio:
		k.panicAt = o.Now
	case k.panicAt > 0 && k.panicAt+stableWindow < o.Now:
		k.panicAt, k.panicMax = 0, 0
	}
	if k.panicAt == 0 {
		return bound(stable)
	}
	k.panicMax = max(k.panicMax, bound(stable), bound(urgent))
	return k.panicMax
}

func (k *kpa) average(now, window float64) float64 {
	sum, n := 0.0, 0
	for i := len(k.window) - 1; i >= 0 && k.window[i].at > now-window; i-- {
		sum += k.window[i].value
		n++
	}
	return sum / math.Max(1, float64(n))
}
