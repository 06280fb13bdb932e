package main

import (
	"sync/atomic"
	"time"
)

// A counter tells how long a number of runs took, those after the first warm ones.
type counter struct {
	start   time.Time
	warm    int64
	goal    int64
	over    func() // when the goal is reached
	ran     atomic.Int64
	begun   atomic.Int64 // when they were warm, and when that was over, since start
	elapsed atomic.Int64
}

func newCounter(goal, warm int, over func()) *counter {
	return &counter{start: time.Now(), warm: int64(warm), goal: int64(goal), over: over}
}

func (c *counter) add() {
	switch c.ran.Add(1) {
	case c.warm:
		c.begun.Store(int64(time.Since(c.start)))
	case c.goal:
		c.elapsed.Store(int64(time.Since(c.start)))
		c.over()
	}
}

func (c *counter) perSecond() float64 {
	return float64(c.goal-c.warm) / time.Duration(max(c.elapsed.Load()-c.begun.Load(), 1)).Seconds()
}
