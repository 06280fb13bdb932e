package membroker

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// An asideList keeps what is set aside: what time brings back in the order in
// which it does, then the rest. The zero value is empty.
type asideList []place

func (a asideList) find(p place) (int, bool) {
	return slices.BinarySearchFunc(a, p, func(a, b place) int {
		if a.until.IsZero() != b.until.IsZero() {
			if a.until.IsZero() {
				return 1
			}
			return -1
		}
		return cmp.Or(a.until.Compare(b.until), strings.Compare(a.name, b.name))
	})
}

func (a *asideList) add(p place) {
	i, _ := a.find(p)
	*a = slices.Insert(*a, i, p)
}

func (a *asideList) remove(p place) {
	if i, found := a.find(p); found {
		*a = slices.Delete(*a, i, i+1)
	}
}

// next is when time brings back the first, or zero.
func (a asideList) next() time.Time {
	if len(a) == 0 {
		return time.Time{}
	}
	return a[0].until
}

// reached are at most limit of those whose time has come.
func (a asideList) reached(now time.Time, limit int) []place {
	n := 0
	for n < min(limit, len(a)) && !a[n].until.IsZero() && !a[n].until.After(now) {
		n++
	}
	return slices.Clone(a[:n])
}
