package config

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/broker/redisbroker"
)

// Open makes a client of the store at Redis.URL. The logger gets warnings about
// the server; nil is slog.Default(). Errors are those of taskqueue.Open, and
// ErrInvalid where Encryption.KeyFile has no keys.
func (c *Config) Open(ctx context.Context, logger *slog.Logger) (*taskqueue.Client, error) {
	store, err := c.OpenStore(ctx, logger)
	if err != nil {
		return nil, err
	}
	client, err := taskqueue.NewClient(store, c.ClientConfig())
	if err != nil {
		_ = store.Close()
	}
	return client, err
}

// OpenStore is Open without the client.
func (c *Config) OpenStore(ctx context.Context, logger *slog.Logger) (broker.Broker, error) {
	store, err := c.openStore(ctx, logger)
	if err != nil {
		return nil, err
	}
	sealing, err := c.seal(store, logger)
	if err != nil {
		_ = store.Close()
	}
	return sealing, err
}

func (c *Config) openStore(ctx context.Context, logger *slog.Logger) (broker.Broker, error) {
	if c.InMemory() {
		return membroker.New(membroker.Config{}), nil
	}
	redis := c.RedisConfig()
	redis.Logger = logger
	return redisbroker.Open(ctx, c.Redis.URL, redis)
}

// InMemory reports whether tasks die with the process.
func (c *Config) InMemory() bool { return strings.HasPrefix(c.Redis.URL, "mem://") }

// RedisConfig is what the table redis says, but for the URL.
func (c *Config) RedisConfig() redisbroker.Config {
	return redisbroker.Config{
		Prefix: c.Redis.Prefix, PoolSize: c.Redis.PoolSize,
		ConnectTimeout: c.Redis.ConnectionTimeout, CommandTimeout: c.Redis.CommandTimeout, Patience: c.Redis.Patience,
		Durable: redisbroker.Durability{Replicas: c.Redis.DurableReplicas, Timeout: c.Redis.DurableTimeout},
	}
}

// ClientConfig is what the tables client and queues say.
func (c *Config) ClientConfig() taskqueue.ClientConfig {
	client := taskqueue.ClientConfig{MaxPayloadBytes: c.Client.MaxPayloadBytes}
	for _, q := range c.Queues {
		client.Queues = append(client.Queues, taskqueue.QueueConfig{
			Name: q.Name, Priority: q.Priority, Weight: q.Weight,
			Retries: cmp.Or(q.Retries, taskqueue.NoRetries), Timeout: cmp.Or(q.Timeout, taskqueue.NoTimeout),
			Rate: c.rate(&q), Concurrency: c.limit(&q, "concurrency", q.Concurrency), MaxTasks: c.limit(&q, "max_tasks", q.MaxTasks),
		})
	}
	return client
}

// maxLease is the longest that a worker may be silent.
const maxLease = broker.MaxLease

// leaseIntervals are how many heartbeats make a lease: a worker is taken for
// dead when as many are missing.
const leaseIntervals = 3

// WorkerConfig is what the table workers says of one worker: a program makes
// Workers.InitialCount of them, or one if Autoscaler.Enabled: that one scales. Tasks are all that the program has; those that
// AutoRegister and Workers.Kinds leave are run. Names of Kinds that no task has
// are an *Error. Strings and durations need no further check.
func (c *Config) WorkerConfig(tasks []taskqueue.Task) (taskqueue.WorkerConfig, error) {
	chosen, err := c.choose(tasks)
	if err != nil {
		return taskqueue.WorkerConfig{}, err
	}
	w := c.Workers
	config := taskqueue.WorkerConfig{
		Tasks: chosen, Strict: w.Strict, Concurrency: w.MaxConcurrentTasks, Prefetch: w.Prefetch,
		Lease:          min(leaseIntervals*w.HeartbeatInterval, maxLease),
		ShutdownGrace:  cmp.Or(w.ShutdownGracePeriod, taskqueue.NoGrace),
		UnknownKindAge: w.UnknownKindAge, MaxResultBytes: w.MaxResultBytes, Name: w.NamePrefix,
		Promote: taskqueue.Promote{Interval: c.Scheduler.TickInterval, Batch: min(c.Scheduler.MaxTasksPerTick, broker.PromoteBatch)},
	}
	if c.Autoscaler.Enabled {
		config.Autoscale = c.Autoscale()
	}
	for _, q := range w.Queues {
		name, weight, _ := strings.Cut(q, "=")
		n, _ := strconv.Atoi(weight) // checked by Load; without one it is 0: the queue's own
		config.Queues = append(config.Queues, taskqueue.QueueWeight{Name: name, Weight: n})
	}
	return config, nil
}

// Autoscale is what the table autoscaler says, enabled or not; its Tuning is set.
// The workers that there are at the start are Workers.InitialCount, within the
// bounds.
func (c *Config) Autoscale() taskqueue.Autoscale {
	a := c.Autoscaler
	return taskqueue.Autoscale{
		Min: a.MinWorkers, Max: a.MaxWorkers, PerProcess: a.WorkersPerProcess, Fleet: a.Fleet, Initial: max(a.MinWorkers, min(a.MaxWorkers, c.Workers.InitialCount)),
		Tuning: &taskqueue.AutoscaleTuning{
			ScaleUpCount: a.ScaleUpCount, ScaleDownCount: a.ScaleDownCount,
			Triggers: taskqueue.ScaleTriggers{
				QueuePressure: a.ScalingTriggers.QueuePressure, WorkerUtilization: a.ScalingTriggers.WorkerUtilization,
				TaskComplexity: a.ScalingTriggers.TaskComplexity, ErrorRate: a.ScalingTriggers.ErrorRate,
				MemoryMB: a.ScalingTriggers.MemoryPressure,
			},
			AdaptiveThresholds: a.EnableAdaptiveThresholds, LearningRate: a.LearningRate, AdaptationWindow: a.AdaptationWindow,
			ScaleUpCooldown: a.ScaleUpCooldown, ScaleDownCooldown: a.ScaleDownCooldown,
			ConsecutiveSignals: a.ConsecutiveSignalsRequired,
			Target: taskqueue.ScaleTarget{
				P95Latency: a.TargetSLA.MaxP95Latency, SuccessRate: a.TargetSLA.MinSuccessRate,
				QueueWait: a.TargetSLA.MaxQueueWaitTime, WorkerUtilization: a.TargetSLA.WorkerUtilization,
			},
			EvaluationInterval: a.EvaluationInterval,
		},
	}
}

// choose returns the tasks to run.
func (c *Config) choose(tasks []taskqueue.Task) ([]taskqueue.Task, error) {
	if c.AutoRegister.Enabled {
		return tasks, nil
	}
	var chosen []taskqueue.Task
	var names []string
	for _, t := range tasks {
		if t.Kind == nil {
			continue
		}
		names = append(names, t.Kind.Name)
		if slices.Contains(c.Workers.Kinds, t.Kind.Name) {
			chosen = append(chosen, t)
		}
	}
	bad := &Error{}
	for _, kind := range c.Workers.Kinds {
		if !slices.Contains(names, kind) {
			bad.Problems = append(bad.Problems, Problem{
				c.sources["workers.kinds"].place, "workers.kinds",
				"the program has no task " + strconv.Quote(kind) + didYouMean(kind, names) + "; it has " + strings.Join(names, ", "),
			})
		}
	}
	if len(bad.Problems) > 0 {
		return nil, bad
	}
	return chosen, nil
}

// A Setting is a key with its value and where that came from.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // nothing secret is shown
	Source string `json:"source"`
}

// Settings lists every key, and those of the queues that were named.
func (c *Config) Settings() []Setting {
	var all []Setting
	for i := range keys {
		all = append(all, Setting{keys[i].path, keys[i].value.show(c), c.Source(keys[i].path)})
	}
	for i := range c.Queues {
		q := &c.Queues[i]
		for j := range queueKeys {
			path := "queues." + q.Name + "." + queueKeys[j].path
			all = append(all, Setting{path, queueKeys[j].value.show(q), c.Source(path)})
		}
	}
	return all
}

// Source is where the value of a key came from: FILE:LINE, the name of a
// variable, --FLAG, "code" or "default".
func (c *Config) Source(path string) string {
	if from, ok := c.sources[path]; ok {
		return from.place
	}
	return "default"
}

// File is the file that was read, or empty.
func (c *Config) File() string { return c.file }
