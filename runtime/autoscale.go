package taskqueue

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/fleet"
)

// Autoscale lets the number of slots follow the work. It is counted in workers of
// WorkerConfig.Concurrency slots each: with 10 slots, Min 2 and Max 8 there are 20
// to 80 slots. Processes that serve the same queues are a fleet and share them:
// one of them decides for all, each has its part. The zero value is off: there are
// Concurrency slots in each process.
//
// Once a second the fleet's leader looks at what arrives, waits, runs and fails,
// and decides how many workers there should be; see docs/autoscaling.md. When there
// are to be fewer, running handlers finish first. While the store does not answer,
// the number stays.
type Autoscale struct {
	// Min and Max bound the number of workers of all processes together: 1 ≤ Min
	// ≤ Max ≤ 1000. Min defaults to 1. Max 0 is off, if nothing else is set.
	Min, Max int

	// Initial is how many there are when nothing is known yet. Default Min.
	Initial int

	// PerProcess is how many of them this process runs at most; times Concurrency
	// at most 100000. Default Max: one process is enough then. Set it where others
	// can be started for more: [Client.Fleets] says how many there should be.
	PerProcess int

	// Fleet names those that share workers, by the rules of queue names but of 100
	// bytes at most. Default: all that serve the same queues. Processes of one
	// fleet should serve the same queues; the leader's bounds and tuning hold.
	Fleet string

	// Tuning is how it decides. Default: [DefaultTuning].
	Tuning *AutoscaleTuning
}

// AutoscaleTuning says when to scale and how. Start from [DefaultTuning]: a zero
// is a value and not a default. Each field is a key of the table autoscaler of
// the configuration file.
type AutoscaleTuning struct {
	ScaleUpCount       int           // the smallest step up: 1 to 50; default 2
	ScaleDownCount     int           // the largest saving that has to last longer: 1 to 50; default 1
	Triggers           ScaleTriggers // thresholds of the five signals
	AdaptiveThresholds bool          // margin, pressure threshold and reserve follow what was measured; default true
	LearningRate       float64       // how far they move in 30 s: above 0, to 1; default 0.1
	AdaptationWindow   time.Duration // how long the past counts: 1m to 24h; default 30m
	ScaleUpCooldown    time.Duration // between two of the smallest steps up: 0 to 24h; default 1m
	ScaleDownCooldown  time.Duration // whose largest demand is kept: 0 to 24h; default AdaptiveCooldown
	ConsecutiveSignals int           // decisions in a row that ask for the smallest step up: 0 to 100; default 2
	Target             ScaleTarget   // the service level
	EvaluationInterval time.Duration // between decisions: 100ms to 1m; default 1s
}

// AdaptiveCooldown as AutoscaleTuning.ScaleDownCooldown, the default, follows the
// time that workers take to start: of those in a process, 20 seconds.
const AdaptiveCooldown = autoscaler.Adaptive

// ScaleTriggers are the thresholds of the five measured signals.
type ScaleTriggers = autoscaler.Triggers

// ScaleTarget is the service level that the autoscaler keeps.
type ScaleTarget = autoscaler.Target

// A Signal is a measured value and its threshold of now.
type Signal = autoscaler.Signal

// A Decision is a number of workers, and why. Its String says it in words:
//
//	8 → 76: step in arrivals 6.4 → 62.6 erlang, predicted wait 17 s of 10 s
type Decision = autoscaler.Decision

// DefaultTuning returns the defaults.
func DefaultTuning() AutoscaleTuning {
	c := autoscaler.DefaultConfig()
	return AutoscaleTuning{
		ScaleUpCount: c.ScaleUpCount, ScaleDownCount: c.ScaleDownCount, Triggers: c.Triggers,
		AdaptiveThresholds: c.AdaptiveThresholds, LearningRate: c.LearningRate, AdaptationWindow: c.AdaptationWindow,
		ScaleUpCooldown: c.ScaleUpCooldown, ScaleDownCooldown: c.ScaleDownCooldown, ConsecutiveSignals: c.ConsecutiveSignals,
		Target: c.Target, EvaluationInterval: c.EvaluationInterval,
	}
}

// on says that the number of workers is not fixed.
func (a Autoscale) on() bool { return a != Autoscale{} }

// perProcess is how many workers a process may have.
func (a Autoscale) perProcess() int { return cmp.Or(a.PerProcess, a.Max) }

// config is the controller's.
func (a Autoscale) config() autoscaler.Config {
	t := DefaultTuning()
	if a.Tuning != nil {
		t = *a.Tuning
	}
	return autoscaler.Config{
		MinWorkers: cmp.Or(a.Min, 1), MaxWorkers: a.Max,
		ScaleUpCount: t.ScaleUpCount, ScaleDownCount: t.ScaleDownCount, Triggers: t.Triggers,
		AdaptiveThresholds: t.AdaptiveThresholds, LearningRate: t.LearningRate, AdaptationWindow: t.AdaptationWindow,
		ScaleUpCooldown: t.ScaleUpCooldown, ScaleDownCooldown: t.ScaleDownCooldown, ConsecutiveSignals: t.ConsecutiveSignals,
		Target: t.Target, EvaluationInterval: t.EvaluationInterval,
	}
}

// check reports everything that is wrong, for workers of so many slots.
func (a Autoscale) check(slots int) error {
	if !a.on() {
		return nil
	}
	c := a.config()
	var errs []error
	refuse := func(err error) { errs = append(errs, fmt.Errorf("%w: WorkerConfig.Autoscale: %w", ErrInvalid, err)) }
	if err := c.Validate(); err != nil {
		refuse(err)
	}
	if a.PerProcess < 0 || a.PerProcess > max(a.Max, 0) {
		refuse(fmt.Errorf("PerProcess %d is outside 1 to Max, %d", a.PerProcess, a.Max))
	}
	if n := a.perProcess(); n*slots > maxConcurrency {
		refuse(fmt.Errorf("%d workers of %d slots are more than %d slots", n, slots, maxConcurrency))
	}
	if len(a.Fleet) > fleet.MaxName {
		refuse(fmt.Errorf("Fleet has %d bytes, at most %d are allowed", len(a.Fleet), fleet.MaxName))
	} else if a.Fleet != "" {
		errs = append(errs, broker.CheckName("name of the fleet", a.Fleet))
	}
	if a.Initial != 0 && (a.Initial < c.MinWorkers || a.Initial > c.MaxWorkers) {
		//lint:ignore ST1005 it begins with the name of a field
		refuse(fmt.Errorf("Initial %d is outside %d to %d", a.Initial, c.MinWorkers, c.MaxWorkers))
	}
	return errors.Join(errs...)
}

// Decisions returns the last n decisions of its fleet that this worker has seen,
// the newest first: 1000 at most are kept. There are none without Autoscale.
// [Client.FleetDecisions] has those of earlier processes, too.
func (w *Worker) Decisions(n int) []Decision {
	if w.scaler == nil {
		return nil
	}
	return w.scaler.decisions.last(n)
}
