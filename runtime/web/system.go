package web

import (
	"net/http"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

type systemReply struct {
	UptimeSeconds float64       `json:"uptime_seconds"` // since the handler was made
	Memory        memory        `json:"memory"`
	Performance   performance   `json:"performance"`
	Tasks         taskCounts    `json:"tasks"`
	Queues        []queueCounts `json:"queues"`
	Workers       workerUse     `json:"workers"`
	stamp
}

// performance is that of all processes.
type performance struct {
	TasksPerSecond  *float64 `json:"tasks_per_second"`          // done in the last minute, by all processes; null until the handler was asked twice
	AverageMS       *float64 `json:"average_execution_time_ms"` // times are null before the first run
	P95MS           *float64 `json:"p95_execution_time_ms"`
	P99MS           *float64 `json:"p99_execution_time_ms"`
	AverageWaitMS   *float64 `json:"average_wait_time_ms"`
	SuccessRate     *float64 `json:"success_rate"` // of all runs; null before the first
	ErrorRate       *float64 `json:"error_rate"`
	RecentErrorRate *float64 `json:"recent_error_rate"` // in the last minute, of all processes
}

// taskCounts are runs of the workers of this process.
type taskCounts struct {
	TotalExecuted  int64 `json:"total_executed"`
	TotalSucceeded int64 `json:"total_succeeded"`
	TotalFailed    int64 `json:"total_failed"`
	TotalRetried   int64 `json:"total_retried"`
	TotalTimedOut  int64 `json:"total_timed_out"`
	ActiveTasks    int   `json:"active_tasks"`
}

// queueCounts are those of a queue, of all processes since it was first used.
type queueCounts struct {
	QueueName      string `json:"queue_name"`
	PendingTasks   int64  `json:"pending_tasks"`
	ProcessedTasks int64  `json:"processed_tasks"` // done
	FailedTasks    int64  `json:"failed_tasks"`    // runs that failed: those that were retried, and those that died
}

// workerUse is about the workers of this process.
type workerUse struct {
	ActiveWorkers     int      `json:"active_workers"` // that run
	IdleWorkers       int      `json:"idle_workers"`   // with no handler running
	BusyWorkers       int      `json:"busy_workers"`
	WorkerUtilization *float64 `json:"worker_utilization"` // share of slots that are busy; null without a running worker
	TasksPerWorker    *float64 `json:"tasks_per_worker"`   // runs since the start; null without a running worker
}

func (v *look) system() systemReply {
	m := v.memory
	_, m.ActiveTasks = v.slots()
	return systemReply{
		UptimeSeconds: v.uptime.Seconds(), Memory: m, Performance: v.performance(),
		Tasks: v.taskCounts(), Queues: v.queueCounts(), Workers: v.workerUse(), stamp: now(),
	}
}

func (v *look) performance() performance {
	done, failed := verdicts(v.kinds)
	p := performance{SuccessRate: share(done, done+failed), ErrorRate: share(failed, done+failed), RecentErrorRate: v.fleet.errorRate()}
	if v.fleet != nil {
		p.TasksPerSecond = &v.fleet.Done
	}
	if d := together(v.kinds, runTimes); d != nil && d.Count > 0 {
		p.AverageMS, p.P95MS, p.P99MS = new(milliseconds(d.Mean())), new(milliseconds(d.Quantile(0.95))), new(milliseconds(d.Quantile(0.99)))
		p.AverageWaitMS = new(milliseconds(together(v.kinds, waitTimes).Mean()))
	}
	return p
}

// verdicts are how many runs were done, and how many failed.
func verdicts(kinds []taskqueue.KindMetrics) (done, failed int64) {
	for i := range kinds {
		done += kinds[i].Done
		failed += kinds[i].Failed()
	}
	return done, failed
}

func (v *look) taskCounts() taskCounts {
	c := v.counts()
	_, busy := v.slots()
	return taskCounts{
		TotalExecuted: executed(c), TotalSucceeded: c.Done, TotalFailed: c.Failed,
		TotalRetried: c.Retried, TotalTimedOut: c.Timeouts, ActiveTasks: busy,
	}
}

// executed counts the runs that ended with a verdict.
func executed(c taskqueue.Counts) int64 { return c.Done + c.Failed + c.Discarded }

func (v *look) queueCounts() []queueCounts {
	all := []queueCounts{}
	for i := range v.queues {
		q := &v.queues[i]
		all = append(all, queueCounts{q.Queue, q.Pending, q.Done, failed(q)})
	}
	return all
}

func (v *look) workerUse() (u workerUse) {
	for _, w := range v.workers {
		switch {
		case w.health.Running && w.health.Stats.Active > 0:
			u.BusyWorkers++
		case w.health.Running:
			u.IdleWorkers++
		}
	}
	u.ActiveWorkers = u.BusyWorkers + u.IdleWorkers
	slots, busy := v.slots()
	u.WorkerUtilization = share(int64(busy), int64(slots))
	u.TasksPerWorker = share(executed(v.counts()), int64(u.ActiveWorkers))
	return u
}

func (h *handler) system(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	return v.system(), err
}
