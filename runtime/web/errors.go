package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

type errorsReply struct {
	Groups []errorGroup  `json:"groups"` // of all queues, the largest first, at most 500
	Queues []errorsQueue `json:"queues"` // those with dead letters
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

const groupsPeriod = 10 * time.Second // between two looks at a queue whose letters change

// of returns the groups of a queue.
func (g *groups) of(ctx context.Context, client *taskqueue.Client, q *taskqueue.QueueInfo) (knownGroups, error) {
	g.mu.Lock()
	known, there := g.known[q.Queue]
	g.mu.Unlock()
	age := time.Since(known.at)
	if there && (known.dead == q.Dead && known.died == q.Died && age < time.Minute || age < groupsPeriod && known.dead <= q.Dead) {
		return known, nil
	}
	found, seen, _, err := client.DeadGroups(ctx, q.Queue)
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
	for i := range queues {
		q := &queues[i]
		if q.Dead == 0 {
			continue
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
