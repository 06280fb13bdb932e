package autoscaler

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultConfigIsValid(t *testing.T) {
	c := DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

// edge is a key with values just inside and just outside its range.
type edge struct {
	key       string
	good, bad []func(*Config)
}

func edges() []edge {
	type set = []func(*Config)
	count := func(field func(*Config) *int, values ...int) (s set) {
		for _, v := range values {
			s = append(s, func(c *Config) { *field(c) = v })
		}
		return s
	}
	number := func(field func(*Config) *float64, values ...float64) (s set) {
		for _, v := range values {
			s = append(s, func(c *Config) { *field(c) = v })
		}
		return s
	}
	period := func(field func(*Config) *time.Duration, values ...time.Duration) (s set) {
		for _, v := range values {
			s = append(s, func(c *Config) { *field(c) = v })
		}
		return s
	}
	minWorkers := func(c *Config) *int { return &c.MinWorkers }
	maxWorkers := func(c *Config) *int { return &c.MaxWorkers }
	upCount, downCount := func(c *Config) *int { return &c.ScaleUpCount }, func(c *Config) *int { return &c.ScaleDownCount }
	pressure := func(c *Config) *float64 { return &c.Triggers.QueuePressure }
	busy := func(c *Config) *float64 { return &c.Triggers.WorkerUtilization }
	complexity := func(c *Config) *float64 { return &c.Triggers.TaskComplexity }
	failures := func(c *Config) *float64 { return &c.Triggers.ErrorRate }
	memory := func(c *Config) *float64 { return &c.Triggers.MemoryMB }
	rate := func(c *Config) *float64 { return &c.LearningRate }
	window := func(c *Config) *time.Duration { return &c.AdaptationWindow }
	upCool, downCool := func(c *Config) *time.Duration { return &c.ScaleUpCooldown }, func(c *Config) *time.Duration { return &c.ScaleDownCooldown }
	signals := func(c *Config) *int { return &c.ConsecutiveSignals }
	p95 := func(c *Config) *time.Duration { return &c.Target.P95Latency }
	success := func(c *Config) *float64 { return &c.Target.SuccessRate }
	wait := func(c *Config) *time.Duration { return &c.Target.QueueWait }
	target := func(c *Config) *float64 { return &c.Target.WorkerUtilization }
	interval := func(c *Config) *time.Duration { return &c.EvaluationInterval }
	nan := math.NaN()
	const day = 24 * time.Hour
	return []edge{
		{"min_workers", count(minWorkers, 1, 20), count(minWorkers, 0, -1)},
		{"max_workers", count(maxWorkers, 1, 1000), count(maxWorkers, 0, 1001)},
		{"scale_up_count", count(upCount, 1, 50), count(upCount, 0, 51)},
		{"scale_down_count", count(downCount, 1, 50), count(downCount, 0, 51)},
		{"scaling_triggers.queue_pressure_threshold", number(pressure, 1e-9, 2), number(pressure, 0, 2.1, nan)},
		{"scaling_triggers.worker_utilization_threshold", number(busy, 1e-9, 1), number(busy, 0, 1.1, nan)},
		{"scaling_triggers.task_complexity_threshold", number(complexity, 1, 100), number(complexity, 0.9, 101, nan)},
		{"scaling_triggers.error_rate_threshold", number(failures, 0, 1), number(failures, -0.1, 1.1, nan)},
		{"scaling_triggers.memory_pressure_threshold", number(memory, 1e-9, 1<<20), number(memory, 0, -1, 1<<21, nan)},
		{"learning_rate", number(rate, 1e-9, 1), number(rate, 0, 1.1, nan)},
		{"adaptation_window_minutes", period(window, time.Minute, day), period(window, 0, time.Second, day+1)},
		{"scale_up_cooldown_seconds", period(upCool, 0, day), period(upCool, -1, day+1)},
		{"scale_down_cooldown_seconds", period(downCool, Adaptive, 0, day), period(downCool, -2, day+1)},
		{"consecutive_signals_required", count(signals, 0, 100), count(signals, -1, 101)},
		{"target_sla.max_p95_latency_ms", period(p95, time.Millisecond, day), period(p95, 0, day+1)},
		{"target_sla.min_success_rate", number(success, 0, 1), number(success, -0.1, 1.1, nan)},
		{"target_sla.max_queue_wait_time_ms", period(wait, time.Millisecond, day), period(wait, 0, day+1)},
		{"target_sla.target_worker_utilization", number(target, 1e-9, 1), number(target, 0, 1.1, nan)},
		{"evaluation_interval_ms", period(interval, 100*time.Millisecond, time.Minute), period(interval, 0, time.Millisecond, time.Hour)},
	}
}

func TestValidationOfEveryKey(t *testing.T) {
	for _, e := range edges() {
		for i, set := range e.good {
			c := DefaultConfig()
			if set(&c); c.Validate() != nil {
				t.Errorf("%s, good value %d: %v", e.key, i, c.Validate())
			}
		}
		for i, set := range e.bad {
			c := DefaultConfig()
			set(&c)
			if keys := refused(c.Validate()); !slices.Contains(keys, e.key) {
				t.Errorf("%s, bad value %d: refused %v", e.key, i, keys)
			}
			if _, err := New(c); err == nil {
				t.Errorf("%s, bad value %d: New took it", e.key, i)
			}
		}
	}
}

// refused are the keys of joined KeyErrors.
func refused(err error) []string {
	var keys []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if k, ok := errors.AsType[*KeyError](e); ok {
				keys = append(keys, k.Key)
			}
		}
	}
	return keys
}

func TestValidationReportsAllAtOnce(t *testing.T) {
	var c Config
	want := []string{}
	for _, e := range edges() {
		want = append(want, e.key)
	}
	optional := []string{"error_rate_threshold", "scale_up_cooldown", "scale_down_cooldown", "consecutive_signals", "min_success_rate"}
	want = slices.DeleteFunc(want, func(key string) bool {
		return slices.ContainsFunc(optional, func(zero string) bool { return strings.Contains(key, zero) })
	})
	if diff := cmp.Diff(want, refused(c.Validate())); diff != "" {
		t.Errorf("keys of the zero Config (-want +got):\n%s", diff)
	}
	c = DefaultConfig()
	c.MinWorkers, c.MaxWorkers = 30, 20
	if err := c.Validate(); err == nil || err.Error() != "autoscaler.max_workers is 20, below min_workers = 30" {
		t.Errorf("got %v", err)
	}
}

// Every key alone makes another decision somewhere in a life of ups and downs.
func TestEveryKeyBites(t *testing.T) {
	changes := map[string]func(*Config){
		"min_workers":                  func(c *Config) { c.MinWorkers = 12 },
		"max_workers":                  func(c *Config) { c.MaxWorkers = 30 },
		"scale_up_count":               func(c *Config) { c.ScaleUpCount = 10 },
		"scale_down_count":             func(c *Config) { c.ScaleDownCount = 20 },
		"queue_pressure_threshold":     func(c *Config) { c.Triggers.QueuePressure = 1.5 },
		"worker_utilization_threshold": func(c *Config) { c.Triggers.WorkerUtilization = 0.5 },
		"task_complexity_threshold":    func(c *Config) { c.Triggers.TaskComplexity = 50 },
		"error_rate_threshold":         func(c *Config) { c.Triggers.ErrorRate = 0.9 },
		"memory_pressure_threshold":    func(c *Config) { c.Triggers.MemoryMB = 4 },
		"enable_adaptive_thresholds":   func(c *Config) { c.AdaptiveThresholds = false },
		"learning_rate":                func(c *Config) { c.LearningRate = 0.9 },
		"adaptation_window_minutes":    func(c *Config) { c.AdaptationWindow = time.Minute },
		"scale_up_cooldown_seconds":    func(c *Config) { c.ScaleUpCooldown = 10 * time.Minute },
		"scale_down_cooldown_seconds":  func(c *Config) { c.ScaleDownCooldown = 10 * time.Minute },
		"consecutive_signals_required": func(c *Config) { c.ConsecutiveSignals = 60 },
		"max_p95_latency_ms":           func(c *Config) { c.Target.P95Latency = time.Second },
		"min_success_rate":             func(c *Config) { c.Target.SuccessRate = 0.2 },
		"max_queue_wait_time_ms":       func(c *Config) { c.Target.QueueWait = time.Second },
		"target_worker_utilization":    func(c *Config) { c.Target.WorkerUtilization = 0.3 },
		"evaluation_interval_ms":       func(c *Config) { c.EvaluationInterval = 5 * time.Second },
	}
	if len(changes) != len(edges())+1 { // enable_adaptive_thresholds has no range
		t.Errorf("%d keys are tried, %d have a range", len(changes), len(edges()))
	}
	usual := life(t, wide())
	for key, change := range changes {
		c := wide()
		change(&c)
		if slices.Equal(usual, life(t, c)) {
			t.Errorf("%s changes nothing", key)
		}
	}
}

// life is the decisions for a fleet that meets everything that a key is about,
// as sizes and the sums of caps.
func life(t *testing.T, c Config) []int {
	var decided []int
	w := begin(t, c, 2, "a", "b")
	run := func(seconds int) {
		for range seconds {
			d, caps := w.tick(), 0
			for _, c := range d.Caps {
				caps += c.Limit
			}
			decided = append(decided, d.To, caps)
		}
	}
	w.startup = 20
	w.rates[0] = 30
	w.o.Memory = Memory{UsedMB: 200, IdleMB: 100, LimitMB: 40000}
	run(400)
	for range 3 {
		w.rates[0] = 60 // a surprise that comes again
		run(60)
		w.rates[0] = 10
		run(240)
	}
	w.rates[0] = 12
	run(200)
	w.service[0] = 1.5
	run(200)
	w.rates[0], w.fails[0] = 40, 0.3
	run(200)
	w.rates[0], w.fails[0], w.waits = 1, 0, 30
	run(400)
	w.o.Memory.LimitMB, w.rates[1], w.rates[0] = 2000, 50, 0
	run(60)
	return decided
}
