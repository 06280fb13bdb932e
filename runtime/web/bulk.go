package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A bulkBody says which tasks of a queue a change is about: those with the ids, or
// those in the state that pass the filters.
type bulkBody struct {
	IDs    []string `json:"ids,omitempty"`    // at most 500; the filters are not looked at
	State  string   `json:"state,omitempty"`  // pending, scheduled, parked or dead
	Filter string   `json:"filter,omitempty"` // in the kind or the last failure
	Kind   string   `json:"kind,omitempty"`
	Error  string   `json:"error,omitempty"` // in the last failure
	Since  string   `json:"since,omitempty"` // an instant, or how long ago
	Until  string   `json:"until,omitempty"`
	Reason string   `json:"reason,omitempty"` // of a cancellation
	DryRun bool     `json:"dry_run,omitempty"`
}

func (h *handler) cancelTasks(r *http.Request) (any, error)  { return h.bulk(r, broker.Cancel) }
func (h *handler) deleteTasks(r *http.Request) (any, error)  { return h.bulk(r, broker.Delete) }
func (h *handler) requeueTasks(r *http.Request) (any, error) { return h.bulk(r, broker.Requeue) }

// bulk changes many tasks of a queue, or counts them.
func (h *handler) bulk(r *http.Request, action broker.Action) (any, error) {
	queue, nameErr := queueOf(r)
	body, err := read[bulkBody](r)
	if nameErr != nil || err != nil {
		return nil, first(nameErr, err)
	}
	remarkBody(r.Context(), &body)
	edit := broker.Edit{Action: action}
	if action == broker.Cancel {
		edit.Reason = body.Reason
		if edit.Reason == "" {
			edit.Reason = "cancelled by an operator"
		}
	}
	if len(body.IDs) > 0 {
		return h.bulkOf(r.Context(), queue, &body, edit)
	}
	f, err := readFilter(body.State, body.Filter, body.Kind, body.Error, body.Since, body.Until)
	if err != nil {
		return nil, err
	}
	if body.DryRun {
		return h.countMatching(r.Context(), queue, &f)
	}
	return h.bulkMatching(r.Context(), queue, &f, edit)
}

// bulkOf changes the tasks that are named.
func (h *handler) bulkOf(ctx context.Context, queue string, body *bulkBody, edit broker.Edit) (any, error) {
	if len(body.IDs) > maxPage {
		return nil, fmt.Errorf("%w: %d ids, at most %d are allowed", taskqueue.ErrInvalid, len(body.IDs), maxPage)
	}
	var edits []broker.Edit
	for _, text := range body.IDs {
		id, err := taskqueue.ParseID(text)
		if err != nil {
			return nil, err
		}
		edit.Ref = broker.Ref{Queue: queue, ID: id}
		edits = append(edits, edit)
	}
	if body.DryRun {
		return countReply{int64(len(edits)), true, false, now()}, nil
	}
	n, err := h.edit(ctx, edits)
	return countReply{int64(n), true, true, now()}, err
}

// One request changes at most maxBulk tasks. They are collected first, as a list that
// is changed while it is read leaves some out; that has half of the time.
const (
	maxBulk     = 100_000
	collectTime = changeTimeout / 2
)

// bulkMatching changes all that pass.
func (h *handler) bulkMatching(ctx context.Context, queue string, f *filter, edit broker.Edit) (any, error) {
	var edits []broker.Edit
	start := time.Now()
	all, err := h.eachMatching(ctx, queue, f, func(found []taskqueue.Entry, _ int) bool {
		for i := range found {
			edit.Ref = found[i].Ref
			edits = append(edits, edit)
		}
		return len(edits) < maxBulk && time.Since(start) < collectTime
	})
	if err != nil {
		return nil, err
	}
	n, err := h.edit(ctx, edits)
	return countReply{int64(n), all, true, now()}, err
}

// edit changes tasks part by part and returns how many were changed. The error is a
// partial one: what a part in vain has done is not known, and not counted.
func (h *handler) edit(ctx context.Context, edits []broker.Edit) (n int, err error) {
	defer func() { remark(ctx, slog.Int("meant", len(edits)), slog.Int("changed", n)) }()
	for part := range slices.Chunk(edits, broker.MaxEdits) {
		receipts, err := h.client.Edit(ctx, part...)
		if err != nil {
			return n, &partial{n, len(edits), err}
		}
		n += len(part) - len(receipts)
	}
	return n, nil
}

// countMatching counts those that pass among the first ones.
func (h *handler) countMatching(ctx context.Context, queue string, f *filter) (any, error) {
	n := 0
	all, err := h.eachMatching(ctx, queue, f, func(found []taskqueue.Entry, seen int) bool {
		n += len(found)
		return seen < filterLimit
	})
	return countReply{int64(n), all, false, now()}, err
}

// eachMatching passes on the tasks that pass, page by page, with how many were looked
// at, until do has enough. all is whether it has looked at all.
func (h *handler) eachMatching(ctx context.Context, queue string, f *filter, do func(found []taskqueue.Entry, seen int) bool) (all bool, err error) {
	query := taskqueue.ListQuery{Queue: queue, State: f.state, Limit: broker.MaxPage}
	for seen := 0; ; {
		page, err := h.client.List(ctx, query)
		if err != nil {
			return false, err
		}
		seen += len(page.Entries)
		found := slices.DeleteFunc(page.Entries, func(e taskqueue.Entry) bool { return !f.passes(&e) })
		more := do(found, seen)
		if query.Cursor = page.Next; page.Next == "" || !more {
			return page.Next == "", nil
		}
	}
}
