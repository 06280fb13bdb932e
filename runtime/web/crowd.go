package web

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// What a program with a queue for each of its customers has stays readable, and cheap:
// an overview has the queues in which there is most, and a page of queues an end.
const (
	maxQueues = 200  // in an overview
	maxLabels = 1000 // queues that Prometheus tells apart
	restLabel = "other:"
)

// A tally is what all queues have together, however many those are.
type tally struct {
	Queues    int   `json:"queues"` // how many those are
	Pending   int64 `json:"pending"`
	Scheduled int64 `json:"scheduled"`
	Parked    int64 `json:"parked"`
	Active    int64 `json:"active"`
	Dead      int64 `json:"dead"`
	Enqueued  int64 `json:"enqueued"` // from here on: since they were first used
	Done      int64 `json:"done"`
	Failed    int64 `json:"failed"` // runs that were retried, and those that died
}

func (v *look) tally() tally {
	var all taskqueue.QueueInfo
	for i := range v.queues {
		all.Add(&v.queues[i])
	}
	return tally{
		Queues: len(v.queues), Pending: all.Pending, Scheduled: all.Scheduled, Parked: all.Parked,
		Active: all.Active, Dead: all.Dead, Enqueued: all.Enqueued, Done: all.Done, Failed: failed(&all),
	}
}

// busiest are at most n queues, by name: those with the most tasks.
func busiest(queues []taskqueue.QueueInfo, n int) []taskqueue.QueueInfo {
	if len(queues) <= n {
		return queues
	}
	tasks := func(q *taskqueue.QueueInfo) int64 { return q.Pending + q.Scheduled + q.Parked + q.Active + q.Dead }
	chosen := slices.Clone(queues)
	slices.SortStableFunc(chosen, func(a, b taskqueue.QueueInfo) int {
		return cmp.Or(cmp.Compare(tasks(&b), tasks(&a)), cmp.Compare(b.Enqueued, a.Enqueued))
	})
	chosen = chosen[:n]
	slices.SortFunc(chosen, func(a, b taskqueue.QueueInfo) int { return strings.Compare(a.Queue, b.Queue) })
	return chosen
}

// pageOfQueues are those behind a cursor whose names hold a text, and the next cursor.
func pageOfQueues(queues []taskqueue.QueueInfo, text, cursor string, limit int) (page []taskqueue.QueueInfo, next string) {
	for i := range queues { // by name
		q := &queues[i]
		if q.Queue <= cursor && cursor != "" || !strings.Contains(q.Queue, text) {
			continue
		}
		if len(page) == limit {
			return page, page[limit-1].Queue
		}
		page = append(page, *q)
	}
	return page, ""
}

// labels are the queues that Prometheus tells apart: the first ones that there were, so
// that a counter never goes back because another queue came.
type labels struct {
	mu    sync.Mutex
	known map[string]bool
}

// of gives each queue its own label or, to those that are too many, one together.
func (l *labels) of(queues []taskqueue.QueueInfo) (named []taskqueue.QueueInfo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = make(map[string]bool)
	}
	rest := taskqueue.QueueInfo{Queue: restLabel}
	for i := range queues {
		q := &queues[i]
		if len(l.known) < maxLabels {
			l.known[q.Queue] = true
		}
		if l.known[q.Queue] {
			named = append(named, *q)
		} else {
			rest.Add(q)
		}
	}
	if len(named) < len(queues) {
		named = append(named, rest)
	}
	return named
}
