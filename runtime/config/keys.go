package config

import (
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A key is a setting: where it stands in files, its variables (the documented
// one first), its flag, and what it takes.
type key[C any] struct {
	path  string
	env   []string
	flag  string
	short string // the flag's letter
	value value[C]
	doc   string
}

func names(env ...string) []string { return env }

// keys is the one table that Load, the reference page, the schema and the
// command line are made from.
var keys = slices.Concat(coreKeys, encryptionKeys, autoscalerKeys, schedulerKeys, webKeys)

var coreKeys = []key[Config]{
	{
		path: "redis.url", env: names("REDIS_URL"), flag: "redis-url", short: "r",
		value: text[Config]{field: func(c *Config) *string { return &c.Redis.URL }, rule: checkURL, limits: schemes, hide: Redacted},
		doc:   "Where tasks are kept. mem:// is this process' memory: its tasks die with it.",
	},
	{
		path: "redis.prefix", env: names("REDIS_PREFIX"), flag: "redis-prefix",
		value: text[Config]{field: func(c *Config) *string { return &c.Redis.Prefix }, rule: checkKeyPrefix, limits: "[A-Za-z0-9_.:-]{1,128}"},
		doc:   "What all keys in Redis begin with.",
	},
	{
		path: "redis.pool_size", env: names("REDIS_POOL_SIZE"),
		value: whole[Config]{field: func(c *Config) *int { return &c.Redis.PoolSize }, min: 1, max: 1000, words: []word[int]{{"auto", 0}}},
		doc:   "Connections for commands, for each node; auto: 10 for each CPU.",
	},
	{
		path: "redis.connection_timeout", env: names("REDIS_CONNECTION_TIMEOUT"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Redis.ConnectionTimeout }, unit: time.Second, min: time.Millisecond, max: 300 * time.Second},
		doc:   "How long a connection may take to come about, and how long a program waits for the store when it starts.",
	},
	{
		path: "redis.command_timeout", env: names("REDIS_COMMAND_TIMEOUT"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Redis.CommandTimeout }, unit: time.Second, min: time.Millisecond, max: 300 * time.Second},
		doc:   "How long an answer may take before it is asked for again.",
	},
	{
		path: "redis.patience", env: names("REDIS_PATIENCE"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Redis.Patience }, unit: time.Second, min: time.Millisecond, max: 30 * time.Minute},
		doc:   "How long a call without a deadline is repeated while Redis does not answer.",
	},
	{
		path: "redis.durable_replicas", env: names("REDIS_DURABLE_REPLICAS"),
		value: whole[Config]{field: func(c *Config) *int { return &c.Redis.DurableReplicas }, min: 0, max: 100},
		doc:   "How many replicas must have a task before its enqueue is answered, so that a fail-over does not lose it.",
	},
	{
		path: "redis.durable_timeout", env: names("REDIS_DURABLE_TIMEOUT"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Redis.DurableTimeout }, unit: time.Second, min: time.Millisecond, max: 300 * time.Second},
		doc:   "How long the replicas may take; less than redis.command_timeout. A task that too few of them have by then is in, and its enqueue is ErrNotDurable.",
	},
	{
		path: "client.max_payload_bytes", env: names("TASK_QUEUE_MAX_PAYLOAD_BYTES"),
		value: whole[Config]{field: func(c *Config) *int { return &c.Client.MaxPayloadBytes }, min: 1, max: broker.MaxPayloadBytes},
		doc:   "The largest task, encoded.",
	},
	{
		path: "workers.initial_count", env: names("TASK_QUEUE_WORKERS", "INITIAL_WORKER_COUNT"), flag: "workers", short: "w",
		value: whole[Config]{field: func(c *Config) *int { return &c.Workers.InitialCount }, min: 1, max: 1000},
		doc:   "Workers in the process. It runs up to initial_count × max_concurrent_tasks tasks at once.",
	},
	{
		path: "workers.max_concurrent_tasks", env: names("TASK_QUEUE_MAX_CONCURRENT_TASKS"), flag: "concurrency",
		value: whole[Config]{field: func(c *Config) *int { return &c.Workers.MaxConcurrentTasks }, min: 1, max: 100_000},
		doc:   "Tasks that each worker runs at once.",
	},
	{
		path: "workers.heartbeat_interval", env: names("TASK_QUEUE_HEARTBEAT_INTERVAL"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Workers.HeartbeatInterval }, unit: time.Second, min: time.Second, max: time.Hour},
		doc:   "A worker that is not heard of for three intervals (at most an hour) is taken for dead, and its tasks run elsewhere.",
	},
	{
		path: "workers.shutdown_grace_period", env: names("TASK_QUEUE_SHUTDOWN_GRACE_PERIOD"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Workers.ShutdownGracePeriod }, unit: time.Second, max: 300 * time.Second},
		doc:   "How long running tasks may take after SIGTERM before their contexts end; 0: no time.",
	},
	{
		path: "workers.queues", env: names("TASK_QUEUE_QUEUES"), flag: "queues", short: "q",
		value: list[Config]{field: func(c *Config) *[]string { return &c.Workers.Queues }, rule: checkServed, name: servedName, limits: "NAME or NAME=WEIGHT, weights 1 to 1000"},
		doc:   "The queues to serve, instead of every queue that the configuration and the tasks name.",
	},
	{
		path: "workers.strict", env: names("TASK_QUEUE_STRICT"), flag: "strict",
		value: truth[Config]{field: func(c *Config) *bool { return &c.Workers.Strict }},
		doc:   "Serve a queue only while all before it are empty, instead of by weight.",
	},
	{
		path: "workers.kinds", env: names("TASK_QUEUE_KINDS"), flag: "kinds",
		value: list[Config]{field: func(c *Config) *[]string { return &c.Workers.Kinds }, rule: checkKind, name: itself, limits: "names of tasks, such as email.SendWelcome"},
		doc:   "The tasks to run where auto_register.enabled is false.",
	},
	{
		path: "workers.prefetch", env: names("TASK_QUEUE_PREFETCH"),
		value: whole[Config]{field: func(c *Config) *int { return &c.Workers.Prefetch }, min: 1, max: 1000, words: []word[int]{{"adaptive", 0}, {"none", -1}}},
		doc:   "Tasks that may wait in a worker for a free slot.",
	},
	{
		path: "workers.name_prefix", env: names("TASK_QUEUE_WORKER_PREFIX"), flag: "worker-prefix",
		value: text[Config]{field: func(c *Config) *string { return &c.Workers.NamePrefix }, rule: checkNamePrefix, limits: "[A-Za-z0-9_.:-]{1,100}"},
		doc:   "What the names of workers begin with; empty: host name and process id.",
	},
	{
		path: "workers.unknown_kind_age", env: names("TASK_QUEUE_UNKNOWN_KIND_AGE"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Workers.UnknownKindAge }, unit: time.Second, min: time.Second, max: 8760 * time.Hour},
		doc:   "After what time a task that no worker knows becomes a dead letter.",
	},
	{
		path: "workers.max_result_bytes", env: names("TASK_QUEUE_MAX_RESULT_BYTES"),
		value: whole[Config]{field: func(c *Config) *int { return &c.Workers.MaxResultBytes }, min: 1, max: broker.MaxPayloadBytes},
		doc:   "The largest result, encoded.",
	},
	{
		path: "auto_register.enabled", env: names("TASK_QUEUE_AUTO_REGISTER", "AUTO_REGISTER_TASKS"),
		value: truth[Config]{field: func(c *Config) *bool { return &c.AutoRegister.Enabled }},
		doc:   "Run every task of the program; false: only those in workers.kinds.",
	},
	{
		path: "log.level", env: names("LOG_LEVEL"), flag: "log-level",
		value: text[Config]{field: func(c *Config) *string { return &c.Log.Levels }, rule: checkLevel, limits: "trace, debug, info, warn, error; also for a component: info,redis=debug (worker, redis, web)"},
		doc:   "What is logged.",
	},
	{
		path: "log.format", env: names("LOG_FORMAT"), flag: "log-format",
		value: text[Config]{field: func(c *Config) *string { return &c.Log.Format }, words: []string{"json", "compact", "pretty", "text"}},
		doc:   "How it is logged.",
	},
}

// queueKeys are the keys of [queues.NAME].
var queueKeys = []key[Queue]{
	{
		path: "priority", env: names("TASK_QUEUE_QUEUE_PRIORITY"),
		value: whole[Queue]{field: func(q *Queue) *int { return &q.Priority }, min: -1000, max: 1000},
		doc:   "Among queues: a higher one is served first where workers.strict is set.",
	},
	{
		path: "weight", env: names("TASK_QUEUE_QUEUE_WEIGHT"),
		value: whole[Queue]{field: func(q *Queue) *int { return &q.Weight }, min: 1, max: maxWeight},
		doc:   "The queue's share of a worker's capacity.",
	},
	{
		path: "retries", env: names("TASK_QUEUE_QUEUE_RETRIES"),
		value: whole[Queue]{field: func(q *Queue) *int { return &q.Retries }, min: 0, max: broker.MaxRetries},
		doc:   "Runs after the first one that failed.",
	},
	{
		path: "timeout", env: names("TASK_QUEUE_QUEUE_TIMEOUT"),
		value: span[Queue]{field: func(q *Queue) *time.Duration { return &q.Timeout }, unit: time.Second, min: time.Millisecond, max: broker.MaxTimeout, words: []word[time.Duration]{{"none", 0}}},
		doc:   "How long a run may take.",
	},
	{
		path: "rate_limit", env: names("TASK_QUEUE_QUEUE_RATE_LIMIT"),
		value: number[Queue]{field: func(q *Queue) *float64 { return &q.RateLimit }, max: 1e6, above: true, words: []word[float64]{{"none", 0}}},
		doc:   "Tasks a second that begin, of all workers together; at least one a day.",
	},
	{
		path: "concurrency", env: names("TASK_QUEUE_QUEUE_CONCURRENCY"),
		value: whole[Queue]{field: func(q *Queue) *int { return &q.Concurrency }, min: 1, max: 1_000_000_000, words: []word[int]{{"none", 0}}},
		doc:   "Tasks that run at once, of all workers together.",
	},
	{
		path: "max_tasks", env: names("TASK_QUEUE_QUEUE_MAX_TASKS"),
		value: whole[Queue]{field: func(q *Queue) *int { return &q.MaxTasks }, min: 1, max: 1_000_000_000, words: []word[int]{{"none", 0}}},
		doc:   "Tasks that may wait, scheduled ones included; more are refused.",
	},
}
