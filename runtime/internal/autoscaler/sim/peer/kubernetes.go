package peer

import (
	"math"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// kubernetes are the Horizontal Pod Autoscaler (autoscaling/v2) and KEDA, which
// feeds it queue lengths.
func kubernetes() []Peer {
	halfTarget := func(tr *sim.Trace) float64 { // what one worker clears in half the target wait
		return math.Max(1, 0.5*tr.Wait/tr.ServiceMean*float64(tr.Slots))
	}
	made := func(name string, window float64, metrics func(tr *sim.Trace) []metric) Peer {
		return Peer{name, func(tr *sim.Trace) sim.Controller {
			return &hpa{name: name, downWindow: window, metrics: metrics(tr)}
		}}
	}
	return []Peer{
		made("hpa-util70", 300, func(*sim.Trace) []metric { return []metric{&busyMetric{target: 0.7}} }),
		made("keda-list5", 300, func(*sim.Trace) []metric { return []metric{&lengthMetric{each: 5}} }),
		made("keda-tuned", 300, func(tr *sim.Trace) []metric { return []metric{&lengthMetric{each: halfTarget(tr)}} }),
		made("keda-inflight", 300, func(tr *sim.Trace) []metric { // as the streams scaler: pending entries, too
			return []metric{&lengthMetric{each: 0.7 * float64(tr.Slots), inFlight: true}}
		}),
		made("keda+cpu", 300, func(tr *sim.Trace) []metric {
			return []metric{&lengthMetric{each: halfTarget(tr)}, &busyMetric{target: 0.7}}
		}),
		made("keda-fast", 60, func(tr *sim.Trace) []metric { // the strongest setting that we found
			return []metric{&lengthMetric{each: halfTarget(tr)}, &busyMetric{target: 0.8}}
		}),
	}
}

// A metric proposes a number of pods.
type metric interface {
	pods(o *sim.Observation) int
}

// tolerance is how far off a metric may be before anything is done.
const tolerance = 0.1

func tolerable(ratio float64) bool { return math.Abs(1-ratio) <= tolerance }

// An hpa takes the largest proposal, with a stabilization window downward and
// at most max(100 %, 4 pods) in 15 seconds upward.
type hpa struct {
	name       string
	downWindow float64
	metrics    []metric
	proposed   []sample
	raised     []sample
}

func (h *hpa) Name() string      { return h.name }
func (h *hpa) Interval() float64 { return 15 }

func (h *hpa) Decide(o *sim.Observation) int {
	want := math.MinInt
	for _, m := range h.metrics {
		want = max(want, m.pods(o))
	}
	want = max(o.Trace.Min, min(o.Trace.Max, want))
	h.proposed = since(append(h.proposed, sample{o.Now, float64(want)}), o.Now-h.downWindow)
	switch {
	case want < o.Target:
		return min(o.Target, int(largest(h.proposed, float64(want))))
	case want > o.Target:
		return h.up(o, want)
	}
	return want
}

func (h *hpa) up(o *sim.Observation, want int) int {
	before := o.Target
	for _, r := range h.raised {
		if r.at > o.Now-15 {
			before -= int(r.value)
		}
	}
	want = max(o.Target, min(want, max(before+4, before*2)))
	if want > o.Target {
		h.raised = append(h.raised, sample{o.Now, float64(want - o.Target)})
	}
	return want
}

// busyMetric is utilization against a target, one period old.
type busyMetric struct {
	target float64
	before counted
	last   float64
	seen   bool
}

func (m *busyMetric) pods(o *sim.Observation) int {
	now := count(o)
	u, _ := utilization(m.before, now)
	m.before = now
	use := u
	if m.seen {
		use = m.last
	}
	m.last, m.seen = u, true
	ratio := use / m.target
	if o.Ready == 0 || tolerable(ratio) {
		return o.Target
	}
	if o.Starting > 0 && ratio > 1 { // pods that are not ready count as idle on the way up
		all := float64(o.Ready + o.Starting)
		ratio = use * float64(o.Ready) / all / m.target
		if tolerable(ratio) || ratio < 1 {
			return o.Target
		}
		return int(math.Ceil(ratio * all))
	}
	return int(math.Ceil(ratio * float64(o.Ready)))
}

// lengthMetric is an external metric with an average value.
type lengthMetric struct {
	each     float64
	inFlight bool
}

func (m *lengthMetric) pods(o *sim.Observation) int {
	length := float64(queued(o))
	if m.inFlight {
		length += float64(o.Busy)
	}
	if tolerable(length / (m.each * math.Max(1, float64(o.Target)))) {
		return o.Target
	}
	return int(math.Ceil(length / m.each))
}
