package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"

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
	receipts, err := h.client.Edit(ctx, edits...)
	return countReply{int64(len(edits) - len(receipts)), true, true, now()}, err
}

// maxBulk is how many tasks one request changes. They are collected first: a list
// that is changed while it is read leaves some out.
const maxBulk = 100_000

// bulkMatching changes all that pass.
func (h *handler) bulkMatching(ctx context.Context, queue string, f *filter, edit broker.Edit) (any, error) {
	var edits []broker.Edit
	all, err := h.eachMatching(ctx, queue, f, func(found []taskqueue.Entry, _ int) bool {
		for i := range found {
			edit.Ref = found[i].Ref
			edits = append(edits, edit)
		}
		return len(edits) < maxBulk
	})
	if err != nil {
		return nil, err
	}
	n := 0
	for part := range slices.Chunk(edits, broker.MaxEdits) {
		receipts, err := h.client.Edit(ctx, part...)
		if err != nil {
			return nil, err
		}
		n += len(part) - len(receipts)
	}
	return countReply{int64(n), all, true, now()}, nil
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
