package web

import (
	"sync"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

const (
	rateWindow   = time.Minute
	samplePeriod = time.Second // at most one sample in that time
)

// A history keeps the counts of the last minute, as they were when somebody
// looked. Nothing runs in between.
type history struct {
	mu      sync.Mutex
	samples []sample // the oldest first
	points  []point  // of all queues, for longer
}

// A point is what all queues had counted at an instant.
type point struct {
	At       time.Time `json:"at"`
	Enqueued int64     `json:"enqueued"` // since the queues were first used, as done and failed
	Done     int64     `json:"done"`
	Failed   int64     `json:"failed"`
	Pending  int64     `json:"pending"` // then
}

const (
	pointPeriod = 2 * time.Second
	maxPoints   = 150 // five minutes, where somebody looks all the time
)

type sample struct {
	at     time.Time
	counts map[string]counted
}

// counted is what a queue had counted.
type counted struct{ enqueued, done, failed int64 }

// add compares counts with those of about a minute ago, and keeps them. The rates
// are nil at first, and that of a queue is missing if it is new.
func (h *history) add(at time.Time, queues []taskqueue.QueueInfo) (byQueue map[string]*rates, fleet *rates) {
	s := sample{at, make(map[string]counted, len(queues))}
	p := point{At: at.UTC()}
	for i := range queues {
		q := &queues[i]
		s.counts[q.Queue] = counted{q.Enqueued, q.Done, failed(q)}
		p.Enqueued += q.Enqueued
		p.Done += q.Done
		p.Failed += failed(q)
		p.Pending += q.Pending
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.plot(p)
	if len(h.samples) > 0 {
		byQueue, fleet = s.since(&h.samples[0])
	}
	h.keep(s)
	return byQueue, fleet
}

// keep drops what is older than the window, but for the last of those.
func (h *history) keep(s sample) {
	if n := len(h.samples); n > 0 && s.at.Sub(h.samples[n-1].at) < samplePeriod {
		return
	}
	h.samples = append(h.samples, s)
	for len(h.samples) > 2 && s.at.Sub(h.samples[1].at) >= rateWindow {
		h.samples = h.samples[1:]
	}
}

// plot keeps a point, if the last one is old enough.
func (h *history) plot(p point) {
	n := len(h.points)
	if n > 0 && p.At.Sub(h.points[n-1].At) < pointPeriod*9/10 {
		return
	}
	h.points = append(h.points, p)
	h.points = h.points[max(0, len(h.points)-maxPoints):]
}

// trend returns the points, the oldest first.
func (h *history) trend() []point {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]point{}, h.points...)
}

// since is what happened after an older sample. Windows of less than a tenth of a
// second say nothing.
func (s *sample) since(old *sample) (byQueue map[string]*rates, fleet *rates) {
	window := s.at.Sub(old.at).Seconds()
	if window < 0.1 {
		return nil, nil
	}
	byQueue, fleet = make(map[string]*rates), &rates{WindowSeconds: window}
	for name, c := range s.counts {
		before, known := old.counts[name]
		if !known {
			continue
		}
		r := &rates{
			WindowSeconds: window,
			Enqueued:      float64(c.enqueued-before.enqueued) / window,
			Done:          float64(c.done-before.done) / window,
			Failed:        float64(c.failed-before.failed) / window,
		}
		byQueue[name] = r
		fleet.Enqueued += r.Enqueued
		fleet.Done += r.Done
		fleet.Failed += r.Failed
	}
	return byQueue, fleet
}

// errorRate is the share of failures among the runs of the window; null if it had
// none.
func (r *rates) errorRate() *float64 {
	if r == nil || r.Done+r.Failed <= 0 {
		return nil
	}
	return new(r.Failed / (r.Done + r.Failed))
}

// runs is how many ended in the window.
func (r *rates) runs() float64 { return (r.Done + r.Failed) * r.WindowSeconds }
