package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// system adds what an operator asks for. The dashboard under /tasks/ has more.
func (a *api) system(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/system/status", a.status)
	mux.HandleFunc("GET /api/system/config", a.config)
	mux.HandleFunc("POST /api/system/workers/scale", a.scale)
	mux.HandleFunc("POST /api/system/shutdown", a.shutdown)
}

// status tells of the queues, and of the slots of this process.
func (a *api) status(w http.ResponseWriter, r *http.Request) {
	queues, err := a.queue.Queues(r.Context())
	if err != nil {
		refuse(w, err)
		return
	}
	counts := make([]map[string]any, len(queues))
	for i, q := range queues {
		counts[i] = map[string]any{
			"queue": q.Queue, "pending": q.Pending, "scheduled": q.Scheduled, "active": q.Active, "dead": q.Dead, "done": q.Done,
		}
	}
	reply := map[string]any{"queues": counts}
	if a.worker != nil {
		reply["active"], reply["slots"] = a.worker.Active(), a.worker.Stats().Slots
	}
	answer(w, http.StatusOK, reply)
}

// config tells what holds for the queues that this process knows.
func (a *api) config(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"queues": a.queue.QueueTable().ByPriority()})
}

// scale changes how many tasks this process runs at a time.
func (a *api) scale(w http.ResponseWriter, r *http.Request) {
	var request struct{ Slots int }
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		refuse(w, fmt.Errorf("%w: send {\"slots\": N}: %w", taskqueue.ErrInvalid, err))
		return
	}
	if a.worker == nil {
		refuse(w, fmt.Errorf("%w: this process has no worker", taskqueue.ErrState))
		return
	}
	if err := a.worker.Resize(request.Slots); err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"slots": request.Slots})
}

// shutdown lets the process drain and end, as SIGTERM does.
func (a *api) shutdown(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusAccepted, map[string]any{"message": "draining"})
	a.stop()
}
