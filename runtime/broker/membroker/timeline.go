package membroker

import (
	"bytes"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A timeline is a binary heap of values ordered by instant and ID. The zero
// value is empty.
type timeline[T any] struct{ moments []moment[T] }

type moment[T any] struct {
	at    time.Time
	id    broker.ID
	value T
}

func (m *moment[T]) before(at time.Time, id broker.ID) bool {
	return earlier(m.at, m.id, at, id)
}

// earlier orders what has an instant and an ID.
func earlier(at time.Time, id broker.ID, at2 time.Time, id2 broker.ID) bool {
	if c := at.Compare(at2); c != 0 {
		return c < 0
	}
	return bytes.Compare(id[:], id2[:]) < 0
}

func (l *timeline[T]) len() int { return len(l.moments) }

// next is the earliest instant, or zero.
func (l *timeline[T]) next() time.Time {
	if len(l.moments) == 0 {
		return time.Time{}
	}
	return l.moments[0].at
}

// reached reports whether the earliest instant has come.
func (l *timeline[T]) reached(now time.Time) bool {
	return len(l.moments) > 0 && !l.moments[0].at.After(now)
}

func (l *timeline[T]) push(at time.Time, id broker.ID, value T) {
	l.moments = append(l.moments, moment[T]{at, id, value})
	h := l.moments
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h[i].before(h[up].at, h[up].id) {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

// pop takes the earliest moment of a timeline that is not empty.
func (l *timeline[T]) pop() moment[T] {
	h := l.moments
	first, last := h[0], len(h)-1
	h[0], h[last] = h[last], moment[T]{}
	l.moments = h[:last]
	l.sink()
	return first
}

func (l *timeline[T]) sink() {
	h := l.moments
	for i := 0; ; {
		least := i
		for _, down := range [2]int{2*i + 1, 2*i + 2} {
			if down < len(h) && h[down].before(h[least].at, h[least].id) {
				least = down
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

// remove takes out what has an ID, wherever it is.
func (l *timeline[T]) remove(id broker.ID) {
	i := slices.IndexFunc(l.moments, func(m moment[T]) bool { return m.id == id })
	if i < 0 {
		return
	}
	rest := slices.Delete(l.moments, i, i+1)
	l.moments = rest[:0]
	for _, m := range rest {
		l.push(m.at, m.id, m.value)
	}
}
