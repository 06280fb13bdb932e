package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

type errorsReply struct {
	Groups []errorGroup  `json:"groups"` // of all queues, the largest first, at most 500
	Queues []errorsQueue `json:"queues"` // those with dead letters, at most 50: the ones that have the most
	stamp
}

// An errorGroup is what dead letters of a queue have in common.
type errorGroup struct {
	Queue string `json:"queue"`
	groupView
}

type errorsQueue struct {
	Queue string `json:"queue"`
	Dead  int64  `json:"dead"`
	Seen  int    `json:"seen"` // how many of them the groups are about: the newest
}

// groups are kept as long as nothing died or was taken away, and for a while at most:
// many dashboards ask, and few dead letters change.
type groups struct {
	mu    sync.Mutex
	known map[string]knownGroups // by queue
}

type knownGroups struct {
	dead, died int64
	at         time.Time
	groups     []taskqueue.DeadGroup
	seen       int
}

const (
	groupsPeriod = 10 * time.Second // between two looks at a queue whose letters change
	newestDead   = 4000             // of each queue that are looked at
	deadQueues   = 50               // that are looked at
)

// newest groups the newest dead letters of a queue, the largest group first.
func newest(ctx context.Context, client *taskqueue.Client, queue string) (found []taskqueue.DeadGroup, seen int, err error) {
	place := make(map[[2]string]int)
	query := taskqueue.ListQuery{Queue: queue, State: taskqueue.StateDead, Limit: broker.MaxPage}
	for seen < newestDead {
		page, err := client.List(ctx, query)
		if err != nil {
			return nil, seen, err
		}
		for i := range page.Entries {
			e := &page.Entries[i]
			key := [2]string{kindOf(e), taskqueue.Fingerprint(e.Reason)}
			at, known := place[key]
			if !known {
				at = len(found)
				place[key] = at
				found = append(found, taskqueue.DeadGroup{Kind: key[0], Fingerprint: key[1], Last: e.At, Latest: *e})
			}
			found[at].Count++
			found[at].First = e.At
		}
		seen += len(page.Entries)
		if query.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	slices.SortStableFunc(found, func(a, b taskqueue.DeadGroup) int { return cmp.Compare(b.Count, a.Count) })
	return found, seen, nil
}

// of returns the groups of a queue.
func (g *groups) of(ctx context.Context, client *taskqueue.Client, q *taskqueue.QueueInfo) (knownGroups, error) {
	g.mu.Lock()
	known, there := g.known[q.Queue]
	g.mu.Unlock()
	age := time.Since(known.at)
	if there && (known.dead == q.Dead && known.died == q.Died && age < time.Minute || age < groupsPeriod && known.dead <= q.Dead) {
		return known, nil
	}
	found, seen, err := newest(ctx, client, q.Queue)
	if err != nil {
		return known, err
	}
	known = knownGroups{q.Dead, q.Died, time.Now(), found, seen}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil {
		g.known = make(map[string]knownGroups)
	}
	g.known[q.Queue] = known
	return known, nil
}

func (h *handler) errors(r *http.Request) (any, error) {
	queues, err := h.client.Queues(r.Context())
	if err != nil {
		return nil, err
	}
	reply := errorsReply{Groups: []errorGroup{}, Queues: []errorsQueue{}, stamp: now()}
	slices.SortStableFunc(queues, func(a, b taskqueue.QueueInfo) int { return cmp.Compare(b.Dead, a.Dead) })
	for i := range queues[:min(len(queues), deadQueues)] {
		q := &queues[i]
		if q.Dead == 0 {
			break
		}
		known, err := h.groups.of(r.Context(), h.client, q)
		if err != nil {
			return nil, err
		}
		reply.Queues = append(reply.Queues, errorsQueue{q.Queue, q.Dead, known.seen})
		for _, view := range h.viewGroups(r.Context(), known.groups) {
			reply.Groups = append(reply.Groups, errorGroup{q.Queue, view})
		}
	}
	slices.SortStableFunc(reply.Groups, func(a, b errorGroup) int { return cmp.Compare(b.Count, a.Count) })
	reply.Groups = reply.Groups[:min(len(reply.Groups), maxPage)]
	return reply, nil
}
