package measure

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/internal/stats"
)

const (
	waitsOver  = time.Minute
	waitsEvery = 5 * time.Second
)

// waits are the waits of a queue in the last minute, looked at every five
// seconds.
type waits struct {
	marks []mark // the oldest first
	p95   float64
	count int
}

// A mark is what was counted up to a time.
type mark struct {
	at  time.Time
	all stats.Durations
}

// look takes in all that was counted up to now.
func (w *waits) look(now time.Time, all *stats.Durations) {
	if n := len(w.marks); n > 0 && now.Sub(w.marks[n-1].at) < waitsEvery {
		return
	}
	for len(w.marks) > 1 && now.Sub(w.marks[1].at) >= waitsOver {
		w.marks = append(w.marks[:0], w.marks[1:]...)
	}
	last := all
	if len(w.marks) > 0 {
		last = all.Since(&w.marks[0].all)
	}
	w.p95, w.count = last.Quantile(0.95).Seconds(), int(last.Count)
	w.marks = append(w.marks, mark{now, *all})
}
