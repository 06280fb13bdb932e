package taskqueue

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"
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
