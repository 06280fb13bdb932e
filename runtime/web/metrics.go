package web

import (
	"net/http"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

type metricsReply struct {
	TaskQueueMetrics  totals           `json:"task_queue_metrics"`
	SystemMetrics     systemReply      `json:"system_metrics"`
	AutoscalerMetrics autoscaleMetrics `json:"autoscaler_metrics"`
	ScalingReport     *scalingReport   `json:"scaling_report"` // null: the handler does not see decisions of an autoscaler
	WorkerCount       int              `json:"worker_count"`   // of this process, that run
	stamp
}

// totals are of all queues and all processes.
type totals struct {
	TotalPending   int64         `json:"total_pending_tasks"`
	TotalProcessed int64         `json:"total_processed_tasks"`
	TotalFailed    int64         `json:"total_failed_tasks"`
	ActiveWorkers  int64         `json:"active_workers"`   // at least: those at the queue that has the most
	TasksPerWorker *float64      `json:"tasks_per_worker"` // pending tasks to one of them; null without any
	QueueMetrics   []queueCounts `json:"queue_metrics"`
	stamp
}

// A scalingReport is what an autoscaler has decided.
type scalingReport struct {
	CurrentWorkers    int    `json:"current_workers"`
	RecommendedAction string `json:"recommended_action"`
}

// autoscaleMetrics are what an autoscaler looks at.
type autoscaleMetrics struct {
	ActiveWorkers        int64         `json:"active_workers"` // of all processes, at least
	TotalPendingTasks    int64         `json:"total_pending_tasks"`
	QueueMetrics         []queueCounts `json:"queue_metrics"`
	QueuePressureScore   *float64      `json:"queue_pressure_score"`   // null: the capacity of other processes is not known
	WorkerUtilization    *float64      `json:"worker_utilization"`     // of this process; null without a running worker
	TaskComplexityFactor *float64      `json:"task_complexity_factor"` // null: nothing measures it
	ErrorRate            *float64      `json:"error_rate"`             // in the last minute, of all processes
	MemoryUsageMB        float64       `json:"memory_usage_mb"`        // of this process
	AvgQueueWaitTimeMS   *float64      `json:"avg_queue_wait_time_ms"` // of all processes; null before the first run
	ThroughputTrend      *float64      `json:"throughput_trend"`       // null: a minute's history shows none
}

func (v *look) totals() totals {
	workers := v.sessions()
	return totals{
		TotalPending: v.total(pending), TotalProcessed: v.total(done), TotalFailed: v.total(failed),
		ActiveWorkers: workers, TasksPerWorker: share(v.total(pending), workers), QueueMetrics: v.queueCounts(), stamp: now(),
	}
}

func (v *look) autoscale() autoscaleMetrics {
	return autoscaleMetrics{
		ActiveWorkers: v.sessions(), TotalPendingTasks: v.total(pending), QueueMetrics: v.queueCounts(),
		WorkerUtilization: v.workerUse().WorkerUtilization, ErrorRate: v.fleet.errorRate(),
		MemoryUsageMB: float64(v.memory.CurrentBytes) / (1 << 20), AvgQueueWaitTimeMS: v.performance().AverageWaitMS,
	}
}

func (h *handler) metrics(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	return metricsReply{v.totals(), v.system(), v.autoscale(), nil, v.workerUse().ActiveWorkers, now()}, err
}

type autoscalerReply struct {
	Metrics         autoscaleMetrics `json:"metrics"`
	Recommendations *string          `json:"recommendations"` // null: the handler does not see decisions of an autoscaler
	stamp
}

func (h *handler) autoscaler(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	return autoscalerReply{v.autoscale(), nil, now()}, err
}

type queueMetricsReply struct {
	QueueMetrics []queueCounts `json:"queue_metrics"`
	Errors       []string      `json:"errors"` // always empty: all queues are read at once, or the answer is an error
	stamp
}

func (h *handler) queueMetrics(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	return queueMetricsReply{v.queueCounts(), []string{}, now()}, err
}

type workerMetricsReply struct {
	ActiveWorkers  int       `json:"active_workers"`
	WorkerMetrics  workerUse `json:"worker_metrics"`
	IsShuttingDown bool      `json:"is_shutting_down"`
	stamp
}

func (h *handler) workerMetrics(r *http.Request) (any, error) {
	v := h.lookInside(r.Context())
	return workerMetricsReply{v.workerUse().ActiveWorkers, v.workerUse(), v.workersStatus().ShuttingDown, now()}, nil
}

type memoryReply struct {
	MemoryMetrics memory `json:"memory_metrics"`
	stamp
}

func (h *handler) memoryMetrics(r *http.Request) (any, error) {
	return memoryReply{h.lookInside(r.Context()).system().Memory, now()}, nil
}

type performanceReply struct {
	UptimeSeconds   float64                    `json:"uptime_seconds"`
	TaskPerformance map[string]kindPerformance `json:"task_performance"` // by kind
	ActiveAlerts    []alert                    `json:"active_alerts"`
	SLAViolations   []violation                `json:"sla_violations"`
	stamp
}

// kindPerformance is how long the runs of a kind took, in all processes.
type kindPerformance struct {
	AvgMS           float64 `json:"avg_duration_ms"`
	P50MS           float64 `json:"p50_duration_ms"`
	P95MS           float64 `json:"p95_duration_ms"`
	P99MS           float64 `json:"p99_duration_ms"`
	TotalExecutions uint64  `json:"total_executions"`
}

// kindPerformances adds up the queues of each kind.
func (v *look) kindPerformances() map[string]kindPerformance {
	merged := make(map[string]*taskqueue.Durations)
	for i := range v.kinds {
		k := &v.kinds[i]
		if merged[k.Kind] == nil {
			merged[k.Kind] = new(taskqueue.Durations)
		}
		merged[k.Kind].Merge(k.Run)
	}
	all := make(map[string]kindPerformance, len(merged))
	for kind, d := range merged {
		all[kind] = kindPerformance{
			milliseconds(d.Mean()), milliseconds(d.Quantile(0.5)), milliseconds(d.Quantile(0.95)), milliseconds(d.Quantile(0.99)), d.Count,
		}
	}
	return all
}

func (h *handler) performanceOf(v *look) performanceReply {
	alerts := h.alertsOf(v)
	return performanceReply{v.uptime.Seconds(), v.kindPerformances(), alerts, violations(alerts), now()}
}

func (h *handler) performance(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	return h.performanceOf(v), err
}
