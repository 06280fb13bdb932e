package autoscaler

import (
	"math"
	"slices"
)

const (
	shortestWindow = 20  // s
	longestWindow  = 300 // s
	delaysInWindow = 1.5
	backlogShare   = 0.5  // of the window, for what a backlog asks for: once it is gone, workers that start at once can go
	severeRise     = 0.25 // a rise by this share is taken at once
	smallSaving    = 0.05 // of the fleet
	smallWindows   = 3    // that a small saving has to last
	maxDemands     = 4096
)

// A demand is a size that was wanted.
type demand struct {
	At float64 // s
	N  int     // workers
}

// A hysteresis keeps the fleet from following noise: up by severity, down to
// the sliding maximum of what was wanted.
type hysteresis struct {
	Demands    []demand // falling: each is more than every later one
	Signals    int      // ticks in a row that asked for more
	RaisedAt   float64  // s
	SmallSince float64  // when the saving became small, s; 0: it is not
}

// window is how long a demand is kept, s.
func (c *Config) window(startup float64) float64 {
	if c.ScaleDownCooldown != Adaptive {
		return c.ScaleDownCooldown.Seconds()
	}
	return clamp(delaysInWindow*startup, shortestWindow, longestWindow)
}

// An ask is a size that is wanted, and why.
type ask struct {
	n       int  // workers
	pressed bool // the queue pressure is over its threshold
	backlog bool // and asks for so many
	braked  bool // more would not help
}

// settle turns what is wanted into a size. While tasks would wait for too long it does
// not go down: workers in start-up that are to run them may never come up.
func (h *hysteresis) settle(c *Config, s *situation, size int, a ask) int {
	window := c.window(s.startup)
	since := s.now
	if a.backlog && s.startup < shortestDelay && c.ScaleDownCooldown == Adaptive {
		since -= (1 - backlogShare) * window
	}
	h.want(s.now, demand{since, a.n}, window)
	if a.n > size {
		h.SmallSince = 0
		return h.up(c, s.now, size, a.n, a.pressed)
	}
	h.Signals = 0
	if a.pressed && !a.braked {
		return size
	}
	return h.down(c, s.now, size, window)
}

// want keeps the demands of the window, without those that a later one hides.
func (h *hysteresis) want(now float64, d demand, window float64) {
	old := 0
	for old < len(h.Demands) && h.Demands[old].At < now-window {
		old++
	}
	keep := len(h.Demands)
	for keep > old && h.Demands[keep-1].N <= d.N {
		keep--
	}
	h.Demands = append(slices.Delete(h.Demands[:keep], 0, max(old, keep-maxDemands)), d)
}

// up needs ConsecutiveSignals and ScaleUpCooldown for the smallest step, and
// neither for one of severeRise.
func (h *hysteresis) up(c *Config, now float64, size, wanted int, pressed bool) int {
	severity := clamp((float64(wanted)/math.Max(1, float64(size))-1)/severeRise, 0, 1)
	if pressed {
		severity = 1
	}
	h.Signals++
	if float64(h.Signals) < math.Ceil(float64(c.ConsecutiveSignals)*(1-severity)) ||
		now-h.RaisedAt < c.ScaleUpCooldown.Seconds()*(1-severity) {
		return size
	}
	h.RaisedAt, h.Signals = now, 0
	return max(wanted, size+c.ScaleUpCount)
}

// down takes a small saving only when it has lasted. What the smallest step up
// may have brought too much is small, or the size would swing by it.
func (h *hysteresis) down(c *Config, now float64, size int, window float64) int {
	target := h.Demands[0].N
	if target >= size {
		h.SmallSince = 0
		return size
	}
	if float64(size-target) <= math.Max(float64(max(c.ScaleDownCount, c.ScaleUpCount)), smallSaving*float64(size)) {
		if h.SmallSince == 0 {
			h.SmallSince = now
		}
		if now-h.SmallSince < smallWindows*window {
			return size
		}
	}
	h.SmallSince = 0
	return target
}
