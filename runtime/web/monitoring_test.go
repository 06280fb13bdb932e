package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// monitoring is where the files for Grafana and Prometheus are.
const monitoring = "../../docs/monitoring"

// A chart is one panel of the dashboard: an expression for each line.
type chart struct {
	title, unit string
	lines       [][2]string // expression and legend
}

// charts are made from the metrics that the handler exposes.
func charts() []chart {
	all := []chart{
		{"Workers", "short", [][2]string{{"max(taskqueue_fleet_workers)", "workers"}, {"max(taskqueue_fleet_slots)", "slots"}, {"max(taskqueue_fleet_busy)", "busy"}}},
		{"Runs by outcome", "ops", [][2]string{{"sum by (outcome) (rate(taskqueue_fleet_runs_total[$__rate_interval]))", "{{outcome}}"}}},
	}
	for _, h := range []struct{ title, name string }{{"Wait", "wait"}, {"Run", "run"}, {"Wait and run", "total"}} {
		c := chart{title: h.title + " by kind", unit: "s"}
		for _, q := range []string{"0.5", "0.95", "0.99"} {
			c.lines = append(c.lines, [2]string{
				fmt.Sprintf(`histogram_quantile(%s, sum by (le, kind) (rate(taskqueue_fleet_%s_seconds_bucket{queue=~"$queue"}[$__rate_interval])))`, q, h.name), "{{kind}} p" + strings.TrimPrefix(q, "0."),
			})
		}
		all = append(all, c)
	}
	for _, f := range queueFamilies() {
		expression, unit := fmt.Sprintf(`max by (queue) (%s{queue=~"$queue"})`, f.name), "short"
		if f.kind == "counter" {
			expression, unit = fmt.Sprintf(`max by (queue) (rate(%s{queue=~"$queue"}[$__rate_interval]))`, f.name), "ops"
		}
		all = append(all, chart{strings.TrimSuffix(f.help, "."), unit, [][2]string{{expression, "{{queue}}"}}})
	}
	return all
}

// grafana is the dashboard.
func grafana() any {
	source := object{"type": "prometheus", "uid": "${datasource}"}
	var panels []any
	for i, c := range charts() {
		var targets []any
		for j, line := range c.lines {
			targets = append(targets, object{"refId": string(rune('A' + j)), "datasource": source, "expr": line[0], "legendFormat": line[1]})
		}
		panels = append(panels, object{
			"id": i + 1, "type": "timeseries", "title": c.title, "datasource": source, "targets": targets,
			"gridPos":     object{"x": i % 3 * 8, "y": i / 3 * 8, "w": 8, "h": 8},
			"fieldConfig": object{"defaults": object{"unit": c.unit, "min": 0}, "overrides": []any{}},
		})
	}
	return object{
		"title": "taskqueue", "uid": "taskqueue", "schemaVersion": 39, "version": 1, "refresh": "10s", "tags": []any{"taskqueue"},
		"time": object{"from": "now-1h", "to": "now"}, "panels": panels,
		"templating": object{"list": []any{
			object{"name": "datasource", "type": "datasource", "query": "prometheus"},
			object{"name": "queue", "type": "query", "datasource": source, "query": "label_values(taskqueue_tasks_pending, queue)", "multi": true, "includeAll": true, "refresh": 2},
		}},
	}
}

// A rule is an alert.
type rule struct{ alert, expression, wait, severity, summary string }

// rules have the default thresholds of the handler's own alerts.
func rules() []rule {
	t := Config{}.withDefaults().Thresholds
	return []rule{
		{"TaskqueueBacklog", fmt.Sprintf("max by (queue) (taskqueue_tasks_pending) > %d", t.Backlog), "5m", "warning", "Queue {{ $labels.queue }} has {{ $value }} pending tasks."},
		{"TaskqueueErrors", fmt.Sprintf("max by (queue) (rate(taskqueue_tasks_retried_total[5m]) + rate(taskqueue_tasks_died_total[5m])) / max by (queue) (rate(taskqueue_tasks_done_total[5m]) + rate(taskqueue_tasks_retried_total[5m]) + rate(taskqueue_tasks_died_total[5m])) > %v", t.ErrorRate), "5m", "warning", "{{ $value | humanizePercentage }} of the runs of queue {{ $labels.queue }} fail."},
		{"TaskqueueDeadLetters", "max by (queue) (increase(taskqueue_tasks_died_total[15m])) > 0", "0m", "info", "{{ $value }} tasks of queue {{ $labels.queue }} died within 15 minutes."},
		{"TaskqueueSlowRuns", fmt.Sprintf("histogram_quantile(0.95, sum by (le, kind) (rate(taskqueue_fleet_run_seconds_bucket[10m]))) > %v", t.RunTime.Seconds()), "10m", "warning", "5 % of the runs of {{ $labels.kind }} take longer than {{ $value }} s."},
		{"TaskqueueNoWorker", "max by (queue) (taskqueue_tasks_pending) > 0 and max by (queue) (taskqueue_queue_sessions) == 0", "5m", "critical", "No worker is at queue {{ $labels.queue }}, and tasks wait."},
		{"TaskqueueParked", "max by (queue) (taskqueue_tasks_parked) > 0", "15m", "warning", "{{ $value }} tasks of queue {{ $labels.queue }} wait for a worker that knows their kind."},
		{"TaskqueueLostRuns", "max by (queue) (increase(taskqueue_tasks_lost_total[15m])) > 0", "0m", "warning", "Workers vanished with {{ $value }} tasks of queue {{ $labels.queue }}."},
		{"TaskqueuePaused", "max by (queue) (taskqueue_queue_paused) == 1", "1h", "info", "Queue {{ $labels.queue }} is paused since an hour."},
		{"TaskqueueSaturated", "max(taskqueue_fleet_busy) >= max(taskqueue_fleet_slots) and sum(max by (queue) (taskqueue_tasks_pending)) > 0", "15m", "info", "All slots are busy, and tasks wait."},
	}
}

// alertRules are the rules as YAML; internal/webtest reads it.
func alertRules() []byte {
	var b bytes.Buffer
	b.WriteString("groups:\n- name: taskqueue\n  rules:\n")
	for _, r := range rules() {
		fmt.Fprintf(&b, "  - alert: %s\n    expr: %q\n    for: %s\n    labels:\n      severity: %s\n    annotations:\n      summary: %q\n",
			r.alert, r.expression, r.wait, r.severity, r.summary)
	}
	return b.Bytes()
}

// TestMonitoring: the files are what the metrics of today give.
func TestMonitoring(t *testing.T) {
	dashboard, err := json.MarshalIndent(grafana(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"grafana.json": append(dashboard, '\n'), "alerts.yml": alertRules()} {
		path := filepath.Join(monitoring, name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is old: run go generate ./runtime/web (-want +file)\n%s", name, cmp.Diff(string(want), string(got)))
		}
	}
}

// Nothing is asked for that is not exposed.
func TestMonitoringKnowsItsMetrics(t *testing.T) {
	f, _ := busy(t, Config{})
	exposed := f.get("/tasks/metrics/prometheus").text
	var asked []string
	for _, c := range charts() {
		for _, line := range c.lines {
			asked = append(asked, line[0])
		}
	}
	for _, r := range rules() {
		asked = append(asked, r.expression)
	}
	names := regexp.MustCompile(`taskqueue_[a-z_]+`)
	for _, expression := range asked {
		if strings.Count(expression, "(") != strings.Count(expression, ")") {
			t.Errorf("%s: brackets", expression)
		}
		for _, name := range names.FindAllString(expression, -1) {
			if !strings.Contains(exposed, "\n"+name) {
				t.Errorf("%s is not exposed", name)
			}
		}
	}
}
