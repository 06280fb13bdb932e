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
	t := tally{Queues: len(v.queues)}
	for i := range v.queues {
		q := &v.queues[i]
		t.Pending += q.Pending
		t.Scheduled += q.Scheduled
		t.Parked += q.Parked
		t.Active += q.Active
		t.Dead += q.Dead
		t.Enqueued += q.Enqueued
		t.Done += q.Done
		t.Failed += failed(q)
	}
	return t
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
			addQueue(&rest, q)
		}
	}
	if len(named) < len(queues) {
		named = append(named, rest)
	}
	return named
}

// addQueue adds up what is counted.
func addQueue(sum, q *taskqueue.QueueInfo) {
	for _, n := range []struct {
		to *int64
		n  int64
	}{
		{&sum.Pending, q.Pending}, {&sum.Scheduled, q.Scheduled}, {&sum.Parked, q.Parked}, {&sum.Active, q.Active}, {&sum.Dead, q.Dead},
		{&sum.Enqueued, q.Enqueued}, {&sum.Done, q.Done}, {&sum.Retried, q.Retried}, {&sum.Released, q.Released},
		{&sum.Died, q.Died}, {&sum.Discarded, q.Discarded}, {&sum.Lost, q.Lost}, {&sum.Deleted, q.Deleted},
	} {
		*n.to += n.n
	}
	sum.Sessions = max(sum.Sessions, q.Sessions)
}
