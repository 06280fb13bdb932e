package config

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A sample is a value of a key that is not its default: as it stands in a file
// and in a variable, as it is shown, and what comes of it where it takes effect.
type sample struct {
	file, variable, shown string
	effect                func(*Config) any
	want                  any
}

func worker(f func(taskqueue.WorkerConfig) any) func(*Config) any {
	return func(c *Config) any {
		w, err := c.WorkerConfig([]taskqueue.Task{{Kind: &taskqueue.Kind{Name: "a.A"}}, {Kind: &taskqueue.Kind{Name: "b.B"}}})
		if err != nil {
			return err
		}
		return f(w)
	}
}

// scaled looks at what comes of a config in which the autoscaler is enabled.
func scaled(f func(taskqueue.Autoscale) any) func(*Config) any {
	return func(c *Config) any {
		enabled := *c
		enabled.Autoscaler.Enabled = true
		return worker(func(w taskqueue.WorkerConfig) any { return f(w.Autoscale) })(&enabled)
	}
}

func kindNames(w taskqueue.WorkerConfig) any {
	var names []string
	for _, t := range w.Tasks {
		names = append(names, t.Kind.Name)
	}
	return names
}

// answered is the status of what the HTTP interface says to a request.
func answered(path string) func(*Config) any {
	return func(c *Config) any {
		client, err := taskqueue.Open(context.Background(), "mem://")
		if err != nil {
			return err
		}
		defer client.Close()
		mux := http.NewServeMux()
		c.Mount(mux, client)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code
	}
}

var samples = map[string]sample{
	"redis.url":                     {`"mem://"`, "mem://", "mem://", func(c *Config) any { return c.InMemory() }, true},
	"redis.prefix":                  {`"shop:"`, "shop:", "shop:", func(c *Config) any { return c.RedisConfig().Prefix }, "shop:"},
	"redis.pool_size":               {"7", "7", "7", func(c *Config) any { return c.RedisConfig().PoolSize }, 7},
	"redis.connection_timeout":      {"30", "30", "30s", func(c *Config) any { return c.RedisConfig().ConnectTimeout }, 30 * time.Second},
	"redis.command_timeout":         {`"1m30s"`, "1m30s", "1m30s", func(c *Config) any { return c.RedisConfig().CommandTimeout }, 90 * time.Second},
	"redis.patience":                {"0.5", "0.5", "500ms", func(c *Config) any { return c.RedisConfig().Patience }, 500 * time.Millisecond},
	"redis.durable_replicas":        {"2", "2", "2", func(c *Config) any { return c.RedisConfig().Durable.Replicas }, 2},
	"redis.durable_timeout":         {"0.5", "0.5", "500ms", func(c *Config) any { return c.RedisConfig().Durable.Timeout }, 500 * time.Millisecond},
	"encryption.keys":               {`"a=` + oneKey + `"`, "a=" + oneKey, "***", seals("any.Task"), true},
	"encryption.key_file":           {`"testdata/keys"`, "testdata/keys", "testdata/keys", seals("any.Task"), true},
	"encryption.kinds":              {`["b.B"]`, "b.B", "b.B", func(c *Config) any { d := *c; d.Encryption.Keys = "a=" + oneKey; return seals("any.Task")(&d) }, false},
	"client.max_payload_bytes":      {"2048", "2048", "2048", func(c *Config) any { return c.ClientConfig().MaxPayloadBytes }, 2048},
	"workers.initial_count":         {"4", "4", "4", func(c *Config) any { return c.Workers.InitialCount }, 4},
	"workers.max_concurrent_tasks":  {"25", "25", "25", worker(func(w taskqueue.WorkerConfig) any { return w.Concurrency }), 25},
	"workers.heartbeat_interval":    {"30", "30", "30s", worker(func(w taskqueue.WorkerConfig) any { return w.Lease }), 90 * time.Second},
	"workers.shutdown_grace_period": {"60", "60", "1m", worker(func(w taskqueue.WorkerConfig) any { return w.ShutdownGrace }), time.Minute},
	"workers.queues": {`["a", "b=5"]`, "a, b=5", "a,b=5", worker(func(w taskqueue.WorkerConfig) any { return w.Queues }),
		[]taskqueue.QueueWeight{{Name: "a"}, {Name: "b", Weight: 5}}},
	"workers.strict":           {"true", "yes", "true", worker(func(w taskqueue.WorkerConfig) any { return w.Strict }), true},
	"workers.kinds":            {`["b.B"]`, "b.B", "b.B", worker(kindNames), []string{"b.B"}},
	"workers.prefetch":         {`"none"`, "none", "none", worker(func(w taskqueue.WorkerConfig) any { return w.Prefetch }), taskqueue.NoPrefetch},
	"workers.name_prefix":      {`"blue"`, "blue", "blue", worker(func(w taskqueue.WorkerConfig) any { return w.Name }), "blue"},
	"workers.unknown_kind_age": {`"1h"`, "1h", "1h", worker(func(w taskqueue.WorkerConfig) any { return w.UnknownKindAge }), time.Hour},
	"workers.max_result_bytes": {"99", "99", "99", worker(func(w taskqueue.WorkerConfig) any { return w.MaxResultBytes }), 99},
	"auto_register.enabled":    {"false", "off", "false", worker(kindNames), []string{"b.B"}},
	"log.level": {`"warn,redis=DEBUG"`, "warn,redis=DEBUG", "warn,redis=DEBUG",
		func(c *Config) any { return [...]slog.Level{c.Log.Level(""), c.Log.Level("redis")} }, [...]slog.Level{slog.LevelWarn, slog.LevelDebug}},
	"log.format": {`"json"`, "json", "json", func(c *Config) any { return c.Log.Format }, "json"},

	"autoscaler.enabled":                                       {"true", "1", "true", worker(func(w taskqueue.WorkerConfig) any { return w.Autoscale.Max }), 20},
	"autoscaler.min_workers":                                   {"2", "2", "2", scaled(func(a taskqueue.Autoscale) any { return a.Min }), 2},
	"autoscaler.max_workers":                                   {"50", "50", "50", scaled(func(a taskqueue.Autoscale) any { return a.Max }), 50},
	"autoscaler.workers_per_process":                           {"5", "5", "5", scaled(func(a taskqueue.Autoscale) any { return a.PerProcess }), 5},
	"autoscaler.fleet":                                         {`"shop"`, "shop", "shop", scaled(func(a taskqueue.Autoscale) any { return a.Fleet }), "shop"},
	"autoscaler.scale_up_count":                                {"3", "3", "3", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.ScaleUpCount }), 3},
	"autoscaler.scale_down_count":                              {"3", "3", "3", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.ScaleDownCount }), 3},
	"autoscaler.enable_adaptive_thresholds":                    {"false", "0", "false", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.AdaptiveThresholds }), false},
	"autoscaler.learning_rate":                                 {"1", "1", "1", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.LearningRate }), 1.0},
	"autoscaler.adaptation_window_minutes":                     {"60", "60", "1h", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.AdaptationWindow }), time.Hour},
	"autoscaler.scale_up_cooldown_seconds":                     {"180", "180", "3m", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.ScaleUpCooldown }), 3 * time.Minute},
	"autoscaler.scale_down_cooldown_seconds":                   {"0", "0", "0s", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.ScaleDownCooldown }), time.Duration(0)},
	"autoscaler.consecutive_signals_required":                  {"3", "3", "3", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.ConsecutiveSignals }), 3},
	"autoscaler.evaluation_interval_ms":                        {"500", "500", "500ms", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.EvaluationInterval }), 500 * time.Millisecond},
	"autoscaler.scaling_triggers.queue_pressure_threshold":     {"1.2", "1.2", "1.2", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.Triggers.QueuePressure }), 1.2},
	"autoscaler.scaling_triggers.worker_utilization_threshold": {"0.85", "0.85", "0.85", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.Triggers.WorkerUtilization }), 0.85},
	"autoscaler.scaling_triggers.task_complexity_threshold":    {"2.0", "2.0", "2", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.Triggers.TaskComplexity }), 2.0},
	"autoscaler.scaling_triggers.error_rate_threshold":         {"0.03", "0.03", "0.03", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.Triggers.ErrorRate }), 0.03},
	"autoscaler.scaling_triggers.memory_pressure_threshold":    {"1024.0", "1024.0", "1024", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.Triggers.MemoryMB }), 1024.0},
	"autoscaler.target_sla.max_p95_latency_ms":                 {"3000.0", "3000.0", "3s", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.Target.P95Latency }), 3 * time.Second},
	"autoscaler.target_sla.min_success_rate":                   {"0.99", "0.99", "0.99", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.Target.SuccessRate }), 0.99},
	"autoscaler.target_sla.max_queue_wait_time_ms":             {"2500.0", "2500.0", "2.5s", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.Target.QueueWait }), 2500 * time.Millisecond},
	"autoscaler.target_sla.target_worker_utilization":          {"0.75", "0.75", "0.75", scaled(func(a taskqueue.Autoscale) any { return a.Tuning.Target.WorkerUtilization }), 0.75},
	"scheduler.enabled":                                        {"true", "true", "true", func(c *Config) any { return c.Scheduler.Enabled }, true},
	"scheduler.tick_interval":                                  {"10", "10", "10s", worker(func(w taskqueue.WorkerConfig) any { return w.Promote.Interval }), 10 * time.Second},
	"scheduler.max_tasks_per_tick":                             {"200", "200", "200", worker(func(w taskqueue.WorkerConfig) any { return w.Promote.Batch }), 200},
	"web.listen":                                               {`":8080"`, ":8080", ":8080", func(c *Config) any { return c.Serves() }, true},
	"web.password":                                             {`"opensesame"`, "opensesame", "***", answered("/tasks/registry"), http.StatusUnauthorized},
	"web.read_only":                                            {"true", "true", "true", func(c *Config) any { return c.WebConfig().ReadOnly }, true},
	"web.auto_configure_routes":                                {"false", "no", "false", answered("/tasks/health"), http.StatusNotFound},
	"web.route_prefix":                                         {`"/api/v1/tasks"`, "/api/v1/tasks", "/api/v1/tasks", answered("/api/v1/tasks/registry"), http.StatusOK},
	"web.enable_metrics":                                       {"false", "false", "false", answered("/tasks/metrics/summary"), http.StatusNotFound},
	"web.enable_health_check":                                  {"false", "false", "false", answered("/tasks/health"), http.StatusNotFound},
}

// together are keys that only make sense with another one.
var together = map[string]string{
	"workers.kinds":         "[auto_register]\nenabled = false\n",
	"auto_register.enabled": "[workers]\nkinds = [\"b.B\"]\n",
	"encryption.kinds":      "[encryption]\nkeys = \"a=" + oneKey + "\"\n",
}

// write makes a file for one test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, o Options) *Config {
	t.Helper()
	if o.Environ == nil {
		o.Environ = []string{}
	}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	c, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func valueOf(t *testing.T, c *Config, path string) (value, source string) {
	t.Helper()
	for _, s := range c.Settings() {
		if s.Key == path {
			return s.Value, s.Source
		}
	}
	t.Fatalf("no setting %s", path)
	return "", ""
}

// Each key of the table arrives from each of its sources, and does what it is
// for.
func TestEveryKey(t *testing.T) {
	for i := range keys {
		k := &keys[i]
		t.Run(k.path, func(t *testing.T) {
			s, ok := samples[k.path]
			if !ok {
				t.Fatal("the key has no sample")
			}
			if initial := k.value.show(Default()); initial == s.shown {
				t.Fatalf("the sample %s is the default", initial)
			}
			for name, o := range sourcesOf(t, k, s) {
				c := load(t, o)
				value, source := valueOf(t, c, k.path)
				if value != s.shown || source == "default" {
					t.Errorf("%s: %s (%s), want %s", name, value, source, s.shown)
				}
				checkEffect(t, c, k, s)
			}
		})
	}
	if len(samples) != len(keys) {
		t.Errorf("%d samples for %d keys", len(samples), len(keys))
	}
}

// sourcesOf are all ways to set a key.
func sourcesOf(t *testing.T, k *key[Config], s sample) map[string]Options {
	t.Helper()
	table, last := split(k.path)
	with := together[k.path]
	other := write(t, "other.toml", with)
	header := "[" + table + "]\n"
	if strings.HasPrefix(with, header) {
		header = ""
	}
	ways := map[string]Options{
		"toml": {File: write(t, "a.toml", fmt.Sprintf("%s%s%s = %s\n", with, header, last, s.file))},
	}
	if with == "" {
		var yaml strings.Builder
		indent := ""
		for name := range strings.SplitSeq(table, ".") {
			fmt.Fprintf(&yaml, "%s%s:\n", indent, name)
			indent += "  "
		}
		ways["yaml"] = Options{File: write(t, "a.yaml", fmt.Sprintf("%s%s%s: %s\n", yaml.String(), indent, last, s.file))}
	}
	for _, name := range k.env {
		ways[name] = Options{File: other, Environ: []string{name + "=" + s.variable}}
	}
	if k.flag != "" {
		ways["flag"] = Options{File: other, Flags: map[string]string{k.flag: s.variable}}
	}
	return ways
}

func checkEffect(t *testing.T, c *Config, k *key[Config], s sample) {
	t.Helper()
	if s.effect == nil {
		t.Fatal("it does nothing")
	}
	if diff := cmp.Diff(s.want, s.effect(c)); diff != "" {
		t.Errorf("effect (-want +got):\n%s", diff)
	}
	if without := s.effect(Default()); cmp.Diff(s.want, without) == "" {
		t.Errorf("the effect, %v, is there without the key", without)
	}
}

// A key has one documented variable that is its own.
func TestVariables(t *testing.T) {
	all := variables()
	sorted := slices.Sorted(slices.Values(all))
	if len(slices.Compact(sorted)) != len(all) {
		t.Errorf("a variable is there twice: %v", all)
	}
	for i := range keys {
		if len(keys[i].env) == 0 {
			t.Errorf("%s has no variable", keys[i].path)
		}
	}
}

var queueSamples = map[string]sample{
	"priority":   {"5", "5", "5", nil, nil},
	"weight":     {"8", "8", "8", nil, nil},
	"retries":    {"0", "0", "0", nil, nil},
	"timeout":    {`"none"`, "none", "none", nil, nil},
	"rate_limit": {"2.5", "2.5", "2.5", nil, nil},

	"concurrency": {"4", "4", "4", nil, nil},
	"max_tasks":   {"1000", "1000", "1000", nil, nil},
}

func TestEveryQueueKey(t *testing.T) {
	effects := map[string]func(taskqueue.QueueConfig) any{
		"priority": func(q taskqueue.QueueConfig) any { return q.Priority },
		"weight":   func(q taskqueue.QueueConfig) any { return q.Weight },
		"retries":  func(q taskqueue.QueueConfig) any { return q.Retries },
		"timeout":  func(q taskqueue.QueueConfig) any { return q.Timeout },

		"rate_limit":  func(q taskqueue.QueueConfig) any { return q.Rate },
		"concurrency": func(q taskqueue.QueueConfig) any { return q.Concurrency },
		"max_tasks":   func(q taskqueue.QueueConfig) any { return q.MaxTasks },
	}
	want := map[string]any{
		"priority": 5, "weight": 8, "retries": taskqueue.NoRetries, "timeout": taskqueue.NoTimeout,
		"rate_limit": taskqueue.Rate{N: 250, Period: 100 * time.Second}, "concurrency": int64(4), "max_tasks": int64(1000),
	}
	for i := range queueKeys {
		k := &queueKeys[i]
		s := queueSamples[k.path]
		for name, o := range map[string]Options{
			"toml":     {File: write(t, "a.toml", fmt.Sprintf("[queues.emails]\n%s = %s\n", k.path, s.file))},
			"yaml":     {File: write(t, "a.yml", fmt.Sprintf("queues:\n  emails:\n    %s: %s\n", k.path, s.file))},
			"variable": {Environ: []string{k.env[0] + "=other=1, emails=" + s.variable}},
		} {
			c := load(t, o)
			if value, source := valueOf(t, c, "queues.emails."+k.path); value != s.shown || source == "default" {
				t.Errorf("%s by %s: %s (%s)", k.path, name, value, source)
			}
			table, err := taskqueue.NewQueueTable(c.ClientConfig().Queues...)
			if err != nil {
				t.Fatal(err)
			}
			q, _ := table.Get("emails")
			if got := effects[k.path](q); got != want[k.path] {
				t.Errorf("%s by %s: %v, want %v", k.path, name, got, want[k.path])
			}
		}
	}
	if got := slices.Sorted(maps.Keys(queueSamples)); len(got) != len(queueKeys) {
		t.Errorf("samples of %v", got)
	}
}

// None lifts a limit only where somebody has said so.
func TestNoLimit(t *testing.T) {
	for text, want := range map[string]taskqueue.QueueConfig{
		"weight = 1":          {Rate: taskqueue.Rate{N: 10, Period: time.Second}},
		`rate_limit = "none"`: {Rate: taskqueue.Rate{N: taskqueue.NoLimit}},
		"rate_limit = 0.25":   {Rate: taskqueue.Rate{N: 1, Period: 4 * time.Second}},
		"rate_limit = 5000.5": {Rate: taskqueue.Rate{N: 5001, Period: time.Second}},
		`concurrency = "none"` + "\n" + `max_tasks = "none"`: {
			Rate: taskqueue.Rate{N: 10, Period: time.Second}, Concurrency: taskqueue.NoLimit, MaxTasks: taskqueue.NoLimit,
		},
	} {
		c := load(t, Options{File: write(t, "a.toml", "[queues.low_priority]\n"+text+"\n")})
		want.Name, want.Priority, want.Weight, want.Retries, want.Timeout = "low_priority", -10, 1, 2, 2*time.Minute
		if diff := cmp.Diff([]taskqueue.QueueConfig{want}, c.ClientConfig().Queues); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		if _, err := taskqueue.NewQueueTable(c.ClientConfig().Queues...); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What is not said of a standard queue stays as it is there.
func TestStandardQueueKeepsTheRest(t *testing.T) {
	c := load(t, Options{Environ: []string{"TASK_QUEUE_QUEUE_WEIGHT=high_priority=9"}})
	want := []taskqueue.QueueConfig{{Name: "high_priority", Priority: 10, Weight: 9, Retries: 5, Timeout: 10 * time.Minute}}
	if diff := cmp.Diff(want, c.ClientConfig().Queues); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
