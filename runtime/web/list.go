package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

type tasksReply struct {
	Tasks []taskView `json:"tasks"` // with a filter, up to 499 more than the limit
	Next  string     `json:"next"`  // the cursor of the next page; empty: this is the last
	Seen  int        `json:"seen"`  // how many were looked at for this page; with a filter at most 10,000
	stamp
}

// A filter says which tasks of a queue in one state are meant.
type filter struct {
	state        taskqueue.State
	text         string // in the kind or the last failure, in lower case
	kind, error  string // the kind as it is; in the last failure, in lower case
	since, until time.Time
}

// filterLimit is how many tasks a filter looks at for one page.
const filterLimit = 10_000

// readFilter reads the values of a query or of a body.
func readFilter(state, text, kind, failure, since, until string) (f filter, err error) {
	f = filter{text: strings.ToLower(text), kind: kind, error: strings.ToLower(failure)}
	if f.state, err = stateOf(state); err != nil {
		return f, err
	}
	if f.since, err = timeOf("since", since); err != nil {
		return f, err
	}
	f.until, err = timeOf("until", until)
	return f, err
}

func filterOf(q url.Values) (filter, error) {
	return readFilter(q.Get("state"), q.Get("filter"), q.Get("kind"), q.Get("error"), q.Get("since"), q.Get("until"))
}

// timeOf reads an instant, or how long ago it was ("90m").
func timeOf(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		return time.Now().Add(-ago), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("%w: %s %q is neither a time like 2026-01-31T12:00:00Z nor a duration like 90m", taskqueue.ErrInvalid, name, text)
	}
	return at, nil
}

// all reports whether a filter lets everything pass.
func (f *filter) all() bool { return *f == filter{state: f.state} }

// passes reports whether a task is meant.
func (f *filter) passes(e *taskqueue.Entry) bool {
	if f.all() {
		return true
	}
	kind, failure, at := "", e.Reason, e.At
	if m := e.Message; m != nil {
		kind = m.Kind
		if n := len(m.Failures); failure == "" && n > 0 {
			failure = m.Failures[n-1].Reason
		}
		if at.IsZero() {
			at = m.Ready
		}
	}
	lower := strings.ToLower(failure)
	switch {
	case f.kind != "" && kind != f.kind, f.error != "" && !strings.Contains(lower, f.error):
		return false
	case !f.since.IsZero() && at.Before(f.since), !f.until.IsZero() && at.After(f.until):
		return false
	}
	return f.text == "" || strings.Contains(strings.ToLower(kind), f.text) || strings.Contains(lower, f.text)
}

func (h *handler) listTasks(r *http.Request) (any, error) {
	name, nameErr := queueOf(r)
	f, filterErr := filterOf(r.URL.Query())
	limit, limitErr := limitOf(r)
	if err := first(nameErr, filterErr, limitErr); err != nil {
		return nil, err
	}
	query := taskqueue.ListQuery{Queue: name, State: f.state, Limit: limit, Cursor: r.URL.Query().Get("cursor")}
	return h.pageOf(r.Context(), query, &f)
}

// pageOf is a page of the tasks that pass a filter.
func (h *handler) pageOf(ctx context.Context, query taskqueue.ListQuery, f *filter) (any, error) {
	reply := tasksReply{stamp: now()}
	limit := query.Limit
	if !f.all() {
		query.Limit = maxPage
	}
	var found []taskqueue.Entry
	for {
		page, err := h.client.List(ctx, query)
		if err != nil {
			return nil, err
		}
		reply.Seen += len(page.Entries)
		for i := range page.Entries {
			if f.passes(&page.Entries[i]) {
				found = append(found, page.Entries[i])
			}
		}
		reply.Next, query.Cursor = page.Next, page.Next
		if f.all() || page.Next == "" || len(found) >= limit || reply.Seen >= filterLimit {
			reply.Tasks = h.viewTasks(ctx, found, maxListed)
			return reply, nil
		}
	}
}
