package membroker

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// trim drops the oldest dead letters beyond the bounds of the settings.
func (q *queue) trim(now time.Time) {
	b := q.settings.Dead.Effective()
	n := 0
	for _, t := range q.dead[:min(len(q.dead), broker.TrimBatch)] {
		old := b.Age > 0 && !now.Before(t.at.Add(b.Age))
		many := b.Max > 0 && int64(len(q.dead)-n) > b.Max
		large := b.Bytes > 0 && q.letters > b.Bytes
		if !old && !many && !large {
			break
		}
		q.letters -= size(t)
		delete(q.tasks, t.ID)
		n++
	}
	clear(q.dead[:n])
	q.dead = q.dead[n:]
	q.counts.Dropped += int64(n)
}
