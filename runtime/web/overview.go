package web

import (
	"context"
	"net/http"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// maxRunning is how many runs of a worker are listed.
const maxRunning = 200

type overviewReply struct {
	Health       healthReply `json:"health"`
	Queues       []queueView `json:"queues"`
	Rates        *rates      `json:"rates"` // of all queues; null until the handler was asked twice
	Kinds        []kindView  `json:"kinds"` // of all processes
	Alerts       []alert     `json:"alerts"`
	Workers      workerUse   `json:"workers"`
	Slots        int         `json:"slots"` // of this process
	Busy         int         `json:"busy"`
	Memory       memory      `json:"memory"`
	Uptime       float64     `json:"uptime_seconds"`
	Recent       recentView  `json:"recent"`
	ReadOnly     bool        `json:"read_only"`
	HidePayloads bool        `json:"hide_payloads"`
	stamp
}

// A recentView is what was measured in the last minutes, in all processes.
type recentView struct {
	WindowSeconds float64   `json:"window_seconds"` // 300 at most; less at first
	Runs          int64     `json:"runs"`
	Failed        int64     `json:"failed"`
	Wait          timesView `json:"wait"` // its maximum is that of all time
	Run           timesView `json:"run"`
}

func (v *look) recentView() recentView {
	done, failed := verdicts(v.recent)
	r := recentView{WindowSeconds: v.window.Seconds(), Runs: done + failed, Failed: failed}
	if len(v.recent) > 0 {
		r.Wait, r.Run = viewTimes(together(v.recent, waitTimes)), viewTimes(together(v.recent, runTimes))
	}
	return r
}

// A kindView is what was measured of a kind in a queue.
type kindView struct {
	Queue     string    `json:"queue"`
	Kind      string    `json:"kind"`
	Done      int64     `json:"done"`
	Retried   int64     `json:"retried"`
	Dead      int64     `json:"dead"`
	Discarded int64     `json:"discarded"`
	Released  int64     `json:"released"`
	Wait      timesView `json:"wait"` // from when a task could run until it did
	Run       timesView `json:"run"`
	Total     timesView `json:"total"`
}

type timesView struct {
	MeanMS float64 `json:"mean_ms"`
	P50MS  float64 `json:"p50_ms"`
	P95MS  float64 `json:"p95_ms"`
	P99MS  float64 `json:"p99_ms"`
	MaxMS  float64 `json:"max_ms"`
}

func viewTimes(d *taskqueue.Durations) timesView {
	return timesView{
		milliseconds(d.Mean()), milliseconds(d.Quantile(0.5)), milliseconds(d.Quantile(0.95)),
		milliseconds(d.Quantile(0.99)), milliseconds(d.Max),
	}
}

func (v *look) kindViews() []kindView {
	all := []kindView{}
	for i := range v.kinds {
		k := &v.kinds[i]
		all = append(all, kindView{
			k.Queue, k.Kind, k.Done, k.Retried, k.Dead, k.Discarded, k.Released,
			viewTimes(k.Wait), viewTimes(k.Run), viewTimes(k.Total),
		})
	}
	return all
}

func (h *handler) overview(r *http.Request) (any, error) { return h.overviewNow(r.Context()) }

func (h *handler) overviewNow(ctx context.Context) (any, error) {
	v, err := h.look(ctx)
	if err != nil {
		return nil, err
	}
	slots, busy := v.slots()
	return overviewReply{
		Health: h.check(ctx), Queues: v.queueViews(), Rates: v.fleet, Kinds: v.kindViews(), Alerts: h.alertsOf(v),
		Workers: v.workerUse(), Slots: slots, Busy: busy, Memory: v.system().Memory, Uptime: v.uptime.Seconds(),
		Recent: v.recentView(), ReadOnly: h.ReadOnly, HidePayloads: h.HidePayloads, stamp: now(),
	}, nil
}

type workersReply struct {
	Workers []workerView `json:"workers"` // of this process
	stamp
}

type workerView struct {
	Name      string        `json:"name"`
	Running   bool          `json:"running"`
	Draining  bool          `json:"draining"` // it is shutting down
	Stuck     bool          `json:"stuck"`    // every slot is held by a handler whose time is up
	Reaches   bool          `json:"reaches_store"`
	Slots     int           `json:"slots"`
	Active    int           `json:"active"`
	Buffered  int           `json:"buffered"` // tasks that wait for a slot in this process
	Overdue   int           `json:"overdue"`  // handlers whose time is up
	Done      int64         `json:"done"`
	Failed    int64         `json:"failed"`
	Panics    int64         `json:"panics"`
	Timeouts  int64         `json:"timeouts"`
	Lost      int64         `json:"lost"`
	RunTimeMS float64       `json:"run_time_ms"` // averaged, with more weight on the last ones
	Kinds     []string      `json:"kinds"`
	Runs      []runningView `json:"runs"` // those that take longest first, at most 200
}

type runningView struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	Queue    string     `json:"queue"`
	Attempt  int        `json:"attempt"`
	Seconds  float64    `json:"seconds"` // so far
	Deadline *time.Time `json:"deadline"`
	Overdue  bool       `json:"overdue"`
}

func (h *handler) workers(r *http.Request) (any, error) {
	reply := workersReply{Workers: []workerView{}, stamp: now()}
	for _, w := range h.lookInside(r.Context()).workers {
		s := &w.health.Stats
		reply.Workers = append(reply.Workers, workerView{
			Name: w.Name(), Running: w.health.Running, Draining: w.health.Draining, Stuck: w.health.Stuck, Reaches: w.health.Store == nil,
			Slots: s.Slots, Active: s.Active, Buffered: s.Buffered, Overdue: s.Overdue,
			Done: s.Done, Failed: s.Failed, Panics: s.Panics, Timeouts: s.Timeouts, Lost: s.Lost,
			RunTimeMS: milliseconds(s.RunTime), Kinds: w.Kinds(), Runs: viewRuns(w.Running(maxRunning)),
		})
	}
	return reply, nil
}

func viewRuns(running []taskqueue.Running) []runningView {
	all := []runningView{}
	for _, r := range running {
		all = append(all, runningView{
			r.ID.String(), r.Kind, r.Queue, r.Attempt, time.Since(r.Started).Seconds(), instant(r.Deadline), r.Overdue,
		})
	}
	return all
}
