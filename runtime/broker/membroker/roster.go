package membroker

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A roster keeps sessions in the order in which they lapse: by expiry, then by
// worker name. The zero value is empty.
type roster []*session

func (r roster) find(s *session) (int, bool) {
	return slices.BinarySearchFunc(r, s, func(a, b *session) int {
		return cmp.Or(a.expires.Compare(b.expires), strings.Compare(a.worker, b.worker))
	})
}

func (r *roster) add(s *session) {
	i, _ := r.find(s)
	*r = slices.Insert(*r, i, s)
}

func (r *roster) remove(s *session) {
	if i, found := r.find(s); found {
		*r = slices.Delete(*r, i, i+1)
	}
}

// next is when the first of them lapses, or zero.
func (r roster) next() time.Time {
	if len(r) == 0 {
		return time.Time{}
	}
	return r[0].expires
}

// lapsed are at most limit of those that have lapsed.
func (r roster) lapsed(now time.Time, limit int) []*session {
	n := 0
	for n < min(limit, len(r)) && !now.Before(r[n].expires) {
		n++
	}
	return r[:n]
}
