package worker

import (
	"bytes"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// progressPause is how long progress waits for a cycle that goes anyway, and
// for more progress: only the last one of a run counts.
const progressPause = 200 * time.Millisecond

// Tell has the store know how far a run is. What comes after the run has ended,
// or after its lease was lost, is ignored.
func (r *Run) Tell(data []byte) {
	e := r.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	q := r.queue
	if r.place < 0 || r.abandoned || r.epoch != q.epoch {
		return
	}
	r.progress = bytes.Clone(data)
	if r.telling {
		return
	}
	r.telling = true
	if len(q.telling) == 0 {
		q.tellAt = time.Now().Add(progressPause)
		q.poke()
	}
	q.telling = append(q.telling, r)
}

// told takes the progress of one cycle.
func (q *queue) told() (all []broker.Progress) {
	n := min(len(q.telling), broker.MaxBatch)
	for _, r := range q.telling[:n] {
		r.telling = false
		if r.place >= 0 && r.epoch == q.epoch {
			all = append(all, broker.Progress{Lease: r.Lease, Data: r.progress})
		}
	}
	q.telling = append(q.telling[:0], q.telling[n:]...)
	return all
}
