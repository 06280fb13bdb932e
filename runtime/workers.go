package taskqueue

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// WorkerInfo is what a worker announces of itself, in whichever process.
type WorkerInfo struct {
	Name    string    `json:"name"` // unique for each start
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"` // by its own clock
	Version string    `json:"version"` // of the program; empty: it was built without one

	// Registry is the same for workers that can run the same kinds in the same
	// versions. More: there are too many Kinds to list them all.
	Registry string       `json:"registry"`
	Kinds    []WorkerKind `json:"kinds"` // by name
	More     bool         `json:"more,omitempty"`

	Queues   []WorkerQueue `json:"queues"` // in the order in which it serves them
	Slots    int           `json:"slots"`
	Active   int           `json:"active"`             // handlers that run
	Running  []Running     `json:"running,omitempty"`  // of those the 20 that have run longest
	Draining bool          `json:"draining,omitempty"` // it takes no more and will end
	Counts   Counts        `json:"counts"`             // since it began

	Heard time.Duration `json:"-"` // how long ago it was heard of last
}

// A WorkerKind is what a worker can run, and in which versions of the payload.
type WorkerKind struct {
	Name    string   `json:"name"`
	Version uint16   `json:"version"`
	Older   []uint16 `json:"older,omitempty"`
}

// A WorkerQueue is a queue that a worker serves.
type WorkerQueue struct {
	Name   string `json:"name"`
	Weight int    `json:"weight"`
	Active int    `json:"active"` // handlers that run its tasks
}

// Serves reports whether the worker takes tasks of a queue.
func (w *WorkerInfo) Serves(queue string) bool {
	return slices.ContainsFunc(w.Queues, func(q WorkerQueue) bool { return q.Name == queue })
}

// Runs reports whether the worker can run tasks of a kind in a version of the
// payload; also if it has too many kinds to tell.
func (w *WorkerInfo) Runs(kind string, version uint16) bool {
	i, found := slices.BinarySearchFunc(w.Kinds, kind, func(k WorkerKind, name string) int { return cmp.Compare(k.Name, name) })
	if !found {
		return w.More
	}
	k := &w.Kinds[i]
	return max(version, 1) == k.Version || slices.Contains(k.Older, version)
}

// Workers lists the workers of all processes, by name. Each announces itself every
// 5 seconds, every 10 while it has nothing to do; one that ends is gone at once, one
// that died within 15 or 30 seconds.
func (c *Client) Workers(ctx context.Context) ([]WorkerInfo, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	if c.local {
		c.announcers.Range(func(a, _ any) bool { a.(*announcer).announce(ctx); return true })
	}
	rows, err := c.broker.Records(ctx, workersTable)
	if err != nil {
		return nil, withCause(ctx, err)
	}
	all := make([]WorkerInfo, 0, len(rows))
	for _, r := range rows {
		var row workerRow
		if json.Unmarshal(r.Data, &row) != nil {
			continue // of a release that has another form
		}
		row.Heard = max(row.Lasts-r.TTL, 0)
		all = append(all, row.WorkerInfo)
	}
	return all, nil
}

// Unhandled are tasks that wait although no worker that lives can run them.
type Unhandled struct {
	Queue   string
	Kind    string
	Version uint16 // of the payload
	Tasks   int    // that were seen
	Workers int    // that serve the queue, and do not know the kind or its version
}

// String says it in a sentence.
func (u Unhandled) String() string {
	tasks, wait, whom := "tasks", "wait", fmt.Sprintf("none of the %d workers at the queue runs them", u.Workers)
	if u.Tasks == 1 {
		tasks, wait = "task", "waits"
	}
	if u.Workers == 0 {
		whom = "no worker serves the queue"
	}
	return fmt.Sprintf("%d %s of kind %s, version %d, %s in queue %s: %s", u.Tasks, tasks, u.Kind, max(u.Version, 1), wait, u.Queue, whom)
}

// Unhandled looks for tasks that no live worker can run: at the first 1,000 of each
// queue that are pending, scheduled or parked, and at the first 1,000 queues with
// such tasks. It is sorted by queue, kind and version.
func (c *Client) Unhandled(ctx context.Context) ([]Unhandled, error) {
	workers, err := c.Workers(ctx)
	if err != nil {
		return nil, err
	}
	queues, err := c.Queues(ctx)
	if err != nil {
		return nil, withCause(ctx, err)
	}
	var all []Unhandled
	looked := 0
	for _, q := range queues {
		if q.Pending+q.Scheduled+q.Parked == 0 {
			continue
		}
		if looked++; looked > broker.MaxPage {
			break
		}
		found, err := c.unhandled(ctx, &q, workers)
		if err != nil {
			return all, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// unhandled looks at one queue.
func (c *Client) unhandled(ctx context.Context, q *QueueInfo, workers []WorkerInfo) ([]Unhandled, error) {
	serving := slices.DeleteFunc(slices.Clone(workers), func(w WorkerInfo) bool { return !w.Serves(q.Queue) })
	type shape struct {
		kind    string
		version uint16
	}
	counts := make(map[shape]int)
	for state, n := range map[State]int64{Pending: q.Pending, Scheduled: q.Scheduled, Parked: q.Parked} {
		if n == 0 {
			continue
		}
		page, err := c.List(ctx, ListQuery{Queue: q.Queue, State: state, Limit: broker.MaxPage})
		if err != nil {
			return nil, err
		}
		for i := range page.Entries {
			m := page.Entries[i].Message
			counts[shape{m.Kind, max(m.Version, 1)}]++
		}
	}
	var all []Unhandled
	for s, n := range counts {
		if !slices.ContainsFunc(serving, func(w WorkerInfo) bool { return w.Runs(s.kind, s.version) }) {
			all = append(all, Unhandled{Queue: q.Queue, Kind: s.kind, Version: s.version, Tasks: n, Workers: len(serving)})
		}
	}
	slices.SortFunc(all, func(a, b Unhandled) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Version, b.Version))
	})
	return all, nil
}
