package taskqueue

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// The three queues that every client and worker knows. Any other name that
// follows [A-Za-z0-9_.:-]{1,128} is a queue, too.
const (
	Default      = "default"       // 3 retries, 5 minutes a run
	HighPriority = "high_priority" // 5 retries, 10 minutes a run
	LowPriority  = "low_priority"  // 2 retries, 2 minutes a run, 10 tasks a second
)

const (
	defaultRetries = 3
	defaultTimeout = 5 * time.Minute
	defaultWeight  = 3
	maxWeight      = 1000
)

// A QueueConfig says what holds for the tasks of a queue unless an option, a
// method or the directive of the task says otherwise.
type QueueConfig struct {
	Name     string
	Priority int           // among queues: a higher one comes first in strict order; default 0
	Weight   int           // share of a worker's capacity in weighted order, 1 to 1000; default 3
	Retries  int           // as in Settings; default 3
	Timeout  time.Duration // as in Settings; default 5m

	// Limits of the queue over all workers, as by Client.LimitRate,
	// LimitConcurrency and Limit: a worker that serves the queue publishes them when
	// it starts, if they are others than what was published last. Zero says
	// nothing; NoLimit, in the rate as its N, lifts what was published.
	Rate        Rate
	Concurrency int64
	MaxTasks    int64
}

// A QueueTable knows the queues and their settings. It is immutable, and safe
// for concurrent use. The zero value knows no queue.
type QueueTable struct {
	byName map[string]QueueConfig
	order  []QueueConfig
}

// NewQueueTable makes a table of the three standard queues and the given ones.
// A later entry replaces an earlier one with the same name, a standard queue
// included. The error is ErrInvalid, one for each bad entry.
func NewQueueTable(queues ...QueueConfig) (QueueTable, error) {
	t := QueueTable{byName: make(map[string]QueueConfig)}
	var errs []error
	for _, q := range append(standardQueues(), queues...) {
		if err := q.check(); err != nil {
			errs = append(errs, err)
			continue
		}
		t.byName[q.Name] = q.withDefaults()
	}
	t.order = slices.SortedFunc(maps.Values(t.byName), func(a, b QueueConfig) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Name, b.Name))
	})
	return t, errors.Join(errs...)
}

func standardQueues() []QueueConfig {
	return []QueueConfig{
		{Name: Default},
		{Name: HighPriority, Priority: 10, Weight: 6, Retries: 5, Timeout: 10 * time.Minute},
		{Name: LowPriority, Priority: -10, Weight: 1, Retries: 2, Timeout: 2 * time.Minute, Rate: Rate{N: 10, Period: time.Second}},
	}
}

// Get returns the settings of the named queue. A queue that is not in the
// table has the defaults, and ok is false.
func (t QueueTable) Get(name string) (config QueueConfig, ok bool) {
	if config, ok = t.byName[name]; ok {
		return config, true
	}
	return QueueConfig{Name: name}.withDefaults(), false
}

// Add returns a table that has the given queues, too, by the rules of NewQueueTable.
// t stays as it is.
func (t QueueTable) Add(queues ...QueueConfig) (QueueTable, error) {
	return NewQueueTable(append(t.ByPriority(), queues...)...)
}

// Names returns the names of all queues in the table, in the order of ByPriority.
func (t QueueTable) Names() []string {
	names := make([]string, len(t.order))
	for i := range t.order {
		names[i] = t.order[i].Name
	}
	return names
}

// ByPriority returns all queues in the table, the highest priority first and
// equal ones by name. The slice is the caller's.
func (t QueueTable) ByPriority() []QueueConfig { return slices.Clone(t.order) }

func (q QueueConfig) withDefaults() QueueConfig {
	q.Weight = cmp.Or(q.Weight, defaultWeight)
	q.Retries = cmp.Or(q.Retries, defaultRetries)
	q.Timeout = cmp.Or(q.Timeout, defaultTimeout)
	return q
}

func (q QueueConfig) check() error {
	if err := broker.CheckName("queue name", q.Name); err != nil {
		return err
	}
	if q.Weight < 0 || q.Weight > maxWeight {
		return fmt.Errorf("%w: queue %s: weight %d is outside 1 to %d", ErrInvalid, q.Name, q.Weight, maxWeight)
	}
	if err := checkRetries(q.Retries); err != nil {
		return fmt.Errorf("queue %s: %w", q.Name, err)
	}
	if err := checkTimeout(q.Timeout); err != nil {
		return fmt.Errorf("queue %s: %w", q.Name, err)
	}
	limits := broker.Settings{Rate: lifted(q.Rate), Concurrency: lift(q.Concurrency), MaxTasks: lift(q.MaxTasks)}
	if err := limits.Check(); err != nil {
		return fmt.Errorf("queue %s: %w", q.Name, err)
	}
	return nil
}

// checkRetries accepts what Settings.Retries may be.
func checkRetries(n int) error {
	if n < NoRetries || n > broker.MaxRetries {
		return fmt.Errorf("%w: %d retries are outside 0 to %d", ErrInvalid, n, broker.MaxRetries)
	}
	return nil
}

// checkTimeout accepts what Settings.Timeout may be.
func checkTimeout(d time.Duration) error {
	if d == 0 || d == NoTimeout || d >= time.Millisecond && d <= broker.MaxTimeout {
		return nil
	}
	return fmt.Errorf("%w: timeout %v is outside 1ms to %v", ErrInvalid, d, broker.MaxTimeout)
}
