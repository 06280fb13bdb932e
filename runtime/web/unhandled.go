package web

import (
	"context"
	"slices"
	"sync"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// unhandledPeriod is between two looks at the tasks.
const unhandledPeriod = 5 * time.Second

// An unhandledView are tasks that wait and that no living worker of their queue can run.
type unhandledView struct {
	Queue   string `json:"queue"`
	Kind    string `json:"kind"`
	Version int    `json:"version"` // of the payload's shape
	Tasks   int    `json:"tasks"`   // pending, scheduled and parked
	Exact   bool   `json:"exact"`   // false: at least so many, as the first 200 of a queue and state are looked at
}

// unhandled remembers the last look at tasks that nobody runs.
type unhandled struct {
	mu   sync.Mutex
	at   time.Time
	list []unhandledView
}

// of is what the client finds, see [taskqueue.Client.Unhandled], without what a worker
// of this process runs that has not told yet.
func (u *unhandled) of(ctx context.Context, client *taskqueue.Client, v *look) ([]unhandledView, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.list != nil && time.Since(u.at) < unhandledPeriod {
		return u.list, nil
	}
	found, err := client.Unhandled(ctx)
	if err != nil {
		return nil, err
	}
	list := []unhandledView{}
	for _, n := range found {
		if !v.begins(n.Kind) {
			list = append(list, unhandledView{n.Queue, n.Kind, int(n.Version), n.Tasks, n.Exact})
		}
	}
	u.list, u.at = list, time.Now()
	return list, nil
}

// begins reports whether a worker of this process runs a kind and has not told the
// others yet: which versions and which queues is not known here.
func (v *look) begins(kind string) bool {
	return slices.ContainsFunc(v.announced, func(w taskqueue.WorkerInfo) bool {
		return len(w.Queues) == 0 && slices.ContainsFunc(w.Kinds, func(k taskqueue.WorkerKind) bool { return k.Name == kind })
	})
}
