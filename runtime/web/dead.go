package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

type groupsReply struct {
	Groups []groupView `json:"groups"` // the largest first
	Seen   int         `json:"seen"`   // how many dead letters were looked at
	All    bool        `json:"all"`    // whether those were all
	stamp
}

// A groupView is what dead letters have in common.
type groupView struct {
	Kind        string    `json:"kind"`
	Fingerprint string    `json:"fingerprint"` // the reason without what differs from task to task
	Count       int       `json:"count"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
	Latest      taskView  `json:"latest"`
}

type requeueBody struct {
	Kind        string  `json:"kind,omitempty"`        // empty: of any kind
	Fingerprint *string `json:"fingerprint,omitempty"` // absent: for any reason
	DryRun      bool    `json:"dry_run,omitempty"`     // only count
}

func (b *requeueBody) matches(kind, fingerprint string) bool {
	return (b.Kind == "" || b.Kind == kind) && (b.Fingerprint == nil || *b.Fingerprint == fingerprint)
}

func (h *handler) deadGroups(r *http.Request) (any, error) {
	name, err := queueOf(r)
	if err != nil {
		return nil, err
	}
	groups, seen, all, err := h.client.DeadGroups(r.Context(), name)
	return groupsReply{Groups: h.viewGroups(r.Context(), groups), Seen: seen, All: all, stamp: now()}, err
}

// viewGroups are the largest groups.
func (h *handler) viewGroups(ctx context.Context, groups []taskqueue.DeadGroup) []groupView {
	groups = groups[:min(len(groups), maxPage)]
	latest := make([]taskqueue.Entry, 0, len(groups))
	for i := range groups {
		latest = append(latest, groups[i].Latest)
	}
	views := []groupView{}
	for i, task := range h.viewTasks(ctx, latest, maxListed) {
		g := &groups[i]
		views = append(views, groupView{g.Kind, g.Fingerprint, g.Count, g.First.UTC(), g.Last.UTC(), task})
	}
	return views
}

func (h *handler) requeueDead(r *http.Request) (any, error) {
	name, nameErr := queueOf(r)
	body, err := read[requeueBody](r)
	if nameErr != nil || err != nil {
		return nil, first(nameErr, err)
	}
	remarkTexts(r.Context(), "kind", body.Kind)
	if body.Fingerprint != nil {
		remark(r.Context(), slog.String("fingerprint", *body.Fingerprint))
	}
	remark(r.Context(), slog.Bool("dry_run", body.DryRun))
	if body.DryRun {
		return h.countDead(r, name, &body)
	}
	n, err := h.client.RequeueDead(r.Context(), name, func(e taskqueue.Entry) bool {
		return e.Message != nil && body.matches(e.Message.Kind, taskqueue.Fingerprint(e.Reason))
	})
	remark(r.Context(), slog.Int("changed", n))
	if err != nil {
		return nil, &partial{changed: n, err: err}
	}
	return countReply{int64(n), true, true, now()}, nil
}

func (h *handler) countDead(r *http.Request, queue string, body *requeueBody) (any, error) {
	groups, _, all, err := h.client.DeadGroups(r.Context(), queue)
	n := 0
	for i := range groups {
		if body.matches(groups[i].Kind, groups[i].Fingerprint) {
			n += groups[i].Count
		}
	}
	return countReply{int64(n), all, false, now()}, err
}
