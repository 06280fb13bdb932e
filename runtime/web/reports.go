package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

type summaryReply struct {
	Summary string `json:"summary"`
	stamp
}

func (h *handler) summary(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	t, c := v.totals(), v.taskCounts()
	fmt.Fprintf(&b, "up %s; %d pending, %d done, %d failed runs in %d queues\n", formatUptime(v.uptime), t.TotalPending, t.TotalProcessed, t.TotalFailed, len(v.queues))
	fmt.Fprintf(&b, "this process: %d workers, %d runs, %d failed, %d running\n", v.workerUse().ActiveWorkers, c.TotalExecuted, c.TotalFailed, c.ActiveTasks)
	if d := together(v.kinds, runTimes); d != nil {
		fmt.Fprintf(&b, "a run takes %v on average, p95 %v, p99 %v\n", d.Mean().Round(time.Microsecond), d.Quantile(0.95).Round(time.Microsecond), d.Quantile(0.99).Round(time.Microsecond))
	}
	fmt.Fprintf(&b, "%d alerts", len(h.alertsOf(v)))
	return summaryReply{b.String(), now()}, nil
}

type registryReply struct {
	RegistryType string   `json:"registry_type"` // always manual: programs give their workers the generated tasks
	TaskCount    int      `json:"task_count"`
	Tasks        []string `json:"tasks"` // kinds, sorted
	Features     features `json:"features"`
	stamp
}

// features are those of the original.
type features struct {
	AutoRegister   bool `json:"auto_register"`   // always false
	InventoryBased bool `json:"inventory_based"` // always false
}

func (h *handler) registry(*http.Request) (any, error) {
	kinds := []string{}
	for _, w := range h.Workers {
		kinds = append(kinds, w.Kinds()...)
	}
	slices.Sort(kinds)
	kinds = slices.Compact(kinds)
	return registryReply{RegistryType: "manual", TaskCount: len(kinds), Tasks: kinds, stamp: now()}, nil
}

type alertsReply struct {
	ActiveAlerts []alert `json:"active_alerts"`
	AlertCount   int     `json:"alert_count"`
	stamp
}

func (h *handler) alerts(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	alerts := h.alertsOf(v)
	return alertsReply{alerts, len(alerts), now()}, err
}

type slaReply struct {
	Violations         []violation `json:"sla_violations"`
	ViolationCount     int         `json:"violation_count"`
	PerformanceMetrics performance `json:"performance_metrics"`
	SuccessRatePercent *float64    `json:"success_rate_percentage"` // of all runs; null before the first
	ErrorRatePercent   *float64    `json:"error_rate_percentage"`
	stamp
}

func (h *handler) sla(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	all, p := violations(h.alertsOf(v)), v.performance()
	return slaReply{all, len(all), p, percent(p.SuccessRate), percent(p.ErrorRate), now()}, err
}

func percent(share *float64) *float64 {
	if share == nil {
		return nil
	}
	return new(*share * 100)
}

type diagnosticsReply struct {
	SystemHealth      systemHealth              `json:"system_health"`
	PerformanceReport performanceReply          `json:"performance_report"`
	WorkerDiagnostics workersStatus             `json:"worker_diagnostics"`
	QueueDiagnostics  map[string]queueDiagnosis `json:"queue_diagnostics"` // by queue
	UptimeSeconds     float64                   `json:"uptime_seconds"`
	stamp
}

type queueDiagnosis struct {
	PendingTasks   int64  `json:"pending_tasks"`
	ProcessedTasks int64  `json:"processed_tasks"`
	FailedTasks    int64  `json:"failed_tasks"`
	Health         string `json:"health"` // of all runs ever, more than 5 % failed: warning; more than 10 %: unhealthy
}

func diagnose(q queueCounts) queueDiagnosis {
	d := queueDiagnosis{q.PendingTasks, q.ProcessedTasks, q.FailedTasks, healthy}
	if rate := share(q.FailedTasks, q.FailedTasks+q.ProcessedTasks); rate != nil {
		switch {
		case *rate > 0.10:
			d.Health = unhealthy
		case *rate > 0.05:
			d.Health = warning
		}
	}
	return d
}

func (h *handler) diagnostics(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	if err != nil {
		return nil, err
	}
	queues := make(map[string]queueDiagnosis)
	for _, q := range v.queueCounts() {
		queues[q.QueueName] = diagnose(q)
	}
	return diagnosticsReply{
		h.systemHealth(v, h.check(r.Context())), h.performanceOf(v), v.workersStatus(), queues, v.uptime.Seconds(), now(),
	}, nil
}

type uptimeReply struct {
	Uptime             uptimeView         `json:"uptime"`
	RuntimeInfo        runtimeInfo        `json:"runtime_info"`
	PerformanceSummary performanceSummary `json:"performance_summary"`
	stamp
}

type uptimeView struct {
	Seconds   float64   `json:"seconds"`
	Formatted string    `json:"formatted"`  // like 1d 2h 3m 4s
	StartedAt time.Time `json:"started_at"` // when the handler was made
}

// runtimeInfo is about the workers of this process since they were made.
type runtimeInfo struct {
	TotalExecuted      int64    `json:"total_tasks_executed"`
	TotalSucceeded     int64    `json:"total_tasks_succeeded"`
	TotalFailed        int64    `json:"total_tasks_failed"`
	SuccessRatePercent *float64 `json:"success_rate_percentage"`
	AveragePerSecond   float64  `json:"average_tasks_per_second"`
}

type performanceSummary struct {
	TaskPerformance map[string]kindPerformance `json:"task_performance"`
}

func (h *handler) uptime(r *http.Request) (any, error) {
	v := h.lookInside(r.Context())
	c := v.taskCounts()
	return uptimeReply{
		uptimeView{v.uptime.Seconds(), formatUptime(v.uptime), h.started.UTC()},
		runtimeInfo{c.TotalExecuted, c.TotalSucceeded, c.TotalFailed, percent(share(c.TotalSucceeded, c.TotalSucceeded+c.TotalFailed)), float64(c.TotalExecuted) / max(v.uptime.Seconds(), 1e-3)},
		performanceSummary{v.kindPerformances()}, now(),
	}, nil
}

func formatUptime(d time.Duration) string {
	s := int64(d / time.Second)
	return fmt.Sprintf("%dd %dh %dm %ds", s/86400, s/3600%24, s/60%60, s%60)
}
