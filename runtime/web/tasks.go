package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A taskView is what the store knows of a task.
type taskView struct {
	ID            string          `json:"id"`
	Queue         string          `json:"queue"`
	State         string          `json:"state"` // pending, scheduled, active, done, dead or discarded
	CreatedAt     time.Time       `json:"created_at"`
	Kind          *string         `json:"kind"`     // null where only the outcome is left of a task that was discarded
	Version       *int            `json:"version"`  // of the payload's shape
	Priority      *int            `json:"priority"` // -1 low, 0 normal, 1 high, 2 critical; null, like all up to failures, where only the outcome is left
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

// viewTask is a task with what may be shown of its content, if that is not more than
// limit.
func (h *handler) viewTask(e *taskqueue.Entry, known map[string]*kindSchema, limit int) taskView {
	v := taskView{
		ID: e.ID.String(), Queue: e.Queue, State: e.State.String(), CreatedAt: e.ID.Time().UTC(),
		Headers: []headerView{}, Failures: []failureView{},
		ResultBytes: len(e.Result), ProgressBytes: len(e.Progress),
		Progress: h.content(nil, e.Progress, limit),
	}
	if s := e.Shape; s.Kind != "" {
		v.Kind, v.Version = &s.Kind, new(int(s.Version))
		schema := known[s.Kind]
		v.Result = h.content(&piece{schema, schema.result(int(s.Version))}, e.Result, limit)
	} else {
		v.Result = h.content(nil, e.Result, limit)
	}
	if e.State == taskqueue.StateDone || e.State == taskqueue.StateDead || e.State == taskqueue.StateDiscarded {
		v.EndedAt = instant(e.At)
	}
	if e.Reason != "" {
		v.Reason = &e.Reason
	}
	if m := e.Message; m != nil {
		h.viewMessage(&v, m, known[m.Kind], limit)
	}
	return v
}

func (h *handler) viewMessage(v *taskView, m *broker.Message, schema *kindSchema, limit int) {
	v.Kind, v.Version, v.Priority = &m.Kind, new(int(m.Version)), new(int(m.Priority))
	v.Attempts, v.MaxAttempts, v.Lost = new(int(m.Attempts)), new(int(m.Max)), new(int(m.Lost))
	v.ReadyAt = instant(m.Ready)
	v.TimeoutMS, v.RetentionMS = new(m.Timeout.Milliseconds()), new(m.Retention.Milliseconds())
	v.PayloadBytes = new(len(m.Payload))
	v.Payload = h.content(&piece{schema, schema.payload(int(m.Version))}, m.Payload, limit)
	for _, header := range m.Headers {
		hv := headerView{Key: header.Key}
		if h.ShowRaw || harmless(header.Key) {
			hv.Value = &header.Value
		}
		v.Headers = append(v.Headers, hv)
	}
	for _, f := range m.Failures {
		v.Failures = append(v.Failures, failureView{f.At.UTC(), int(f.Attempt), f.Reason})
	}
}

// harmless are the headers that the runtime itself sets.
func harmless(key string) bool {
	return slices.Contains([]string{taskqueue.CronName, taskqueue.CronTick, "traceparent"}, key)
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

func (h *handler) showTask(r *http.Request) (any, error) {
	id, err := taskOf(r)
	if err != nil {
		return nil, err
	}
	e, err := h.client.Find(r.Context(), id)
	return taskReply{h.viewTasks(r.Context(), []taskqueue.Entry{e}, maxContent)[0], now()}, err
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
