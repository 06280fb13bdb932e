package web

import (
	"net/http"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

type metricsReply struct {
	TaskQueueMetrics  totals           `json:"task_queue_metrics"`
	SystemMetrics     systemReply      `json:"system_metrics"`
	AutoscalerMetrics autoscaleMetrics `json:"autoscaler_metrics"`
	ScalingReport     *scalingReport   `json:"scaling_report"` // null: no worker has an autoscaler
	WorkerCount       int              `json:"worker_count"`   // of this process, that run
	stamp
}

// totals are of all queues and all processes.
type totals struct {
	TotalPending   int64         `json:"total_pending_tasks"`
	TotalProcessed int64         `json:"total_processed_tasks"`
	TotalFailed    int64         `json:"total_failed_tasks"`
	ActiveWorkers  int64         `json:"active_workers"`   // that live, as they told last: one that died is among them for half a minute at most
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
	ActiveWorkers        int64         `json:"active_workers"` // of all processes
	TotalPendingTasks    int64         `json:"total_pending_tasks"`
	QueueMetrics         []queueCounts `json:"queue_metrics"`
	QueuePressureScore   *float64      `json:"queue_pressure_score"`   // predicted wait ÷ target, of the worst fleet; null: no worker has an autoscaler
	WorkerUtilization    *float64      `json:"worker_utilization"`     // of the busiest fleet; without an autoscaler of this process; null without a running worker
	TaskComplexityFactor *float64      `json:"task_complexity_factor"` // run time ÷ its baseline, of the worst fleet; null: no worker has an autoscaler
	ErrorRate            *float64      `json:"error_rate"`             // in the last minute, of all processes
	MemoryUsageMB        float64       `json:"memory_usage_mb"`        // of this process
	AvgQueueWaitTimeMS   *float64      `json:"avg_queue_wait_time_ms"` // of all processes; null before the first run
	ThroughputTrend      *float64      `json:"throughput_trend"`       // change of the offered work by the last decision, in erlang; null: no worker has an autoscaler
}

func (v *look) totals() totals {
	workers := int64(len(v.announced))
	return totals{
		TotalPending: v.total(pending), TotalProcessed: v.total(done), TotalFailed: v.total(failed),
		ActiveWorkers: workers, TasksPerWorker: share(v.total(pending), workers), QueueMetrics: v.queueCounts(), stamp: now(),
	}
}

func (v *look) autoscale(fleets []taskqueue.Fleet) autoscaleMetrics {
	m := autoscaleMetrics{
		ActiveWorkers: int64(len(v.announced)), TotalPendingTasks: v.total(pending), QueueMetrics: v.queueCounts(),
		WorkerUtilization: v.workerUse().WorkerUtilization, ErrorRate: v.fleet.errorRate(),
		MemoryUsageMB: float64(v.memory.CurrentBytes) / (1 << 20), AvgQueueWaitTimeMS: v.performance().AverageWaitMS,
	}
	for i := range fleets {
		m.scaled(&fleets[i].Decision)
	}
	return m
}

// scaled takes in what the autoscaler of a fleet measures: the worst one counts.
func (m *autoscaleMetrics) scaled(d *taskqueue.Decision) {
	if m.QueuePressureScore == nil {
		m.QueuePressureScore, m.TaskComplexityFactor, m.WorkerUtilization, m.ThroughputTrend = new(0.0), new(0.0), new(0.0), new(0.0)
	}
	*m.QueuePressureScore = max(*m.QueuePressureScore, d.Signals.QueuePressure.Value)
	*m.TaskComplexityFactor = max(*m.TaskComplexityFactor, d.Signals.Complexity.Value)
	*m.WorkerUtilization = max(*m.WorkerUtilization, d.Signals.Utilization.Value)
	*m.ThroughputTrend += d.Offered - d.Before
}

func (h *handler) metrics(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	if err != nil {
		return nil, err
	}
	fleets, err := h.client.Fleets(r.Context())
	return metricsReply{v.totals(), v.system(), v.autoscale(fleets), report(fleets), v.workerUse().ActiveWorkers, now()}, err
}

type autoscalerReply struct {
	Metrics         autoscaleMetrics `json:"metrics"`
	Recommendations *string          `json:"recommendations"` // what the autoscaler decided last, in words; null: no worker has one
	stamp
}

func (h *handler) autoscaler(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	if err != nil {
		return nil, err
	}
	fleets, err := h.client.Fleets(r.Context())
	return autoscalerReply{v.autoscale(fleets), recommend(fleets), now()}, err
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
