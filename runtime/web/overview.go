package web

import (
	"context"
	"net/http"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

type overviewReply struct {
	Health       healthReply     `json:"health"`
	Totals       tally           `json:"totals"`
	Queues       []queueView     `json:"queues"` // by name, at most 200: those with the most tasks
	Rates        *rates          `json:"rates"`  // of all queues; null until the handler was asked twice
	Kinds        []kindView      `json:"kinds"`  // of all processes
	Alerts       []alert         `json:"alerts"`
	Workers      workerUse       `json:"workers"`
	Slots        int             `json:"slots"` // of all workers, as they said last
	Busy         int             `json:"busy"`
	Processes    int             `json:"processes"`  // workers that live
	NextReady    *time.Time      `json:"next_ready"` // since when the task that is next could have run, in the queue where that is longest ago
	Memory       memory          `json:"memory"`
	Uptime       float64         `json:"uptime_seconds"`
	Recent       recentView      `json:"recent"`
	Unhandled    []unhandledView `json:"unhandled"` // tasks that wait and that no living worker can run
	ReadOnly     bool            `json:"read_only"`
	HidePayloads bool            `json:"hide_payloads"`
	stamp
}

// A recentView is what was measured in the last minutes, in all processes.
type recentView struct {
	WindowSeconds float64   `json:"window_seconds"` // of five minutes to five and a half; less at first
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
	unhandled, err := h.unhandled.of(ctx, h.client, v)
	if err != nil {
		return nil, err
	}
	slots, busy := v.fleetSlots()
	return overviewReply{
		Health: h.check(ctx), Totals: v.tally(), Queues: v.viewQueues(busiest(v.queues, maxQueues)), Rates: v.fleet, Kinds: v.kindViews(), Alerts: h.alertsOf(v),
		Workers: v.workerUse(), Slots: slots, Busy: busy, Processes: len(v.announced), NextReady: h.oldest(ctx, v), Memory: v.system().Memory, Uptime: v.uptime.Seconds(),
		Recent: v.recentView(), Unhandled: unhandled, ReadOnly: h.ReadOnly, HidePayloads: h.HidePayloads, stamp: now(),
	}, nil
}

// maxOldest is how many queues are asked for the task that is next.
const maxOldest = 32

// oldest is since when the task that is next could have run, in the queue where that
// is longest ago. What waits behind it in a lower priority may be older.
func (h *handler) oldest(ctx context.Context, v *look) (at *time.Time) {
	asked := 0
	for i := range v.queues {
		q := &v.queues[i]
		if q.Pending == 0 || q.Settings.Paused {
			continue
		}
		if asked++; asked > maxOldest {
			break
		}
		page, err := h.client.List(ctx, taskqueue.ListQuery{Queue: q.Queue, State: taskqueue.Pending, Limit: 1})
		if err != nil || len(page.Entries) == 0 || page.Entries[0].Message == nil {
			continue
		}
		if ready := page.Entries[0].Message.Ready; at == nil || ready.Before(*at) {
			at = instant(ready)
		}
	}
	return at
}

type historyReply struct {
	Points []point `json:"points"` // when somebody looked, of the last minutes, the oldest first
	stamp
}

func (h *handler) trend(*http.Request) (any, error) {
	return historyReply{h.history.trend(), now()}, nil
}
