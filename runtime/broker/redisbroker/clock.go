package redisbroker

import (
	"sync/atomic"
	"time"
)

// A clock knows the server's time, to within half a round trip, from the last
// answer. It serves for what is told to people: since when a task could run.
// What is due, lapses or expires, the server decides.
type clock struct {
	offset  atomic.Int64 // nanoseconds from ours to the server's
	stopped atomic.Int64 // milliseconds; tests stop it together with the server's
}

// learn takes in the time of an answer, in milliseconds, if it tells it.
func (c *clock) learn(server int64, sent, received time.Time) {
	if server <= 0 {
		return
	}
	middle := sent.Add(received.Sub(sent) / 2)
	c.offset.Store(server*int64(time.Millisecond) + int64(time.Millisecond/2) - middle.UnixNano())
}

func (c *clock) now() time.Time {
	if ms := c.stopped.Load(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Now().Add(time.Duration(c.offset.Load()))
}
