package autoscaler

import "math"

// A raise is a step up that may still be starting.
type raise struct {
	At float64 // s
	N  int     // workers
}

const (
	maxRaises     = 64
	startupSample = 8    // workers that the mean start-up delay spans
	shortestDelay = 1    // s; below it there is nothing to predict
	shareOfDelay  = 0.25 // of the start-up delay: no backlog is cleared faster
)

// A startup is the measured delay from asking for a worker to its first
// heartbeat, s.
type startup struct {
	Delay    float64
	Startups uint64
	Seconds  float64
	Raises   []raise
}

func (u *startup) measure(w Workers) {
	n, sum := grown(u.Startups, w.Startups), grown(u.Seconds, w.StartupSeconds)
	u.Startups, u.Seconds = w.Startups, w.StartupSeconds
	if n <= 0 {
		return
	}
	if u.Delay == 0 {
		u.Delay = sum / n
	}
	u.Delay += blend(n, startupSample) * (sum/n - u.Delay)
}

func (u *startup) raised(now float64, n int) {
	if len(u.Raises) == maxRaises {
		u.Raises = append(u.Raises[:0], u.Raises[1:]...)
	}
	u.Raises = append(u.Raises, raise{now, n})
}

// capacity is the service that the workers there are, and those in start-up,
// can give within the horizon, in slot-seconds.
func (u *startup) capacity(s *situation, w Workers) float64 {
	seconds := float64(w.Ready) * s.horizon
	left := w.Starting
	for i := len(u.Raises) - 1; i >= 0 && left > 0; i-- {
		k := min(left, u.Raises[i].N)
		remaining := math.Max(s.tick/2, u.Raises[i].At+u.Delay-s.now)
		seconds += float64(k) * math.Max(0, s.horizon-remaining)
		left -= k
	}
	return seconds * w.slots()
}

// pressure is how many slots clear the backlog in time, and the queue pressure
// score: the worst predicted wait against its target.
//
// For every queue, with those before it, the backlog that a worker asked for
// now would find is B' = B + a·h - capacity (Smith's predictor; B where workers
// start at once), to be cleared within θ·W'/weight, but no faster than a
// quarter of the start-up delay: n = B'/T + the work of the queues before it.
func (c *Controller) pressure(s *situation, o *Observation) (slots, score float64) {
	capacity := c.Startup.capacity(s, o.Workers)
	size := math.Max(1, float64(o.Workers.size())*o.Workers.slots())
	var backlog, work float64
	for q := range o.Queues {
		backlog += s.backlog[q]
		before := work
		work += s.queueShare[q] * s.offered
		left := backlog
		if s.startup >= shortestDelay {
			left = math.Max(0, backlog+work*s.horizon-capacity)
		}
		target := s.wait / o.Queues[q].weight()
		clear := math.Max(c.Margin.Pressure*target, math.Max(shareOfDelay*s.startup, s.tick))
		if left > 0 {
			slots = math.Max(slots, left/clear+before)
		}
		score = math.Max(score, backlog/size/target)
	}
	return slots, score
}
