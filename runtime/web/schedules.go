package web

import (
	"net/http"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

type schedulesReply struct {
	Crons []cronView `json:"crons"` // of the workers of all processes, by name
	stamp
}

// A cronView is a cron, with times in its zone.
type cronView struct {
	Name   string      `json:"name"`
	Spec   string      `json:"spec"`
	Zone   string      `json:"zone"`
	Kind   string      `json:"kind"`   // of its tasks
	Queue  string      `json:"queue"`  // where they go
	Missed int         `json:"missed"` // how many ticks are made up for that no worker saw
	Last   *time.Time  `json:"last"`   // its last tick that became a task; null: none did
	Paused *time.Time  `json:"paused"` // since when; null: it is not
	Next   []time.Time `json:"next"`   // ticks, as if it were not paused
}

// nextTicks is how many of a cron are listed.
const nextTicks = 5

func (h *handler) schedules(r *http.Request) (any, error) {
	crons, err := h.client.Crons(r.Context())
	reply := schedulesReply{Crons: []cronView{}, stamp: now()}
	for i := range crons {
		reply.Crons = append(reply.Crons, viewCron(&crons[i]))
	}
	return reply, err
}

func viewCron(c *taskqueue.CronInfo) cronView {
	v := cronView{
		Name: c.Name, Spec: c.Spec, Zone: c.Zone, Kind: c.Kind, Queue: c.Queue, Missed: int(c.Missed),
		Paused: instant(c.Paused), Next: []time.Time{},
	}
	if v.Zone == "" {
		v.Zone = "UTC"
	}
	if !c.Last.IsZero() {
		v.Last = new(c.Last)
	}
	if next, err := c.Next(time.Now(), nextTicks); err == nil {
		v.Next = next
	}
	return v
}

type cronReply struct {
	cronView
	stamp
}

// changeCron does something to a cron and shows what came of it.
func (h *handler) changeCron(r *http.Request, change func(name string) error) (any, error) {
	name := r.PathValue("cron")
	if err := change(name); err != nil {
		return nil, err
	}
	crons, err := h.client.Crons(r.Context())
	for i := range crons {
		if crons[i].Name == name {
			return cronReply{viewCron(&crons[i]), now()}, nil
		}
	}
	return cronReply{cronView{Name: name, Next: []time.Time{}}, now()}, err
}

func (h *handler) pauseCron(r *http.Request) (any, error) {
	return h.changeCron(r, func(name string) error { return h.client.PauseCron(r.Context(), name) })
}

func (h *handler) resumeCron(r *http.Request) (any, error) {
	return h.changeCron(r, func(name string) error { return h.client.ResumeCron(r.Context(), name) })
}

type idReply struct {
	ID string `json:"id"` // of the task
	stamp
}

func (h *handler) runCron(r *http.Request) (any, error) {
	id, err := h.client.RunCron(r.Context(), r.PathValue("cron"))
	return idReply{id.String(), now()}, err
}
