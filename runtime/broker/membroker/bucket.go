package membroker

import (
	"math"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A bucket is what tasks have taken from a rate's tokens lately. The unit is such
// that a token is as many as the rate's period has milliseconds, and a
// millisecond gives back N: all is exact. The zero value owes nothing.
type bucket struct {
	rate broker.Rate
	debt int64
	at   time.Time // when the debt was that
}

// owes is what is left of the debt. One to another rate is none.
func (b *bucket) owes(r broker.Rate, now time.Time) int64 {
	passed := now.Sub(b.at).Milliseconds()
	if b.rate != r || b.debt == 0 || passed > b.debt/r.N {
		return 0
	}
	return b.debt - max(passed, 0)*r.N
}

// take takes n tokens.
func (b *bucket) take(n int64, r broker.Rate, now time.Time) {
	if r.N > 0 {
		*b = bucket{r, b.owes(r, now) + n*r.Period.Milliseconds(), now}
	}
}

// settled is when the bucket owes nothing any more, or zero.
func (b *bucket) settled(now time.Time) time.Time {
	debt := b.owes(b.rate, now)
	if debt == 0 {
		return time.Time{}
	}
	return now.Add(time.Duration((debt+b.rate.N-1)/b.rate.N) * time.Millisecond)
}

// room is how many more tasks may begin by a concurrency and a rate. Where that
// is none, until is when time brings the next token; zero: time does not help.
func room(concurrency, flying int64, r broker.Rate, b *bucket, now time.Time) (n int64, until time.Time) {
	n = math.MaxInt64
	if concurrency > 0 {
		n = max(concurrency-flying, 0)
	}
	if n == 0 || r.N == 0 {
		return n, time.Time{}
	}
	period := r.Period.Milliseconds()
	spare := max(r.Burst, 1)*period - b.owes(r, now)
	if spare < period {
		return 0, now.Add(time.Duration((period-spare+r.N-1)/r.N) * time.Millisecond)
	}
	return min(n, spare/period), time.Time{}
}
