package web

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A queueView is a queue as the store counts it, for all processes.
type queueView struct {
	Queue     string  `json:"queue"`
	Paused    bool    `json:"paused"`
	Closed    bool    `json:"closed"`     // a Drain refuses new tasks
	MaxTasks  int64   `json:"max_tasks"`  // pending and scheduled; 0: no limit
	MaxActive int64   `json:"max_active"` // at a time, in all processes; 0: no limit
	MaxRate   float64 `json:"max_rate"`   // that begin per second; 0: no limit
	Limits    int     `json:"limits"`     // kinds and groups with limits of their own
	Parked    int64   `json:"parked"`     // that wait for a worker that knows their kind
	Pending   int64   `json:"pending"`
	Scheduled int64   `json:"scheduled"` // retries that wait included
	Active    int64   `json:"active"`
	Dead      int64   `json:"dead"`
	Sessions  int64   `json:"sessions"` // workers at the queue, of all processes
	Enqueued  int64   `json:"enqueued"` // from here on: since the queue was first used
	Done      int64   `json:"done"`
	Retried   int64   `json:"retried"`
	Released  int64   `json:"released"` // given back without a failure
	Died      int64   `json:"died"`
	Discarded int64   `json:"discarded"`
	Lost      int64   `json:"lost"` // runs whose worker vanished
	Deleted   int64   `json:"deleted"`
	Rates     *rates  `json:"rates"` // null until the handler was asked twice
}

// rates are per second, over a window that ends now.
type rates struct {
	WindowSeconds float64 `json:"window_seconds"` // about a minute, less at first
	Enqueued      float64 `json:"enqueued_per_second"`
	Done          float64 `json:"done_per_second"`
	Failed        float64 `json:"failed_per_second"`
}

func viewQueue(q *taskqueue.QueueInfo, r *rates) queueView {
	return queueView{
		Queue: q.Queue, Paused: q.Settings.Paused, Closed: q.Settings.Closed, MaxTasks: q.Settings.MaxTasks,
		MaxActive: q.Settings.Concurrency, MaxRate: perSecond(q.Settings.Rate), Limits: len(q.Settings.Groups), Parked: q.Parked,
		Pending: q.Pending, Scheduled: q.Scheduled, Active: q.Active, Dead: q.Dead, Sessions: q.Sessions,
		Enqueued: q.Enqueued, Done: q.Done, Retried: q.Retried, Released: q.Released,
		Died: q.Died, Discarded: q.Discarded, Lost: q.Lost, Deleted: q.Deleted, Rates: r,
	}
}

type queuesReply struct {
	Queues []queueView `json:"queues"` // by name
	Next   string      `json:"next"`   // the cursor of the next page; empty: this is the last
	stamp
}

type queueReply struct {
	queueView
	KindLimits []kindLimitView `json:"kind_limits"` // of the kinds that have limits of their own
	NextReady  *time.Time      `json:"next_ready"`  // since when the task that is next could have run; null: none is pending
	stamp
}

type countReply struct {
	Count int64 `json:"count"`
	Exact bool  `json:"exact"` // false: at least so many, as not all were looked at
	Done  bool  `json:"done"`  // false: it was a dry run
	stamp
}

type limitBody struct {
	MaxTasks  *int64   `json:"max_tasks,omitempty"`
	MaxActive *int64   `json:"max_active,omitempty"`
	MaxRate   *float64 `json:"max_rate,omitempty"` // per second, 0.001 to 1,000,000
}

// perSecond is a rate as a number.
func perSecond(r taskqueue.Rate) float64 {
	if r.Period <= 0 {
		return 0
	}
	return float64(r.N) / r.Period.Seconds()
}

// rateOf is the rate of so many in a second: to the thousandth, whole numbers in a
// second if it can be.
func rateOf(perSecond float64) (r taskqueue.Rate, err error) {
	switch {
	case perSecond == 0:
		return r, nil
	case perSecond >= 1 && perSecond <= broker.MaxRate && perSecond == math.Trunc(perSecond):
		return taskqueue.Rate{N: int64(perSecond), Period: time.Second}, nil
	case perSecond > 1000 && perSecond <= broker.MaxRate:
		return taskqueue.Rate{N: int64(math.Round(perSecond)), Period: time.Second}, nil
	case perSecond >= 1 && perSecond <= 1000:
		return taskqueue.Rate{N: int64(math.Round(perSecond * 1000)), Period: 1000 * time.Second}, nil
	case perSecond >= 0.001 && perSecond < 1:
		return taskqueue.Rate{N: 1, Period: time.Duration(float64(time.Second) / perSecond)}, nil
	}
	return r, fmt.Errorf("%w: max_rate %v is outside 0.001 to %d", taskqueue.ErrInvalid, perSecond, broker.MaxRate)
}

type purgeBody struct {
	State  string `json:"state"`             // pending, scheduled, parked or dead
	DryRun bool   `json:"dry_run,omitempty"` // only count
}

func (h *handler) listQueues(r *http.Request) (any, error) {
	limit := maxPage
	if r.URL.Query().Has("limit") {
		n, err := limitOf(r)
		if err != nil {
			return nil, err
		}
		limit = n
	}
	v, err := h.look(r.Context())
	page, next := pageOfQueues(v.queues, r.URL.Query().Get("filter"), r.URL.Query().Get("cursor"), limit)
	return queuesReply{v.viewQueues(page), next, now()}, err
}

func (h *handler) showQueue(r *http.Request) (any, error) {
	name, err := queueOf(r)
	if err != nil {
		return nil, err
	}
	return h.viewOf(r, name)
}

// viewOf is one queue that was used, or that the client knows.
func (h *handler) viewOf(r *http.Request, name string) (any, error) {
	v, err := h.look(r.Context())
	if err != nil {
		return nil, err
	}
	for i := range v.queues {
		if v.queues[i].Queue == name {
			q := queueReply{queueView: viewQueue(&v.queues[i], v.rates[name]), KindLimits: viewLimits(&v.queues[i]), stamp: now()}
			page, err := h.client.List(r.Context(), taskqueue.ListQuery{Queue: name, State: taskqueue.Pending, Limit: 1})
			if len(page.Entries) > 0 && page.Entries[0].Message != nil {
				q.NextReady = instant(page.Entries[0].Message.Ready)
			}
			return q, err
		}
	}
	if _, known := h.client.QueueTable().Get(name); known {
		return queueReply{queueView: queueView{Queue: name}, KindLimits: []kindLimitView{}, stamp: now()}, nil
	}
	return nil, fmt.Errorf("%w: there is no queue %s", taskqueue.ErrNotFound, name)
}

// changeQueue does something to a queue and shows what came of it.
func (h *handler) changeQueue(r *http.Request, change func(queue string) error) (any, error) {
	name, err := queueOf(r)
	if err != nil {
		return nil, err
	}
	if _, err := h.viewOf(r, name); err != nil {
		return nil, err
	}
	if err := change(name); err != nil {
		return nil, err
	}
	return h.viewOf(r, name)
}

func (h *handler) pauseQueue(r *http.Request) (any, error) {
	return h.changeQueue(r, func(queue string) error { return h.client.Pause(r.Context(), queue) })
}

func (h *handler) resumeQueue(r *http.Request) (any, error) {
	return h.changeQueue(r, func(queue string) error { return h.client.Resume(r.Context(), queue) })
}

func (h *handler) limitQueue(r *http.Request) (any, error) {
	body, err := read[limitBody](r)
	if err != nil {
		return nil, err
	}
	return h.changeQueue(r, func(queue string) error { return h.limit(r.Context(), queue, &body) })
}

// limit sets the limits that are given.
func (h *handler) limit(ctx context.Context, queue string, body *limitBody) error {
	var rate taskqueue.Rate
	if n := body.MaxRate; n != nil { // before anything is changed
		r, err := rateOf(*n)
		if err != nil {
			return err
		}
		rate = r
	}
	if n := body.MaxTasks; n != nil {
		if err := h.client.Limit(ctx, queue, *n); err != nil {
			return err
		}
	}
	if n := body.MaxActive; n != nil {
		if err := h.client.LimitConcurrency(ctx, queue, *n); err != nil {
			return err
		}
	}
	if body.MaxRate != nil {
		return h.client.LimitRate(ctx, queue, rate)
	}
	return nil
}

func (h *handler) purgeQueue(r *http.Request) (any, error) {
	name, nameErr := queueOf(r)
	body, err := read[purgeBody](r)
	if nameErr != nil || err != nil {
		return nil, first(nameErr, err)
	}
	state, err := stateOf(body.State)
	if err != nil {
		return nil, err
	}
	remark(r.Context(), slog.String("state", body.State), slog.Bool("dry_run", body.DryRun))
	if !body.DryRun {
		n, err := h.client.Purge(r.Context(), name, state)
		remark(r.Context(), slog.Int64("changed", n))
		return countReply{n, true, true, now()}, err
	}
	infos, err := h.client.Queues(r.Context(), name)
	if err != nil {
		return nil, err
	}
	n := map[taskqueue.State]int64{taskqueue.Pending: infos[0].Pending, taskqueue.Scheduled: infos[0].Scheduled, taskqueue.Parked: infos[0].Parked, taskqueue.StateDead: infos[0].Dead}[state]
	return countReply{n, true, false, now()}, nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// instant is a time for JSON; a zero one is null.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
