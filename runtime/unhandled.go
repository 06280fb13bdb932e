package taskqueue

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Unhandled are tasks that wait although no worker that lives can run them.
type Unhandled struct {
	Queue   string
	Kind    string
	Version uint16 // of the payload
	Tasks   int    // that were seen
	Exact   bool   // false: at least so many, as not all of the queue were looked at
	Workers int    // that serve the queue, and do not know the kind or its version
}

// String says it in a sentence.
func (u Unhandled) String() string {
	least, tasks, wait, whom := "", "tasks", "wait", fmt.Sprintf("none of the %d workers at the queue runs them", u.Workers)
	if !u.Exact {
		least = "at least "
	}
	if u.Tasks == 1 {
		tasks, wait = "task", "waits"
	}
	if u.Workers == 0 {
		whom = "no worker serves the queue"
	}
	return fmt.Sprintf("%s%d %s of kind %s, version %d, %s in queue %s: %s", least, u.Tasks, tasks, u.Kind, max(u.Version, 1), wait, u.Queue, whom)
}

// What one look for tasks that nobody runs costs at most.
const (
	unhandledTasks = 200 // of a queue in a state
	unhandledLists = 100 // of queues in states
)

// Unhandled looks for tasks that no live worker can run, at the first 200 of a queue
// in a state, in 100 of those at most: at what is parked first, then at what is pending
// where no worker is, as workers park what they do not know, then at what is scheduled.
// It is sorted by queue, kind and version.
func (c *Client) Unhandled(ctx context.Context) ([]Unhandled, error) {
	workers, err := c.Workers(ctx)
	if err != nil {
		return nil, err
	}
	queues, err := c.Queues(ctx)
	if err != nil {
		return nil, withCause(ctx, err)
	}
	counts := make(map[string]*census)
	for i, q := range suspects(queues, workers) {
		if i == unhandledLists {
			break
		}
		if counts[q.Queue] == nil {
			counts[q.Queue] = &census{exact: true, counts: make(map[broker.Shape]int)}
		}
		if err := counts[q.Queue].add(ctx, c, q); err != nil {
			return nil, err
		}
	}
	var all []Unhandled
	for _, queue := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, counts[queue].unhandled(queue, workers)...)
	}
	return all, nil
}

// suspects are the lists in which there may be such tasks, the likeliest first.
func suspects(queues []QueueInfo, workers []WorkerInfo) (all []ListQuery) {
	var alone, scheduled []ListQuery
	for i := range queues {
		q := &queues[i]
		if q.Parked > 0 {
			all = append(all, ListQuery{Queue: q.Queue, State: Parked})
		}
		served := slices.ContainsFunc(workers, func(w WorkerInfo) bool { return w.Serves(q.Queue) })
		if q.Pending > 0 && (q.Sessions == 0 || !served) {
			alone = append(alone, ListQuery{Queue: q.Queue, State: Pending})
		}
		if q.Scheduled > 0 {
			scheduled = append(scheduled, ListQuery{Queue: q.Queue, State: Scheduled})
		}
	}
	return append(append(all, alone...), scheduled...)
}

// A census counts the tasks of a queue by their shapes.
type census struct {
	exact  bool
	counts map[broker.Shape]int
}

// add counts the first tasks of a list.
func (s *census) add(ctx context.Context, c *Client, q ListQuery) error {
	q.Limit = unhandledTasks
	page, err := c.List(ctx, q)
	if err != nil {
		return err
	}
	s.exact = s.exact && page.Next == ""
	for i := range page.Entries {
		if m := page.Entries[i].Message; m != nil {
			s.counts[broker.Shape{Kind: m.Kind, Version: max(m.Version, 1)}]++
		}
	}
	return nil
}

// unhandled are the counts of what no worker of the queue runs.
func (s *census) unhandled(queue string, workers []WorkerInfo) (all []Unhandled) {
	serving := slices.DeleteFunc(slices.Clone(workers), func(w WorkerInfo) bool { return !w.Serves(queue) })
	for _, shape := range slices.SortedFunc(maps.Keys(s.counts), broker.Shape.Compare) {
		if !slices.ContainsFunc(serving, func(w WorkerInfo) bool { return w.Runs(shape.Kind, shape.Version) }) {
			all = append(all, Unhandled{queue, shape.Kind, shape.Version, s.counts[shape], s.exact, len(serving)})
		}
	}
	return all
}
