package web

import (
	"fmt"
	"sync"
	"time"
)

// An alert is something over its threshold now.
type alert struct {
	ID           string    `json:"id"`       // the same as long as it lasts
	Severity     string    `json:"severity"` // Warning or Critical (more than twice the threshold)
	Message      string    `json:"message"`
	Timestamp    time.Time `json:"timestamp"` // since when, as far as somebody looked
	MetricName   string    `json:"metric_name"`
	CurrentValue float64   `json:"current_value"`
	Threshold    float64   `json:"threshold"`

	violation string
}

// A violation is an alert as a breach of a service level.
type violation struct {
	ViolationType string    `json:"violation_type"` // TaskTimeoutExceeded, QueueBacklogTooHigh, ErrorRateTooHigh, MemoryUsageTooHigh or WorkerUtilizationTooLow
	Severity      string    `json:"severity"`
	Message       string    `json:"message"`
	Timestamp     time.Time `json:"timestamp"`
	CurrentValue  float64   `json:"current_value"`
	Threshold     float64   `json:"threshold"`
}

// alarms remember since when each alert lasts.
type alarms struct {
	mu    sync.Mutex
	since map[string]time.Time
}

// ring gives alerts the time of their first sight and forgets those that are over.
func (a *alarms) ring(at time.Time, active []alert) {
	a.mu.Lock()
	defer a.mu.Unlock()
	still := make(map[string]time.Time, len(active))
	for i := range active {
		since, known := a.since[active[i].ID]
		if !known {
			since = at
		}
		still[active[i].ID] = since
		active[i].Timestamp = since.UTC()
	}
	a.since = still
}

// fewRuns say nothing about a rate of errors.
const fewRuns = 20 - 1e-6

// alertsOf compares a look with the thresholds.
func (h *handler) alertsOf(v *look) []alert {
	active := []alert{}
	add := func(id, violation, metric, message string, value, threshold float64) {
		if value <= threshold {
			return
		}
		severity := "Warning"
		if value > 2*threshold {
			severity = "Critical"
		}
		active = append(active, alert{ID: id, Severity: severity, Message: message, MetricName: metric, CurrentValue: value, Threshold: threshold, violation: violation})
	}
	t := &h.Thresholds
	for i := range v.queues {
		q := &v.queues[i]
		add("backlog:"+q.Queue, "QueueBacklogTooHigh", "pending_tasks", fmt.Sprintf("queue %s has %d pending tasks", q.Queue, q.Pending), float64(q.Pending), float64(t.Backlog))
		if rate := v.rates[q.Queue].errorRate(); rate != nil && v.rates[q.Queue].runs() >= fewRuns {
			add("errors:"+q.Queue, "ErrorRateTooHigh", "error_rate", fmt.Sprintf("%.1f %% of the runs of queue %s failed", *rate*100, q.Queue), *rate, t.ErrorRate)
		}
	}
	for i := range v.recent { // and not of all time: an alert ends
		k := &v.recent[i]
		p95 := k.Run.Quantile(0.95)
		add("run_time:"+k.Queue+":"+k.Kind, "TaskTimeoutExceeded", "p95_execution_time_ms", fmt.Sprintf("5 %% of the last runs of %s took longer than %v", k.Kind, p95.Round(time.Millisecond)), milliseconds(p95), milliseconds(t.RunTime))
	}
	add("memory", "MemoryUsageTooHigh", "memory_bytes", fmt.Sprintf("this process holds %d MiB", v.memory.CurrentBytes>>20), float64(v.memory.CurrentBytes), float64(t.MemoryBytes))
	if a, low := h.idle(v); low {
		active = append(active, a)
	}
	h.alarms.ring(v.at, active)
	return active
}

// idle is the alert of slots that are free although there is work.
func (h *handler) idle(v *look) (alert, bool) {
	slots, busy := v.slots()
	used := share(int64(busy), int64(slots))
	if used == nil || *used >= h.Thresholds.Utilization || v.total(pending) == 0 {
		return alert{}, false
	}
	return alert{
		ID: "utilization", Severity: "Warning", Message: fmt.Sprintf("%d of %d slots are busy although tasks are pending", busy, slots),
		MetricName: "worker_utilization", CurrentValue: *used, Threshold: h.Thresholds.Utilization, violation: "WorkerUtilizationTooLow",
	}, true
}

func violations(alerts []alert) []violation {
	all := []violation{}
	for _, a := range alerts {
		all = append(all, violation{a.violation, a.Severity, a.Message, a.Timestamp, a.CurrentValue, a.Threshold})
	}
	return all
}

func criticals(alerts []alert) (n int) {
	for _, a := range alerts {
		if a.Severity == "Critical" {
			n++
		}
	}
	return n
}
