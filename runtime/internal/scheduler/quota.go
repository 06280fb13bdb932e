package scheduler

import (
	"math"
	"time"
)

// A Quota bounds how many messages an engine sends: Most in each period, so that
// what was missed does not come all at once. The zero value sets no bound.
type Quota struct {
	Most  int
	Every time.Duration
}

// spent is how much of a quota is used up.
type spent struct {
	since time.Time // the period's beginning
	n     int
}

// left is how many messages may be sent now.
func (s *spent) left(q Quota, now time.Time) int {
	if q.Most == 0 {
		return math.MaxInt
	}
	if age := now.Sub(s.since); age >= q.Every || age < 0 {
		*s = spent{since: now}
	}
	return q.Most - s.n
}

// pause is how long nothing may be sent any more.
func (s *spent) pause(q Quota, now time.Time) time.Duration {
	if s.left(q, now) > 0 {
		return 0
	}
	return s.since.Add(q.Every).Sub(now)
}
