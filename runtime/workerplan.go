package taskqueue

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/backoff"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// planWorker checks a config and turns it into the engine's.
func planWorker(c *Client, given *WorkerConfig, metrics *Metrics, history *historian) (worker.Config, error) {
	config := given.withDefaults()
	kinds, kindErr := planKinds(config.Tasks, config.Middleware)
	queues, queueErr := planQueues(c, &config)
	if err := errors.Join(kindErr, queueErr, config.check()); err != nil {
		return worker.Config{}, err
	}
	name := fmt.Sprintf("%s.%08x", config.Name, rand.Uint32())
	if history != nil {
		history.worker, history.log = name, config.Logger
	}
	return worker.Config{
		Store: c.broker, Kinds: kinds, Queues: queues, Strict: config.Strict,
		Slots: config.Concurrency, Prefetch: enginePrefetch(config.Prefetch),
		Promote: config.Promote.Batch, IdlePause: config.IdleDelay, Lease: config.Lease, Grace: max(config.ShutdownGrace, 0),
		UnknownAge: config.UnknownKindAge, MaxResult: config.MaxResultBytes,
		Name: name,
		Log:  config.Logger, OnFinish: observe(metrics, history, &config), OnDeath: observeDeath(name, history, &config),
	}, nil
}

func enginePrefetch(n int) int {
	switch n {
	case Adaptive:
		return worker.Adaptive
	case NoPrefetch:
		return 0
	}
	return n
}

// planKinds makes the table of kinds: wire name → what runs it.
func planKinds(tasks []Task, middleware []Middleware) (map[string]*worker.Kind, error) {
	if len(tasks) == 0 {
		return nil, fmt.Errorf("%w: WorkerConfig.Tasks is empty; the generated Tasks functions return them", ErrInvalid)
	}
	table := make(map[string]*worker.Kind, len(tasks))
	first := make(map[string]int, len(tasks))
	var errs []error
	for i, t := range tasks {
		if err := t.check(); err != nil {
			errs = append(errs, fmt.Errorf("in Tasks[%d]: %w", i, err))
			continue
		}
		kind := t.plan(middleware)
		for _, name := range t.Kind.names() {
			if j, twice := first[name]; twice {
				errs = append(errs, sameName(tasks, name, j, i))
				continue
			}
			first[name], table[name] = i, kind
		}
	}
	return table, errors.Join(errs...)
}

// plan is what the engine needs to know of a task.
func (t *Task) plan(middleware []Middleware) *worker.Kind {
	kind := worker.Kind{
		Name: t.Kind.Name, Version: max(t.Kind.Version, 1), Run: wrap(t.Run, middleware),
		Backoff: t.Kind.Settings.Backoff.policy(), Older: make(map[uint16]*worker.Kind, len(t.Older)),
		Memory: t.Kind.Settings.Memory, Prompt: t.Kind.Settings.Limit.Concurrency > 0 || t.Kind.Settings.Limit.KeyConcurrency > 0,
	}
	if b := t.Batch; b != nil {
		kind.Batch = &worker.Batch{Max: b.Max, Linger: b.Linger, Run: wrapBatch(b.Run, middleware)}
	}
	for version, run := range t.Older {
		old := kind
		old.Version, old.Run = version, wrap(run, middleware)
		kind.Older[version] = &old
	}
	return &kind
}

func sameName(tasks []Task, name string, i, j int) error {
	a, b := tasks[i].Kind, tasks[j].Kind
	if a.Name != name || b.Name != name {
		return fmt.Errorf("%w: Tasks[%d], %s, and Tasks[%d], %s, both run what is called %q; only one of them can: correct the name= or was= of the other",
			ErrInvalid, i, a.Name, j, b.Name, name)
	}
	return fmt.Errorf("%w: Tasks[%d] and Tasks[%d] are both called %q (queues %s and %s); give one of them a name of its own: //taskqueue:task name=…",
		ErrInvalid, i, j, name, a.queue(), b.queue())
}

func (t *Task) check() error {
	switch {
	case t.Kind == nil:
		return fmt.Errorf("%w: it has no kind", ErrInvalid)
	case t.Run == nil:
		return fmt.Errorf("%w: %s has nothing to run", ErrInvalid, t.Kind.Name)
	}
	if err := errors.Join(t.Kind.check(), t.Batch.check()); err != nil {
		return fmt.Errorf("%s: %w", t.Kind.Name, err)
	}
	for version, run := range t.Older {
		if version == 0 || version >= max(t.Kind.Version, 1) || run == nil {
			return fmt.Errorf("%w: %s, version %d: Older[%d] is not older, or has nothing to run", ErrInvalid, t.Kind.Name, t.Kind.Version, version)
		}
	}
	return nil
}

// planQueues lists the queues to serve with their weights.
func planQueues(c *Client, config *WorkerConfig) ([]worker.Queue, error) {
	given := config.Queues
	if len(given) == 0 {
		given = defaultQueues(c, config.Tasks)
	}
	var queues []worker.Queue
	var errs []error
	for _, q := range given {
		known, _ := c.queues.Get(q.Name)
		q.Weight = cmp.Or(q.Weight, known.Weight)
		errs = append(errs, q.check(queues))
		queues = append(queues, worker.Queue{Name: q.Name, Weight: q.Weight})
	}
	return queues, errors.Join(errs...)
}

// check reports what is wrong with a queue that is listed after others.
func (q QueueWeight) check(others []worker.Queue) error {
	if err := broker.CheckName("queue name", q.Name); err != nil {
		return err
	}
	if q.Weight < 1 || q.Weight > maxWeight {
		return fmt.Errorf("%w: queue %s: weight %d is outside 1 to %d", ErrInvalid, q.Name, q.Weight, maxWeight)
	}
	if slices.ContainsFunc(others, func(w worker.Queue) bool { return w.Name == q.Name }) {
		return fmt.Errorf("%w: queue %s is listed twice", ErrInvalid, q.Name)
	}
	return nil
}

// defaultQueues are the client's queues by priority, with those that tasks
// name in their settings in between, as queues of priority 0.
func defaultQueues(c *Client, tasks []Task) []QueueWeight {
	all := append(c.queues.ByPriority(), c.otherQueues(tasks)...)
	slices.SortStableFunc(all, func(a, b QueueConfig) int { return b.Priority - a.Priority })
	var queues []QueueWeight
	for _, q := range all {
		if !slices.ContainsFunc(queues, func(w QueueWeight) bool { return w.Name == q.Name }) {
			queues = append(queues, QueueWeight{Name: q.Name})
		}
	}
	return queues
}

// otherQueues are those of tasks that the client's table does not have.
func (c *Client) otherQueues(tasks []Task) (other []QueueConfig) {
	for _, t := range tasks {
		if t.Kind == nil {
			continue
		}
		if q, known := c.queues.Get(t.Kind.queue()); !known {
			other = append(other, q)
		}
	}
	return other
}

// check reports everything else that is wrong with a config.
func (c *WorkerConfig) check() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf("%w: WorkerConfig: %s", ErrInvalid, fmt.Sprintf(format, args...)))
		}
	}
	errs = append(errs, checkConcurrency(c.Concurrency), c.Autoscale.check(c.Concurrency))
	refuse(c.Prefetch < NoPrefetch || c.Prefetch > maxPrefetch, "Prefetch %d is outside 1 to %d", c.Prefetch, maxPrefetch)
	refuse(c.Lease < broker.MinLease || c.Lease > broker.MaxLease, "Lease %v is outside %v to %v", c.Lease, broker.MinLease, broker.MaxLease)
	refuse(c.IdleDelay < 0 || c.IdleDelay > maxIdleDelay, "IdleDelay %v is outside 0 to %v", c.IdleDelay, maxIdleDelay)
	refuse(c.History < 0 || c.History > broker.MaxLog, "History %d is outside 0 to %d", c.History, broker.MaxLog)
	refuse(c.ShutdownGrace < 0 && c.ShutdownGrace != NoGrace, "ShutdownGrace %v is negative", c.ShutdownGrace)
	refuse(c.UnknownKindAge < 0, "UnknownKindAge %v is negative", c.UnknownKindAge)
	refuse(c.MaxResultBytes < 0 || c.MaxResultBytes > broker.MaxPayloadBytes, "MaxResultBytes %d is outside 1 to %d", c.MaxResultBytes, broker.MaxPayloadBytes)
	p := c.Promote
	refuse(p.Interval != 0 && (p.Interval < time.Second || p.Interval > time.Hour), "Promote.Interval %v is outside 1s to 1h", p.Interval)
	refuse(p.Batch < 0 || p.Batch > broker.PromoteBatch, "Promote.Batch %d is outside 1 to %d", p.Batch, broker.PromoteBatch)
	refuse(len(c.Name) > maxWorkerName, "Name has %d bytes, at most %d are allowed", len(c.Name), maxWorkerName)
	if len(c.Name) <= maxWorkerName {
		errs = append(errs, broker.CheckName("worker name", c.Name))
	}
	return errors.Join(errs...)
}

func checkConcurrency(n int) error {
	if n < 1 || n > maxConcurrency {
		return fmt.Errorf("%w: %d slots are outside 1 to %d", ErrInvalid, n, maxConcurrency)
	}
	return nil
}

// processName is the host's name and the process id, as a worker's name.
func processName() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "worker"
	}
	clean := strings.Map(func(r rune) rune {
		if broker.CheckName("", string(r)) != nil {
			return '-'
		}
		return r
	}, host)
	return fmt.Sprintf("%.80s-%d", clean, os.Getpid())
}

// policy fills in the defaults of a backoff.
func (b Backoff) policy() backoff.Policy {
	if b.isZero() {
		b.Jitter = 0.2
	}
	b.Base = cmp.Or(b.Base, time.Second)
	b.Max = cmp.Or(b.Max, max(time.Minute, b.Base))
	b.Factor = cmp.Or(b.Factor, 2)
	return backoff.Policy{Base: b.Base, Max: b.Max, Factor: b.Factor, Jitter: b.Jitter, Intervals: b.Intervals}
}

func (b *Backoff) isZero() bool {
	return b.Base == 0 && b.Max == 0 && b.Factor == 0 && b.Jitter == 0 && len(b.Intervals) == 0
}
