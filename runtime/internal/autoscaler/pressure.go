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
	usualOverrun  = 1.5  // of the mean delay
	shareOfDelay  = 0.25 // of the start-up delay: no backlog is cleared faster
)

// A startup is the measured delay from asking for a worker to its first
// heartbeat, s.
type startup struct {
	Delay    float64
	Measured bool
	Startups uint64
	Seconds  float64
	Raises   []raise
}

func (u *startup) measure(now float64, w Workers) {
	n, sum := grown(u.Startups, w.Startups), grown(u.Seconds, w.StartupSeconds)
	u.Startups, u.Seconds = w.Startups, w.StartupSeconds
	if n > 0 && !u.Measured {
		u.Delay, u.Measured = sum/n, true
	}
	if n > 0 {
		u.Delay += blend(n, startupSample) * (sum/n - u.Delay)
	}
	u.Delay = math.Max(u.Delay, u.overdue(now, w.Starting))
}

// overdue is the delay that workers which have not come up yet tell of.
func (u *startup) overdue(now float64, starting int) float64 {
	oldest := now
	for i := len(u.Raises) - 1; i >= 0 && starting > 0; i-- {
		starting -= u.Raises[i].N
		oldest = u.Raises[i].At
	}
	if u.Measured {
		return (now - oldest) / usualOverrun
	}
	return now - oldest
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

// clearing is the time in which a queue's backlog is to be cleared, T.
func (c *Controller) clearing(s *situation, q *Queue) float64 {
	return math.Max(c.Margin.Pressure*s.wait/q.weight(), math.Max(shareOfDelay*s.startup, s.tick))
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
		if left > 0 {
			slots = math.Max(slots, left/c.clearing(s, &o.Queues[q])+before)
		}
		score = math.Max(score, backlog/size/target)
	}
	return slots, score
}
