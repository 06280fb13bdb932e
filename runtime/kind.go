package taskqueue

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Kind is what is known of a type of task before there is any task: its wire
// name and its settings. Generated code declares one for each annotated struct;
// it is never changed afterwards.
type Kind struct {
	Name     string   // on the wire, "package.Type" unless the directive says otherwise
	Version  uint16   // of the payload's shape; default 1
	Was      []string // older names, under which tasks may still be queued: a worker runs those, too
	Settings Settings

	// Schema describes payload and result for those who look at them: a JSON
	// text, see docs/codec.md. Empty: not known.
	Schema string
}

// Settings say how tasks of a kind are queued and run. A zero field means
// "as the queue says" and, where the queue says nothing, the default.
// Precedence: option > method of the struct > directive > queue > default.
type Settings struct {
	Queue     string        // default: Default
	Priority  Priority      // within the queue; default: Normal
	Retries   int           // re-runs after the first run, 1 to 254; NoRetries: none; default 3
	Timeout   time.Duration // of one run, 1ms to 49 days; NoTimeout: none; default 5m
	Retention time.Duration // how long the outcome is kept; default 0 (tqgen writes 1h for a task with a result)
	Expires   time.Duration // how long a task may wait for its first run, 1ms to 10 years; default 0: for ever
	Memory    int64         // bytes that a run takes at its peak, of a batch the whole call, 1e6 to 1<<40; default 0: not known; see docs/autoscaling.md
	Limit     Limit         // on how many begin and run, over all workers; default: none
	Backoff   Backoff       // default: exponential, 1s doubling to 1m, jitter 0.2
}

const (
	// NoRetries as Retries: the first failure is final.
	NoRetries = -1
	// NoTimeout as Timeout: a run may take as long as it likes.
	NoTimeout time.Duration = -1
)

// The bounds of Settings.Memory, in bytes.
const minMemory, maxMemory = 1e6, 1 << 40

// Backoff is the pause before each retry: Intervals one after the other (the
// last one repeats) or, without them, Base·Factorⁿ⁻¹ up to Max before the nth
// retry. Each pause is spread by ±Jitter of itself. The zero value is
// exponential: Base 1s, Max 1m, Factor 2, Jitter 0.2. In any other value a zero
// Base, Max or Factor means the same, and a zero Jitter means none.
type Backoff struct {
	Base, Max time.Duration
	Factor    float64 // 1: a fixed pause
	Jitter    float64 // 0 to 1
	Intervals []time.Duration
}

// queue is where tasks of the kind go by default.
func (k *Kind) queue() string {
	if k.Settings.Queue == "" {
		return Default
	}
	return k.Settings.Queue
}

// check reports everything that is wrong with a kind.
func (k *Kind) check() error {
	s := &k.Settings
	errs := []error{
		broker.CheckName("task kind", k.Name),
		broker.CheckName("queue name", k.queue()),
		checkRetries(s.Retries),
		checkTimeout(s.Timeout),
		s.Backoff.check(),
		k.checkLimit(),
	}
	if s.Priority < Low || s.Priority > Critical {
		errs = append(errs, fmt.Errorf("%w: priority %d is outside %d to %d", ErrInvalid, s.Priority, Low, Critical))
	}
	if s.Retention < 0 || s.Retention > broker.MaxDelay {
		errs = append(errs, fmt.Errorf("%w: retention %v is outside 0 to %v", ErrInvalid, s.Retention, broker.MaxDelay))
	}
	if s.Expires != 0 && (s.Expires < time.Millisecond || s.Expires > broker.MaxDelay) {
		errs = append(errs, fmt.Errorf("%w: expires %v is outside 1ms to %v", ErrInvalid, s.Expires, broker.MaxDelay))
	}
	if s.Memory != 0 && (s.Memory < minMemory || s.Memory > maxMemory) {
		errs = append(errs, fmt.Errorf("%w: memory of %d bytes is outside 1e6 to 1<<40", ErrInvalid, s.Memory))
	}
	for _, name := range k.Was {
		errs = append(errs, broker.CheckName("old task kind", name))
	}
	return errors.Join(errs...)
}

// names are all that tasks of the kind may be called, the present one first.
func (k *Kind) names() []string { return append([]string{k.Name}, k.Was...) }

func (b *Backoff) check() error {
	switch {
	case b.Base < 0 || b.Max < 0 || slices.ContainsFunc(b.Intervals, func(d time.Duration) bool { return d < 0 }):
		return fmt.Errorf("%w: a pause of the backoff is negative", ErrInvalid)
	case !(b.Jitter >= 0 && b.Jitter <= 1):
		return fmt.Errorf("%w: backoff jitter %v is outside 0 to 1", ErrInvalid, b.Jitter)
	case b.Factor != 0 && !(b.Factor >= 1 && b.Factor <= 1000):
		return fmt.Errorf("%w: backoff factor %v is outside 1 to 1000", ErrInvalid, b.Factor)
	}
	return nil
}
