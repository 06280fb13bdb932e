package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// seedEndpoints are those of the original with the fields that it has.
var seedEndpoints = map[string]string{
	"/health":              "status components.redis.status components.redis.message components.workers.status components.scheduler.status",
	"/status":              "health.status health.memory_usage_mb health.uptime_seconds health.active_alert_count health.critical_alert_count workers.active_count workers.shutting_down",
	"/metrics":             "task_queue_metrics.total_pending_tasks task_queue_metrics.total_processed_tasks task_queue_metrics.total_failed_tasks task_queue_metrics.active_workers task_queue_metrics.timestamp task_queue_metrics.queue_metrics.0.queue_name system_metrics.tasks.total_executed autoscaler_metrics.total_pending_tasks worker_count",
	"/metrics/system":      "uptime_seconds memory.current_bytes memory.peak_bytes memory.total_allocations memory.active_tasks memory.memory_efficiency performance.average_execution_time_ms performance.p95_execution_time_ms performance.p99_execution_time_ms performance.success_rate performance.error_rate tasks.total_executed tasks.total_succeeded tasks.total_failed tasks.total_retried tasks.total_timed_out tasks.active_tasks queues.0.queue_name workers.active_workers workers.idle_workers workers.busy_workers workers.worker_utilization workers.tasks_per_worker",
	"/metrics/performance": "uptime_seconds task_performance active_alerts sla_violations",
	"/metrics/autoscaler":  "metrics.active_workers metrics.total_pending_tasks metrics.queue_metrics metrics.worker_utilization metrics.memory_usage_mb metrics.avg_queue_wait_time_ms",
	"/metrics/queues":      "queue_metrics.0.queue_name queue_metrics.0.pending_tasks queue_metrics.0.processed_tasks queue_metrics.0.failed_tasks errors",
	"/metrics/workers":     "active_workers worker_metrics.active_workers is_shutting_down",
	"/metrics/memory":      "memory_metrics.current_bytes memory_metrics.peak_bytes",
	"/metrics/summary":     "summary",
	"/registry":            "registry_type task_count tasks.0 features.auto_register features.inventory_based",
	"/alerts":              "active_alerts alert_count",
	"/sla":                 "sla_violations violation_count performance_metrics.success_rate success_rate_percentage error_rate_percentage",
	"/diagnostics":         "system_health.status performance_report.task_performance worker_diagnostics.active_count worker_diagnostics.shutting_down queue_diagnostics.default.pending_tasks queue_diagnostics.default.health uptime_seconds",
	"/uptime":              "uptime.seconds uptime.formatted uptime.started_at runtime_info.total_tasks_executed runtime_info.total_tasks_succeeded runtime_info.total_tasks_failed runtime_info.success_rate_percentage runtime_info.average_tasks_per_second performance_summary.task_performance",
}

// busy is a fixture with a worker that did three runs well and one badly, and has
// one more under way.
func busy(t *testing.T, config Config) (*fixture, func()) {
	t.Helper()
	f := newFixture(t, Config{})
	w, stop := f.work()
	for _, text := range []string{"a", "b", "c", "bad 1"} {
		f.add(text)
	}
	f.settled(4)
	f.add("wait")
	f.await(func() bool { return w.Active() == 1 })
	config.Workers = []*taskqueue.Worker{w}
	f.serve(config)
	return f, stop
}

func TestSeedEndpoints(t *testing.T) {
	f, _ := busy(t, Config{})
	if len(seedEndpoints) != 15 {
		t.Errorf("%d endpoints, the original has 15", len(seedEndpoints))
	}
	for path, fields := range seedEndpoints {
		t.Run(path, func(t *testing.T) {
			f.T = t
			a := f.get("/tasks" + path)
			if a.code != http.StatusOK || a.header.Get("Content-Type") != "application/json" {
				t.Fatalf("%d %s\n%s", a.code, a.header.Get("Content-Type"), a.text)
			}
			for field := range strings.FieldsSeq(fields + " timestamp") {
				if a.at(field) == nil {
					t.Errorf("no %s in\n%s", field, a.text)
				}
			}
			at, err := time.Parse(time.RFC3339Nano, a.at("timestamp").(string))
			if err != nil || time.Since(at) > time.Minute {
				t.Errorf("timestamp %v: %v", at, err)
			}
		})
	}
}

func TestNumbersAreTrue(t *testing.T) {
	f, _ := busy(t, Config{})
	f.add("later", taskqueue.In(time.Hour))
	for path, values := range map[string]map[string]any{
		"/metrics/system": {
			"tasks.total_executed": 4, "tasks.total_succeeded": 3, "tasks.total_failed": 1, "tasks.active_tasks": 1, "memory.active_tasks": 1,
			"performance.success_rate": 0.75, "performance.error_rate": 0.25,
			"workers.active_workers": 1, "workers.busy_workers": 1, "workers.idle_workers": 0, "workers.worker_utilization": 0.25, "workers.tasks_per_worker": 4,
		},
		"/metrics":        {"task_queue_metrics.total_processed_tasks": 3, "task_queue_metrics.total_failed_tasks": 1, "task_queue_metrics.total_pending_tasks": 0, "worker_count": 1, "scaling_report": nil, "autoscaler_metrics.task_complexity_factor": nil},
		"/metrics/queues": {"queue_metrics.0.queue_name": "default", "queue_metrics.0.processed_tasks": 3, "queue_metrics.0.failed_tasks": 1},
		"/uptime":         {"runtime_info.total_tasks_executed": 4, "runtime_info.success_rate_percentage": 75},
		"/diagnostics":    {"queue_diagnostics.default.health": "unhealthy", "worker_diagnostics.active_count": 1},
		"/registry":       {"task_count": 1, "tasks.0": "test.Note"},
		"/queues/default": {"active": 1, "scheduled": 1, "dead": 1, "done": 3, "enqueued": 6, "sessions": 1, "next_ready": nil},
		"/workers":        {"workers.0.running": true, "workers.0.slots": 4, "workers.0.active": 1, "workers.0.runs.0.kind": "test.Note", "workers.0.runs.0.attempt": 1, "workers.0.reaches_store": true},
		"/overview":       {"slots": 4, "busy": 1, "kinds.0.done": 3, "kinds.0.dead": 1, "health.status": "healthy"},
	} {
		f.want(f.get("/tasks"+path), values)
	}
	a := f.get("/tasks/metrics/performance")
	performance, ok := a.at("task_performance").(map[string]any)["test.Note"].(map[string]any)
	if !ok || performance["total_executions"] != 4.0 {
		t.Errorf("%s", a.text)
	}
}

// Nothing is made up where nothing is known.
func TestUnknownIsNull(t *testing.T) {
	f := newFixture(t, Config{})
	f.want(f.get("/tasks/metrics/system"), map[string]any{
		"performance.tasks_per_second": nil, "performance.p95_execution_time_ms": nil, "performance.success_rate": nil,
		"workers.worker_utilization": nil, "workers.active_workers": 0,
	})
	f.want(f.get("/tasks/health"), map[string]any{"status": "healthy", "components.workers.status": "warning", "components.scheduler.status": "stopped"})
	f.want(f.get("/tasks/status"), map[string]any{"health.status": "Warning"})
}

func TestUnhealthy(t *testing.T) {
	f, stop := busy(t, Config{})
	f.store.fail = func() error { return fmt.Errorf("%w: secret detail", broker.ErrUnavailable) }
	for _, path := range []string{"/health", "/status"} {
		if a := f.get("/tasks" + path); a.code != http.StatusServiceUnavailable || strings.Contains(a.text, "secret") {
			t.Errorf("%s without a store: %d\n%s", path, a.code, a.text)
		}
	}
	f.want(f.get("/tasks/health"), map[string]any{"status": "unhealthy", "components.redis.status": "unhealthy"})
	for path := range seedEndpoints {
		a := f.get("/tasks" + path)
		if strings.Contains(a.text, "secret") || a.at("timestamp") == nil {
			t.Errorf("%s: %s", path, a.text)
		}
	}
	a := f.get("/tasks/metrics")
	if a.code != http.StatusServiceUnavailable || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", a.code, a.text)
	}
	f.store.fail = nil
	if a := f.get("/tasks/health"); a.code != http.StatusOK {
		t.Errorf("the store is back: %d\n%s", a.code, a.text)
	}
	stop()
	a = f.get("/tasks/health")
	f.want(a, map[string]any{"components.workers.status": "unhealthy"})
	if a.code != http.StatusServiceUnavailable {
		t.Errorf("without its worker: %d\n%s", a.code, a.text)
	}
}

func TestInternalErrorsStayInside(t *testing.T) {
	f := newFixture(t, Config{})
	f.store.fail = func() error { return errors.New("password=hunter2") }
	if a := f.get("/tasks/queues"); a.code != http.StatusInternalServerError || strings.Contains(a.text, "hunter2") {
		t.Errorf("%d %s", a.code, a.text)
	}
}

func TestPathsThatDoNotExist(t *testing.T) {
	f := newFixture(t, Config{})
	for _, tt := range []struct {
		method, path string
		code         int
		allow        string
	}{
		{"GET", "/tasks/health?x=1&y", 200, ""},
		{"HEAD", "/tasks/health", 200, ""},
		{"GET", "/tasks", 308, ""},
		{"GET", "/tasks?x=1", 308, ""},
		{"GET", "/tasks/nothing", 404, ""},
		{"GET", "/tasks//health", 404, ""},
		{"GET", "/tasks/HEALTH", 404, ""},
		{"GET", "/tasks/metrics/../health", 404, ""},
		{"GET", "/tasks/%2e%2e/health", 404, ""},
		{"GET", "/tasksmore", 404, ""},
		{"GET", "/", 404, ""},
		{"POST", "/tasks/health", 405, "GET, HEAD"},
		{"PUT", "/tasks/task/x", 405, "GET, HEAD, DELETE"},
		{"GET", "/tasks/queues/default/pause", 405, "POST"},
		{"GET", "/tasks/assets/../handler.go", 404, ""},
		{"GET", "/tasks/assets/", 404, ""},
	} {
		a := f.do(tt.method, tt.path, "")
		if a.code != tt.code || a.header.Get("Allow") != tt.allow {
			t.Errorf("%s %s: %d, Allow %q", tt.method, tt.path, a.code, a.header.Get("Allow"))
		}
		if a.code >= 400 && (a.header.Get("Content-Type") != "application/problem+json" || a.at("status") != float64(tt.code) || a.at("timestamp") == nil) {
			t.Errorf("%s %s: %s", tt.method, tt.path, a.text)
		}
	}
}

func TestPrefixesAndGroups(t *testing.T) {
	f := newFixture(t, Config{Prefix: "api/v1/tasks/"})
	if a := f.get("/api/v1/tasks/health"); a.code != http.StatusOK {
		t.Errorf("%d", a.code)
	}
	f.serve(Config{Prefix: "/"})
	if a := f.get("/health"); a.code != http.StatusOK {
		t.Errorf("%d", a.code)
	}
	f.serve(Config{NoMetrics: true, NoHealthCheck: true})
	for path := range seedEndpoints {
		if a := f.get("/tasks" + path); a.code != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.code)
		}
	}
	if a := f.get("/tasks/metrics/prometheus"); a.code != http.StatusNotFound {
		t.Errorf("%d", a.code)
	}
	if a := f.get("/tasks/queues"); a.code != http.StatusOK {
		t.Errorf("%d", a.code)
	}
}

func TestMistakesInTheConfig(t *testing.T) {
	f := newFixture(t, Config{Origins: []string{"not an origin"}})
	if a := f.get("/tasks/health"); a.code != http.StatusInternalServerError || !strings.Contains(a.text, "Origins") {
		t.Errorf("%d %s", a.code, a.text)
	}
}

func TestConcurrentRequests(t *testing.T) {
	f, _ := busy(t, Config{})
	var all sync.WaitGroup
	for path := range seedEndpoints {
		for range 3 {
			all.Go(func() {
				if a := f.get("/tasks" + path); a.code != http.StatusOK {
					t.Errorf("%s: %d", path, a.code)
				}
			})
		}
	}
	all.Wait()
}

func TestAlerts(t *testing.T) {
	f, _ := busy(t, Config{Thresholds: Thresholds{Backlog: 1, MemoryBytes: 1, Utilization: 0.9}})
	if err := f.client.Pause(t.Context(), "slow"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		f.add("x", taskqueue.Queue("slow"))
	}
	a := f.get("/tasks/alerts")
	f.want(a, map[string]any{"alert_count": 3, "active_alerts.0.id": "backlog:slow", "active_alerts.0.severity": "Critical", "active_alerts.0.current_value": 3, "active_alerts.0.threshold": 1})
	since := a.at("active_alerts.0.timestamp")
	a = f.get("/tasks/sla")
	f.want(a, map[string]any{
		"violation_count": 3, "sla_violations.0.violation_type": "QueueBacklogTooHigh", "sla_violations.0.timestamp": since,
		"sla_violations.1.violation_type": "MemoryUsageTooHigh", "sla_violations.2.violation_type": "WorkerUtilizationTooLow",
	})
	f.want(f.get("/tasks/status"), map[string]any{"health.status": "Critical"})
	if _, err := f.client.Purge(t.Context(), "slow", taskqueue.Pending); err != nil {
		t.Fatal(err)
	}
	f.want(f.get("/tasks/alerts"), map[string]any{"alert_count": 1})
}

func TestErrorRateAlert(t *testing.T) {
	h := &handler{Config: Config{}.withDefaults()}
	start := time.Now()
	for _, tt := range []struct {
		done, died int64
		want       string
	}{
		{18, 1, ""}, // too few runs
		{97, 3, ""}, // few failures
		{94, 6, "Warning"},
		{89, 11, "Critical"},
	} {
		h.history = history{}
		h.history.add(start, []taskqueue.QueueInfo{{Queue: "q"}})
		v := &look{at: start.Add(time.Minute), queues: []taskqueue.QueueInfo{{Queue: "q", Done: tt.done, Died: tt.died}}}
		v.rates, v.fleet = h.history.add(v.at, v.queues)
		got := ""
		for _, a := range h.alertsOf(v) {
			got += a.Severity
		}
		if got != tt.want {
			t.Errorf("%d done, %d died: %q, want %q", tt.done, tt.died, got, tt.want)
		}
	}
}
