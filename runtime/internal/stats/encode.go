package stats

import (
	"encoding/binary"
	"errors"
	"time"
)

var errEncoded = errors.New("stats: this is no histogram")

// Append appends the histogram to b: the sum, the maximum and how many buckets are
// not empty, then of each its distance from the one before and its count; all of
// them varints. Buckets never change, so that releases can read one another's.
func (d *Durations) Append(b []byte) []byte {
	used := 0
	for _, n := range d.counts {
		if n > 0 {
			used++
		}
	}
	b = binary.AppendUvarint(b, uint64(d.Sum))
	b = binary.AppendUvarint(b, uint64(d.Max))
	b = binary.AppendUvarint(b, uint64(used))
	last := 0
	for i, n := range d.counts {
		if n > 0 {
			b = binary.AppendUvarint(b, uint64(i-last))
			b = binary.AppendUvarint(b, n)
			last = i
		}
	}
	return b
}

// Read reads what Append has written and returns what follows it.
func (d *Durations) Read(b []byte) (rest []byte, err error) {
	*d = Durations{}
	sum, longest, used := uvarint(&b), uvarint(&b), uvarint(&b)
	if b == nil || used > buckets {
		return nil, errEncoded
	}
	d.Sum, d.Max = time.Duration(sum), time.Duration(longest)
	at := uint64(0)
	for range used {
		step, n := uvarint(&b), uvarint(&b)
		if at += step; b == nil || step >= buckets || at >= buckets {
			return nil, errEncoded
		}
		d.counts[at] = n
	}
	for _, n := range d.counts {
		d.Count += n
	}
	return b, nil
}

// uvarint takes a number off b, which is nil afterwards if there was none.
func uvarint(b *[]byte) uint64 {
	v, n := binary.Uvarint(*b)
	if n <= 0 {
		*b = nil
		return 0
	}
	*b = (*b)[n:]
	return v
}
