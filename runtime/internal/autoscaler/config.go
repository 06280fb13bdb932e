package autoscaler

import "time"

// A Config says what to keep and between which bounds. Start from
// [DefaultConfig]; the zero value is not valid. The comments name the key of
// the configuration file, its unit there, and the range that [New] accepts.
type Config struct {
	// MinWorkers and MaxWorkers bound every decision, upward too.
	// min_workers, max_workers: 1 ≤ min ≤ max ≤ 1000; default 1 and 20.
	MinWorkers, MaxWorkers int

	// ScaleUpCount is the smallest step up; what it may have brought too much is a
	// small saving, as below. scale_up_count: 1 to 50; default 2.
	ScaleUpCount int

	// ScaleDownCount is the largest saving that counts as small: it has to last
	// three windows before it is taken. scale_down_count: 1 to 50; default 1.
	ScaleDownCount int

	Triggers Triggers // [autoscaler.scaling_triggers]

	// AdaptiveThresholds lets the staffing margin, the pressure threshold and the
	// reserve follow what was measured.
	// enable_adaptive_thresholds; default true.
	AdaptiveThresholds bool

	// LearningRate is the share of the way that a threshold moves in 30 s.
	// learning_rate: above 0, to 1; default 0.1.
	LearningRate float64

	// AdaptationWindow is how long the past counts: for baselines, and for the
	// forecast errors that size the reserve.
	// adaptation_window_minutes: 1 to 1440; default 30.
	AdaptationWindow time.Duration

	// ScaleUpCooldown is the pause between two of the smallest steps up; a bigger
	// one waits less, one of a quarter not at all.
	// scale_up_cooldown_seconds: 0 to 86400; default 60.
	ScaleUpCooldown time.Duration

	// ScaleDownCooldown is the window whose largest demand is kept. Adaptive is
	// 1.5 times the measured start-up delay, 20 s to 5 min.
	// scale_down_cooldown_seconds: 0 to 86400; default Adaptive.
	ScaleDownCooldown time.Duration

	// ConsecutiveSignals is how many ticks in a row must ask for the smallest
	// step up; fewer for bigger ones, 0 counts as 1.
	// consecutive_signals_required: 0 to 100; default 2.
	ConsecutiveSignals int

	Target Target // [autoscaler.target_sla]

	// EvaluationInterval is the time between decisions.
	// evaluation_interval_ms (not of the seed): 100 to 60000; default 1000.
	EvaluationInterval time.Duration
}

// Triggers are the limits of the five measured signals.
type Triggers struct {
	// QueuePressure is the share of its target at which a predicted wait calls
	// for workers. queue_pressure_threshold: above 0, to 2; default 0.75.
	QueuePressure float64

	// WorkerUtilization is what the fleet is planned to be busy at most, until
	// the measured waits have shown for minutes that more is safe.
	// worker_utilization_threshold: above 0, to 1; default 0.8.
	WorkerUtilization float64

	// TaskComplexity is the ratio of the last half minute's service time to its
	// baseline from which on the half minute counts.
	// task_complexity_threshold: 1 to 100; default 1.5.
	TaskComplexity float64

	// ErrorRate is the share of failed attempts from which on a type is sick: the
	// brake is put on once it is slowed down, too, or fails more often than not.
	// error_rate_threshold: 0 to 1; default 0.05.
	ErrorRate float64

	// MemoryMB is what a task is taken to need until that is declared or measured.
	// memory_pressure_threshold, in MB: above 0, to 1048576; default 512.
	MemoryMB float64
}

// A Target is the service level to keep.
type Target struct {
	// P95Latency is the longest time from ready to done, for 95 of 100 tasks.
	// max_p95_latency_ms: 1 to 86400000; default 5000.
	P95Latency time.Duration

	// SuccessRate prices lateness: at 0.95 a late second is worth 19 idle ones.
	// min_success_rate: 0 to 1; default 0.95.
	SuccessRate float64

	// QueueWait is the longest time from ready to started. A queue of weight w
	// has QueueWait/w. max_queue_wait_time_ms: 1 to 86400000; default 10000.
	QueueWait time.Duration

	// WorkerUtilization is how busy the fleet is planned to be before anything is
	// learned. target_worker_utilization: above 0, to 1; default 0.7.
	WorkerUtilization float64
}

// Adaptive as ScaleDownCooldown: the window follows the start-up delay.
const Adaptive time.Duration = -1

// DefaultConfig is the seed's default block, decided every second and with a
// window that adapts.
func DefaultConfig() Config {
	return Config{
		MinWorkers: 1, MaxWorkers: 20,
		ScaleUpCount: 2, ScaleDownCount: 1,
		Triggers: Triggers{
			QueuePressure: 0.75, WorkerUtilization: 0.8, TaskComplexity: 1.5, ErrorRate: 0.05, MemoryMB: 512,
		},
		AdaptiveThresholds: true, LearningRate: 0.1, AdaptationWindow: 30 * time.Minute,
		ScaleUpCooldown: time.Minute, ScaleDownCooldown: Adaptive, ConsecutiveSignals: 2,
		Target: Target{
			P95Latency: 5 * time.Second, SuccessRate: 0.95, QueueWait: 10 * time.Second, WorkerUtilization: 0.7,
		},
		EvaluationInterval: time.Second,
	}
}
