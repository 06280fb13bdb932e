package autoscaler

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// A KeyError is one value of a Config that is out of range.
type KeyError struct {
	Key    string // as in the configuration file, from [autoscaler] down: "target_sla.min_success_rate"
	Reason string // what is wrong and what is allowed
}

// Error names the key and says what is wrong with it.
func (e *KeyError) Error() string { return "autoscaler." + e.Key + " " + e.Reason }

// Validate reports everything that is wrong, as joined [*KeyError]s.
func (c *Config) Validate() error {
	var v validator
	v.count("min_workers", c.MinWorkers, 1, maxWorkers)
	v.count("max_workers", c.MaxWorkers, 1, maxWorkers)
	if c.MaxWorkers < c.MinWorkers {
		v.refuse("max_workers", "is %d, below min_workers = %d", c.MaxWorkers, c.MinWorkers)
	}
	v.count("scale_up_count", c.ScaleUpCount, 1, maxStep)
	v.count("scale_down_count", c.ScaleDownCount, 1, maxStep)

	v.above0("scaling_triggers.queue_pressure_threshold", c.Triggers.QueuePressure, 2)
	v.above0("scaling_triggers.worker_utilization_threshold", c.Triggers.WorkerUtilization, 1)
	v.number("scaling_triggers.task_complexity_threshold", c.Triggers.TaskComplexity, 1, 100)
	v.number("scaling_triggers.error_rate_threshold", c.Triggers.ErrorRate, 0, 1)
	v.above0("scaling_triggers.memory_pressure_threshold", c.Triggers.MemoryMB, maxMemoryMB)

	v.above0("learning_rate", c.LearningRate, 1)
	v.time("adaptation_window_minutes", c.AdaptationWindow, time.Minute, maxTime)
	v.time("scale_up_cooldown_seconds", c.ScaleUpCooldown, 0, maxTime)
	if c.ScaleDownCooldown != Adaptive {
		v.time("scale_down_cooldown_seconds", c.ScaleDownCooldown, 0, maxTime)
	}
	v.count("consecutive_signals_required", c.ConsecutiveSignals, 0, maxSignals)

	v.time("target_sla.max_p95_latency_ms", c.Target.P95Latency, time.Millisecond, maxTime)
	v.number("target_sla.min_success_rate", c.Target.SuccessRate, 0, 1)
	v.time("target_sla.max_queue_wait_time_ms", c.Target.QueueWait, time.Millisecond, maxTime)
	v.above0("target_sla.target_worker_utilization", c.Target.WorkerUtilization, 1)

	v.time("evaluation_interval_ms", c.EvaluationInterval, 100*time.Millisecond, time.Minute)
	return errors.Join(v.errs...)
}

const (
	maxWorkers  = 1000
	maxStep     = 50
	maxSignals  = 100
	maxMemoryMB = 1 << 20
	maxTime     = 24 * time.Hour
)

type validator struct{ errs []error }

func (v *validator) refuse(key, format string, args ...any) {
	v.errs = append(v.errs, &KeyError{Key: key, Reason: fmt.Sprintf(format, args...)})
}

func (v *validator) count(key string, n, low, high int) {
	if n < low || n > high {
		v.refuse(key, "is %d, outside %d to %d", n, low, high)
	}
}

func (v *validator) number(key string, x, low, high float64) {
	if math.IsNaN(x) || x < low || x > high {
		v.refuse(key, "is %v, outside %v to %v", x, low, high)
	}
}

func (v *validator) above0(key string, x, high float64) {
	if math.IsNaN(x) || x <= 0 || x > high {
		v.refuse(key, "is %v; it must be above 0 and at most %v", x, high)
	}
}

func (v *validator) time(key string, d, low, high time.Duration) {
	if d < low || d > high {
		v.refuse(key, "is %v, outside %v to %v", d, low, high)
	}
}
