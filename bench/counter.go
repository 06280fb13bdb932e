package main

import (
	"sync/atomic"
	"time"
)

// A counter tells how long a number of runs took.
type counter struct {
	start   time.Time
	goal    int64
	over    func() // when the goal is reached
	ran     atomic.Int64
	elapsed atomic.Int64
}

func newCounter(goal int, over func()) *counter {
	return &counter{start: time.Now(), goal: int64(goal), over: over}
}

func (c *counter) add() {
	if c.ran.Add(1) == c.goal {
		c.elapsed.Store(int64(time.Since(c.start)))
		c.over()
	}
}

func (c *counter) perSecond() float64 {
	return float64(c.goal) / time.Duration(max(c.elapsed.Load(), 1)).Seconds()
}
