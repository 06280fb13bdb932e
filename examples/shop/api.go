package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

const (
	maxBody  = 1 << 20 // bytes
	maxBatch = 1000    // tasks
)

// An api enqueues what is posted, and tells what became of it.
type api struct {
	queue  *taskqueue.Client
	worker *taskqueue.Worker // nil where this process has none
	stop   func()
}

func (a *api) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/tasks/{kind}", a.post)
	mux.HandleFunc("POST /api/batch", a.batch)
	mux.HandleFunc("GET /api/tasks/{id}", a.show)
	mux.HandleFunc("DELETE /api/tasks/{id}", a.cancel)
	a.system(mux)
	return onlyJSON(mux)
}

// onlyJSON refuses what a page of another site could send without being asked.
func onlyJSON(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if r.Method == http.MethodPost && kind != "application/json" {
			http.Error(w, "send application/json", http.StatusUnsupportedMediaType)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// post enqueues one task: POST /api/tasks/email?in=10m
func (a *api) post(w http.ResponseWriter, r *http.Request) {
	read, known := kinds[r.PathValue("kind")]
	if !known {
		refuse(w, fmt.Errorf("%w: no task is called %q", taskqueue.ErrNotFound, r.PathValue("kind")))
		return
	}
	options, err := options(r.URL.Query())
	if err != nil {
		refuse(w, err)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, err)
		return
	}
	task, err := read(body, options...)
	if err != nil {
		refuse(w, err)
		return
	}
	id, err := a.queue.Enqueue(r.Context(), task)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusAccepted, map[string]any{"id": id, "queue": task.Queue()})
}

// options are what a query may say: in=10m, at=2026-12-24T18:00:00Z, queue=…
func options(query url.Values) (all []taskqueue.Option, err error) {
	for key := range query {
		value := query.Get(key)
		switch key {
		case "in":
			var d time.Duration
			if d, err = time.ParseDuration(value); err == nil {
				all = append(all, taskqueue.In(d))
			}
		case "at":
			var t time.Time
			if t, err = time.Parse(time.RFC3339, value); err == nil {
				all = append(all, taskqueue.At(t))
			}
		case "queue":
			all = append(all, taskqueue.Queue(value))
		default:
			err = errors.New("there are in, at and queue")
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s=%s: %w", taskqueue.ErrInvalid, key, value, err)
		}
	}
	return all, nil
}

// batch enqueues tasks of any kinds together.
func (a *api) batch(w http.ResponseWriter, r *http.Request) {
	var request []struct {
		Kind string          `json:"kind"`
		Task json.RawMessage `json:"task"`
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		refuse(w, fmt.Errorf("%w: a batch is a list of {kind, task}: %w", taskqueue.ErrInvalid, err))
		return
	}
	if len(request) > maxBatch {
		refuse(w, fmt.Errorf("%w: %d tasks, at most %d", taskqueue.ErrTooLarge, len(request), maxBatch))
		return
	}
	jobs := make([]taskqueue.Job, len(request))
	for i, item := range request {
		read, known := kinds[item.Kind]
		if !known {
			refuse(w, fmt.Errorf("%w: item %d: no task is called %q", taskqueue.ErrNotFound, i, item.Kind))
			return
		}
		var err error
		if jobs[i], err = read(item.Task); err != nil {
			refuse(w, fmt.Errorf("item %d: %w", i, err))
			return
		}
	}
	ids, err := a.queue.EnqueueAll(r.Context(), jobs...)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusAccepted, map[string]any{"ids": ids})
}

// show tells where a task is, and its result once it is done.
func (a *api) show(w http.ResponseWriter, r *http.Request) {
	id, err := taskqueue.ParseID(r.PathValue("id"))
	if err != nil {
		refuse(w, err)
		return
	}
	entry, err := a.queue.Find(r.Context(), id)
	if err != nil {
		refuse(w, err)
		return
	}
	reply := map[string]any{"id": id, "queue": entry.Queue, "state": entry.State.String()}
	if entry.Reason != "" {
		reply["reason"] = entry.Reason
	}
	if len(entry.Progress) > 0 {
		reply["progress"] = string(entry.Progress)
	}
	if len(entry.Result) > 0 {
		if reply["result"], err = jsonOf(entry.Result); err != nil {
			refuse(w, err)
			return
		}
	}
	answer(w, http.StatusOK, reply)
}

// cancel ends a task wherever it is.
func (a *api) cancel(w http.ResponseWriter, r *http.Request) {
	id, err := taskqueue.ParseID(r.PathValue("id"))
	if err == nil {
		err = a.queue.Cancel(r.Context(), id, "cancelled by a customer")
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// jsonOf shows a MessagePack value as JSON.
func jsonOf(result []byte) (json.RawMessage, error) {
	var text bytes.Buffer
	_, err := msgp.UnmarshalAsJSON(&text, result)
	return text.Bytes(), err
}

// statuses say what an error means to whoever asked.
var statuses = []struct {
	err    error
	status int
}{
	{taskqueue.ErrNotFound, http.StatusNotFound},
	{taskqueue.ErrDuplicate, http.StatusConflict},
	{taskqueue.ErrState, http.StatusConflict},
	{taskqueue.ErrTooLarge, http.StatusRequestEntityTooLarge},
	{taskqueue.ErrInvalid, http.StatusBadRequest},
	{taskqueue.ErrFull, http.StatusTooManyRequests},
	{taskqueue.ErrUnavailable, http.StatusServiceUnavailable},
	{taskqueue.ErrUnknown, http.StatusGatewayTimeout},
}

func refuse(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			status = s.status
			break
		}
	}
	reply := map[string]any{"error": err.Error()}
	if duplicate, ok := errors.AsType[*taskqueue.DuplicateError](err); ok {
		reply["existing"] = duplicate.Existing
	}
	answer(w, status, reply)
}

func answer(w http.ResponseWriter, status int, reply any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(reply) //nolint:errchkjson // whoever asked may be gone
}
