package taskqueue

import (
	"cmp"
	"slices"
	"time"
)

// A Running is a handler that has not returned.
type Running struct {
	ID       ID
	Kind     string
	Queue    string
	Attempt  int // 1 for the first run
	Started  time.Time
	Deadline time.Time // zero: none
	Overdue  bool      // its time is up, and still it has not returned
}

// Running lists the handlers that run now, those that have run longest first: at
// most limit.
func (w *Worker) Running(limit int) []Running {
	var all []Running
	for _, r := range w.engine.Running() {
		all = append(all, Running{
			ID: r.Lease.ID, Kind: r.Lease.Kind, Queue: r.Lease.Queue, Attempt: int(r.Lease.Attempts) + 1,
			Started: r.Started, Deadline: r.Deadline, Overdue: r.Overdue,
		})
	}
	slices.SortFunc(all, func(a, b Running) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return all[:min(len(all), max(limit, 0))]
}

// Kinds are the names of the kinds that the worker can run, sorted.
func (w *Worker) Kinds() []string { return slices.Clone(w.kinds) }
