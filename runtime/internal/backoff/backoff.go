// Package backoff computes pauses between retries. It is pure: the caller
// brings the randomness.
package backoff

import (
	"math"
	"time"
)

// A Policy is a row of pauses: Intervals one after the other (the last one
// repeats) or, without them, Base·Factorⁿ⁻¹ up to Max before the nth retry.
// Every pause is spread by ±Jitter (0 to 1) of itself. A Factor of 1 is a fixed
// pause.
type Policy struct {
	Base, Max time.Duration
	Factor    float64
	Jitter    float64
	Intervals []time.Duration
}

// Delay is the pause before the nth retry, n = 1, 2, 3 …, for a random number
// from 0 to 1: 0.5 gives the unspread pause.
func (p Policy) Delay(n int, random float64) time.Duration {
	d := float64(p.pause(max(n, 1)))
	d += d * p.Jitter * (2*random - 1)
	if d >= math.MaxInt64 {
		return math.MaxInt64
	}
	return max(time.Duration(d), 0)
}

func (p Policy) pause(n int) time.Duration {
	if len(p.Intervals) > 0 {
		return p.Intervals[min(n, len(p.Intervals))-1]
	}
	d := float64(p.Base) * math.Pow(p.Factor, float64(n-1))
	if d > float64(p.Max) {
		return p.Max
	}
	return time.Duration(d)
}
