package web

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	unhandledPeriod = 3 * time.Second // between two looks at the tasks
	unhandledQueues = 32              // that are looked at
	unhandledTasks  = 200             // of a queue in a state
)

// An unhandledView are tasks that wait and that no living worker of their queue can run.
type unhandledView struct {
	Queue   string `json:"queue"`
	Kind    string `json:"kind"`
	Version int    `json:"version"` // of the payload's shape
	Tasks   int64  `json:"tasks"`   // pending and parked
	Exact   bool   `json:"exact"`   // false: at least so many, as the first 200 of a queue and state are looked at
}

// unhandled remembers the last look at tasks that nobody runs.
type unhandled struct {
	mu   sync.Mutex
	at   time.Time
	list []unhandledView
}

// of looks at what is parked, and at what is pending where no worker is: a worker
// parks what it does not know.
func (u *unhandled) of(ctx context.Context, client *taskqueue.Client, v *look) ([]unhandledView, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.list != nil && time.Since(u.at) < unhandledPeriod {
		return u.list, nil
	}
	list, looked := []unhandledView{}, 0
	for i := range v.queues {
		q := &v.queues[i]
		alone := q.Sessions == 0 && q.Pending > 0
		if q.Parked == 0 && !alone {
			continue
		}
		if looked++; looked > unhandledQueues {
			break
		}
		c := &census{queue: q.Queue, workers: v.serving(q.Queue), exact: true, counts: map[broker.Shape]int64{}}
		if err := c.count(ctx, client, taskqueue.Parked, q.Parked > 0); err != nil {
			return nil, err
		}
		if err := c.count(ctx, client, taskqueue.Pending, alone); err != nil {
			return nil, err
		}
		list = append(list, c.views()...)
	}
	u.list, u.at = list, time.Now()
	return list, nil
}

// serving are the living workers that take tasks of a queue, or may: one of this
// process that has not told yet.
func (v *look) serving(queue string) (all []taskqueue.WorkerInfo) {
	for i := range v.announced {
		if w := &v.announced[i]; len(w.Queues) == 0 || w.Serves(queue) {
			all = append(all, *w)
		}
	}
	return all
}

// runs reports whether a worker can run tasks of a shape. One that has not told yet
// knows its kinds, and not their versions.
func runs(w *taskqueue.WorkerInfo, shape broker.Shape) bool {
	if len(w.Queues) == 0 {
		return slices.ContainsFunc(w.Kinds, func(k taskqueue.WorkerKind) bool { return k.Name == shape.Kind })
	}
	return w.Runs(shape.Kind, shape.Version)
}

// A census counts the tasks of a queue by their shapes.
type census struct {
	queue   string
	workers []taskqueue.WorkerInfo
	exact   bool
	counts  map[broker.Shape]int64
}

// count adds the first tasks in a state, if there are any.
func (c *census) count(ctx context.Context, client *taskqueue.Client, s taskqueue.State, some bool) error {
	if !some {
		return nil
	}
	page, err := client.List(ctx, taskqueue.ListQuery{Queue: c.queue, State: s, Limit: unhandledTasks})
	if err != nil {
		return err
	}
	c.exact = c.exact && page.Next == ""
	for i := range page.Entries {
		if m := page.Entries[i].Message; m != nil {
			c.counts[broker.Shape{Kind: m.Kind, Version: max(m.Version, 1)}]++
		}
	}
	return nil
}

// views are the counts of what no worker runs, by kind and version.
func (c *census) views() (all []unhandledView) {
	for _, shape := range slices.SortedFunc(maps.Keys(c.counts), broker.Shape.Compare) {
		known := func(w taskqueue.WorkerInfo) bool { return runs(&w, shape) }
		if !slices.ContainsFunc(c.workers, known) {
			all = append(all, unhandledView{c.queue, shape.Kind, int(shape.Version), c.counts[shape], c.exact})
		}
	}
	return all
}
