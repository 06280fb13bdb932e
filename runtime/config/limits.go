package config

import (
	"math"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// limit is a limit of a queue as the client takes it. Where none was asked for, in
// so many words, it lifts one that was there before; else none says nothing.
func (c *Config) limit(q *Queue, key string, n int) int64 {
	if n == 0 && c.said(q, key) {
		return taskqueue.NoLimit
	}
	return int64(n)
}

// rate is a queue's rate_limit, likewise.
func (c *Config) rate(q *Queue) taskqueue.Rate {
	if q.RateLimit == 0 && c.said(q, "rate_limit") {
		return taskqueue.Rate{N: taskqueue.NoLimit}
	}
	return rateOf(q.RateLimit)
}

// said reports whether a key of a queue has its value from anywhere.
func (c *Config) said(q *Queue, key string) bool {
	_, ok := c.sources["queues."+q.Name+"."+key]
	return ok
}

// rateOf is so many tasks a second, within a thousandth.
func rateOf(perSecond float64) taskqueue.Rate {
	whole := math.Round(perSecond)
	switch {
	case perSecond <= 0:
		return taskqueue.Rate{}
	case perSecond < 1:
		period := time.Duration(float64(time.Second) / perSecond).Round(time.Millisecond)
		return taskqueue.Rate{N: 1, Period: min(period, broker.MaxPeriod)}
	case perSecond == whole || perSecond > 1000:
		return taskqueue.Rate{N: int64(whole), Period: time.Second}
	}
	return taskqueue.Rate{N: int64(math.Round(100 * perSecond)), Period: 100 * time.Second}
}

// perSecond is the rate as a key says it.
func perSecond(r taskqueue.Rate) float64 {
	if r.N <= 0 {
		return 0
	}
	return float64(r.N) / r.Period.Seconds()
}
