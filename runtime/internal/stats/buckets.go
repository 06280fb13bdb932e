// Package stats measures durations: histograms with fixed buckets, so that those
// of several processes can be added.
package stats

import (
	"math/bits"
	"time"
)

// Each power of two of nanoseconds has eight buckets, which bounds the error of a
// quantile to an eighth of its value. What is shorter than a microsecond is in the
// first bucket, what is longer than 13 days in the last.
const (
	subBits  = 3
	perPower = 1 << subBits
	lowest   = 10 // 2^10 ns
	highest  = 50 // 2^50 ns
	buckets  = 1 + (highest-lowest)*perPower
)

// bucket is where a duration counts.
func bucket(d time.Duration) int {
	power := bits.Len64(uint64(d)) - 1
	switch {
	case power < lowest:
		return 0
	case power >= highest:
		return buckets - 1
	}
	sub := int(d>>(power-subBits)) & (perPower - 1)
	return 1 + (power-lowest)*perPower + sub
}

// edge is the first duration above a bucket.
func edge(i int) time.Duration {
	if i <= 0 {
		return 1 << lowest
	}
	power, sub := lowest+(i-1)/perPower, (i-1)%perPower
	return time.Duration(perPower+sub+1) << (power - subBits)
}
