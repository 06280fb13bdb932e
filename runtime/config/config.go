package config

import "time"

// A Config holds the value of every key. Make one with [Load] or [Default]. It
// is a plain value: nobody changes it after Load.
type Config struct {
	Redis        Redis
	Encryption   Encryption
	Client       Client
	Workers      Workers
	AutoRegister AutoRegister
	Queues       []Queue // those that were named, by name
	Autoscaler   Autoscaler
	Scheduler    Scheduler
	Web          Web
	Log          Log

	// Warnings are what was read but is not as it should be: a key in the wrong
	// table, a variable that nobody knows.
	Warnings []Problem

	file    string // that was read
	sources map[string]source
}

// Redis says where tasks are kept and how they are reached.
type Redis struct {
	URL               string // as in taskqueue.Open
	Prefix            string // of all keys
	PoolSize          int    // connections for commands, a node; 0: 10 for each CPU
	ConnectionTimeout time.Duration
	CommandTimeout    time.Duration
	Patience          time.Duration // as in redisbroker.Config
	DurableReplicas   int           // as in redisbroker.Durability
	DurableTimeout    time.Duration
}

// Client is what concerns enqueueing.
type Client struct{ MaxPayloadBytes int }

// Workers says how many workers a process has and what each of them does.
type Workers struct {
	InitialCount        int           // workers in the process
	MaxConcurrentTasks  int           // slots of each worker
	HeartbeatInterval   time.Duration // a third of the lease
	ShutdownGracePeriod time.Duration
	Kinds               []string // the tasks to run where AutoRegister is off
	Queues              []string // NAME or NAME=WEIGHT
	Strict              bool     // serve them in their order
	Prefetch            int      // as in taskqueue.WorkerConfig
	NamePrefix          string
	UnknownKindAge      time.Duration
	MaxResultBytes      int
}

// AutoRegister says whether a worker runs every task of its program.
type AutoRegister struct{ Enabled bool }

// A Queue is what holds for the tasks of one queue unless they say otherwise.
type Queue struct {
	Name      string
	Priority  int
	Weight    int
	Retries   int           // 0: none
	Timeout   time.Duration // 0: none
	RateLimit float64       // tasks a second; 0: no limit

	Concurrency int // 0: no limit
	MaxTasks    int // that wait; 0: no limit
}

// Autoscaler says how the number of workers follows the work.
type Autoscaler struct {
	Enabled                    bool
	MinWorkers, MaxWorkers     int
	WorkersPerProcess          int    // at most; 0: MaxWorkers
	Fleet                      string // of processes that share workers; empty: all that serve the same queues
	ScaleUpCount               int
	ScaleDownCount             int
	ScalingTriggers            ScalingTriggers
	EnableAdaptiveThresholds   bool
	LearningRate               float64
	AdaptationWindow           time.Duration
	ScaleUpCooldown            time.Duration
	ScaleDownCooldown          time.Duration // AdaptiveCooldown: from the measured start-up time
	ConsecutiveSignalsRequired int
	TargetSLA                  TargetSLA
	EvaluationInterval         time.Duration
}

// AdaptiveCooldown as Autoscaler.ScaleDownCooldown, the default.
const AdaptiveCooldown time.Duration = -1

// ScalingTriggers are the thresholds of the five signals.
type ScalingTriggers struct {
	QueuePressure     float64
	WorkerUtilization float64
	TaskComplexity    float64
	ErrorRate         float64
	MemoryPressure    float64 // MB
}

// TargetSLA is the service that is aimed at.
type TargetSLA struct {
	MaxP95Latency     time.Duration
	MinSuccessRate    float64
	MaxQueueWaitTime  time.Duration
	WorkerUtilization float64
}

// Scheduler is about tasks that recur.
type Scheduler struct {
	Enabled         bool
	TickInterval    time.Duration
	MaxTasksPerTick int
}

// Web is about the HTTP interface.
type Web struct {
	Listen              string // where workers serve; empty: nowhere
	Password            string // empty: none is asked for
	ReadOnly            bool
	AutoConfigureRoutes bool
	RoutePrefix         string
	EnableMetrics       bool
	EnableHealthCheck   bool
}

// Log says what is logged and how.
type Log struct {
	Levels string // LEVEL[,COMPONENT=LEVEL…]; see Level
	Format string // json, compact, pretty or text
}

// Default returns a config in which every key has its default.
func Default() *Config {
	return &Config{
		Redis: Redis{
			URL: "redis://127.0.0.1:6379", Prefix: "tq:",
			ConnectionTimeout: 5 * time.Second, CommandTimeout: 5 * time.Second, Patience: 30 * time.Second,
			DurableTimeout: time.Second,
		},
		Client: Client{MaxPayloadBytes: 1 << 20},
		Workers: Workers{
			InitialCount: 2, MaxConcurrentTasks: 10,
			HeartbeatInterval: 4 * time.Second, ShutdownGracePeriod: 30 * time.Second,
			UnknownKindAge: 24 * time.Hour, MaxResultBytes: 1 << 20,
		},
		AutoRegister: AutoRegister{Enabled: true},
		Autoscaler: Autoscaler{
			MinWorkers: 1, MaxWorkers: 20, ScaleUpCount: 2, ScaleDownCount: 1,
			ScalingTriggers: ScalingTriggers{
				QueuePressure: 0.75, WorkerUtilization: 0.8, TaskComplexity: 1.5, ErrorRate: 0.05, MemoryPressure: 512,
			},
			EnableAdaptiveThresholds: true, LearningRate: 0.1, AdaptationWindow: 30 * time.Minute,
			ScaleUpCooldown: time.Minute, ScaleDownCooldown: AdaptiveCooldown, ConsecutiveSignalsRequired: 2,
			TargetSLA: TargetSLA{
				MaxP95Latency: 5 * time.Second, MinSuccessRate: 0.95, MaxQueueWaitTime: 10 * time.Second, WorkerUtilization: 0.7,
			},
			EvaluationInterval: time.Second,
		},
		Scheduler: Scheduler{TickInterval: time.Second, MaxTasksPerTick: 100},
		Web:       Web{AutoConfigureRoutes: true, RoutePrefix: "/tasks", EnableMetrics: true, EnableHealthCheck: true},
		Log:       Log{Levels: "info", Format: "pretty"},
	}
}
