package stats

import (
	"math"
	"time"
)

// Durations are a histogram of durations. The zero value is empty. A lock is the
// caller's: it costs less than the atomic operations that would do without one.
type Durations struct {
	Count  uint64
	Sum    time.Duration
	Max    time.Duration
	counts [buckets]uint64
}

// Observe adds a duration; a negative one counts as zero. It allocates nothing.
func (d *Durations) Observe(one time.Duration) {
	one = max(one, 0)
	d.Count++
	d.Sum += one
	d.Max = max(d.Max, one)
	d.counts[bucket(one)]++
}

// Since is what was added after an earlier state. Max stays that of all.
func (d *Durations) Since(old *Durations) *Durations {
	more := &Durations{Count: d.Count - old.Count, Sum: d.Sum - old.Sum, Max: d.Max}
	for i, n := range d.counts {
		more.counts[i] = n - old.counts[i]
	}
	return more
}

// Merge adds what another histogram counted.
func (d *Durations) Merge(o *Durations) {
	d.Count += o.Count
	d.Sum += o.Sum
	d.Max = max(d.Max, o.Max)
	for i, n := range o.counts {
		d.counts[i] += n
	}
}

// Mean is the average, 0 of nothing.
func (d *Durations) Mean() time.Duration {
	if d.Count == 0 {
		return 0
	}
	return time.Duration(float64(d.Sum) / float64(d.Count))
}

// Quantile is the duration that a share q, 0 to 1, of all are not above; 0 of
// nothing. It is off by an eighth at most, and never above Max.
func (d *Durations) Quantile(q float64) time.Duration {
	if d.Count == 0 {
		return 0
	}
	rank := max(uint64(math.Ceil(min(max(q, 0), 1)*float64(d.Count))), 1)
	for i, n := range d.counts {
		if n >= rank {
			return min(within(i, float64(rank)/float64(n)), d.Max)
		}
		rank -= n
	}
	return d.Max
}

// within is a place in a bucket.
func within(i int, share float64) time.Duration {
	if i == buckets-1 {
		return math.MaxInt64 // it has no end: the maximum tells more
	}
	var from time.Duration
	if i > 0 {
		from = edge(i - 1)
	}
	return from + time.Duration(share*float64(edge(i)-from))
}

// Below counts the durations under 2^power nanoseconds, 10 to 50.
func (d *Durations) Below(power int) uint64 {
	var n uint64
	last := min(max(power, lowest), highest)
	for _, c := range d.counts[:1+(last-lowest)*perPower] {
		n += c
	}
	if last == highest {
		n -= d.counts[buckets-1]
	}
	return n
}
