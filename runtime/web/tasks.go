package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A taskView is what the store knows of a task.
type taskView struct {
	ID            string          `json:"id"`
	Queue         string          `json:"queue"`
	State         string          `json:"state"` // pending, scheduled, active, done, dead or discarded
	CreatedAt     time.Time       `json:"created_at"`
	Kind          *string         `json:"kind"`     // null, like all up to failures, where only the outcome is left
	Version       *int            `json:"version"`  // of the payload's shape
	Priority      *int            `json:"priority"` // -1 low, 0 normal, 1 high, 2 critical
	Attempts      *int            `json:"attempts"` // runs that failed
	MaxAttempts   *int            `json:"max_attempts"`
	Lost          *int            `json:"lost"`       // runs in a row whose worker vanished
	ReadyAt       *time.Time      `json:"ready_at"`   // since when it could have run, or its due time
	TimeoutMS     *int64          `json:"timeout_ms"` // of one run; 0: none
	RetentionMS   *int64          `json:"retention_ms"`
	PayloadBytes  *int            `json:"payload_bytes"`
	Headers       []headerView    `json:"headers"`
	Failures      []failureView   `json:"failures"`       // the oldest first, the newest 10
	Reason        *string         `json:"reason"`         // why it is dead or discarded
	EndedAt       *time.Time      `json:"ended_at"`       // when it was done, died or was discarded
	ResultBytes   int             `json:"result_bytes"`   // of what it left
	ProgressBytes int             `json:"progress_bytes"` // of the last that its run told
	Payload       json.RawMessage `json:"payload"`        // any value; null where payloads are hidden, like result and progress
	Result        json.RawMessage `json:"result"`
	Progress      json.RawMessage `json:"progress"`
}

type headerView struct {
	Key   string  `json:"key"`
	Value *string `json:"value"` // null where payloads are hidden
}

type failureView struct {
	At      time.Time `json:"at"`
	Attempt int       `json:"attempt"`
	Reason  string    `json:"reason"`
}

func (h *handler) viewTask(e *taskqueue.Entry) taskView {
	v := taskView{
		ID: e.ID.String(), Queue: e.Queue, State: e.State.String(), CreatedAt: e.ID.Time().UTC(),
		Headers: []headerView{}, Failures: []failureView{},
		ResultBytes: len(e.Result), ProgressBytes: len(e.Progress),
		Result: h.content(e.Result), Progress: h.content(e.Progress),
	}
	if e.State == taskqueue.StateDone || e.State == taskqueue.StateDead || e.State == taskqueue.StateDiscarded {
		v.EndedAt = instant(e.At)
	}
	if e.Reason != "" {
		v.Reason = &e.Reason
	}
	if e.Message != nil {
		h.viewMessage(&v, e.Message)
	}
	return v
}

func (h *handler) viewMessage(v *taskView, m *broker.Message) {
	v.Kind, v.Version, v.Priority = &m.Kind, new(int(m.Version)), new(int(m.Priority))
	v.Attempts, v.MaxAttempts, v.Lost = new(int(m.Attempts)), new(int(m.Max)), new(int(m.Lost))
	v.ReadyAt = instant(m.Ready)
	v.TimeoutMS, v.RetentionMS = new(m.Timeout.Milliseconds()), new(m.Retention.Milliseconds())
	v.PayloadBytes, v.Payload = new(len(m.Payload)), h.content(m.Payload)
	for _, header := range m.Headers {
		hv := headerView{Key: header.Key}
		if h.ShowPayloads {
			hv.Value = &header.Value
		}
		v.Headers = append(v.Headers, hv)
	}
	for _, f := range m.Failures {
		v.Failures = append(v.Failures, failureView{f.At.UTC(), int(f.Attempt), f.Reason})
	}
}

// maxContent is how much is decoded for a look.
const maxContent = 64 << 10

// content is encoded data as JSON: the fields of a task in their order. What is not
// MessagePack is a string of Base64.
func (h *handler) content(data []byte) json.RawMessage {
	if !h.ShowPayloads || len(data) == 0 {
		return nil
	}
	if rest, err := msgp.Skip(data); err == nil && len(rest) == 0 && len(data) <= maxContent { // one value, and all of it
		var b bytes.Buffer
		if _, err := msgp.UnmarshalAsJSON(&b, data); err == nil && json.Valid(b.Bytes()) {
			return b.Bytes()
		}
	}
	return json.RawMessage(`"` + base64.StdEncoding.EncodeToString(data[:min(len(data), maxContent)]) + `"`)
}

type tasksReply struct {
	Tasks []taskView `json:"tasks"` // with a filter, up to 499 more than the limit
	Next  string     `json:"next"`  // the cursor of the next page; empty: this is the last
	Seen  int        `json:"seen"`  // how many were looked at for this page; with a filter at most 10,000
	stamp
}

type taskReply struct {
	taskView
	stamp
}

type doneReply struct {
	Done bool `json:"done"`
	stamp
}

type cancelBody struct {
	Reason string `json:"reason,omitempty"`
}

type rescheduleBody struct {
	AfterSeconds float64 `json:"after_seconds"` // from now, by the store's clock
}

func (h *handler) listTasks(r *http.Request) (any, error) {
	name, nameErr := queueOf(r)
	state, stateErr := stateOf(r.URL.Query().Get("state"))
	limit, limitErr := limitOf(r)
	if err := first(nameErr, stateErr, limitErr); err != nil {
		return nil, err
	}
	query := taskqueue.ListQuery{Queue: name, State: state, Limit: limit, Cursor: r.URL.Query().Get("cursor")}
	return h.pageOf(r.Context(), query, strings.ToLower(r.URL.Query().Get("filter")))
}

// filterLimit is how many tasks a filter looks at for one page.
const filterLimit = 10_000

// pageOf is a page of the tasks that pass a filter.
func (h *handler) pageOf(ctx context.Context, query taskqueue.ListQuery, filter string) (any, error) {
	reply := tasksReply{Tasks: []taskView{}, stamp: now()}
	limit := query.Limit
	if filter != "" {
		query.Limit = maxPage
	}
	for {
		page, err := h.client.List(ctx, query)
		if err != nil {
			return nil, err
		}
		reply.Seen += len(page.Entries)
		for i := range page.Entries {
			if e := &page.Entries[i]; passes(e, filter) {
				reply.Tasks = append(reply.Tasks, h.viewTask(e))
			}
		}
		reply.Next, query.Cursor = page.Next, page.Next
		if filter == "" || page.Next == "" || len(reply.Tasks) >= limit || reply.Seen >= filterLimit {
			return reply, nil
		}
	}
}

// passes reports whether the kind of a task, or why it failed last, contains the
// filter, which is in lower case.
func passes(e *taskqueue.Entry, filter string) bool {
	if filter == "" {
		return true
	}
	texts := []string{e.Reason}
	if m := e.Message; m != nil {
		texts = append(texts, m.Kind)
		if n := len(m.Failures); n > 0 {
			texts = append(texts, m.Failures[n-1].Reason)
		}
	}
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), filter) })
}

func (h *handler) showTask(r *http.Request) (any, error) {
	id, err := taskOf(r)
	if err != nil {
		return nil, err
	}
	e, err := h.client.Find(r.Context(), id)
	return taskReply{h.viewTask(&e), now()}, err
}

// changeTask does something to the task that a path names.
func changeTask(r *http.Request, change func(id taskqueue.ID) error) (any, error) {
	id, err := taskOf(r)
	if err == nil {
		err = change(id)
	}
	return doneReply{true, now()}, err
}

func (h *handler) cancelTask(r *http.Request) (any, error) {
	body, err := read[cancelBody](r)
	if err != nil {
		return nil, err
	}
	if body.Reason == "" {
		body.Reason = "cancelled by an operator"
	}
	return changeTask(r, func(id taskqueue.ID) error { return h.client.Cancel(r.Context(), id, body.Reason) })
}

func (h *handler) requeueTask(r *http.Request) (any, error) {
	return changeTask(r, func(id taskqueue.ID) error { return h.client.Requeue(r.Context(), id) })
}

func (h *handler) deleteTask(r *http.Request) (any, error) {
	return changeTask(r, func(id taskqueue.ID) error { return h.client.Delete(r.Context(), id) })
}

func (h *handler) rescheduleTask(r *http.Request) (any, error) {
	body, err := read[rescheduleBody](r)
	if err != nil {
		return nil, err
	}
	if !(body.AfterSeconds >= 0 && body.AfterSeconds <= broker.MaxDelay.Seconds()) {
		return nil, fmt.Errorf("%w: after_seconds %v is outside 0 to %v", taskqueue.ErrInvalid, body.AfterSeconds, broker.MaxDelay.Seconds())
	}
	after := time.Duration(body.AfterSeconds * float64(time.Second))
	return changeTask(r, func(id taskqueue.ID) error { return h.client.Reschedule(r.Context(), id, after) })
}
