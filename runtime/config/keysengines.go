package config

import "time"

const (
	maxMegabytes = 1 << 20
	day          = 24 * time.Hour
)

var autoscalerKeys = []key[Config]{
	{
		path: "autoscaler.enabled", env: names("TASK_QUEUE_AUTOSCALER_ENABLED"), flag: "enable-autoscaler", short: "a",
		value: truth[Config]{field: func(c *Config) *bool { return &c.Autoscaler.Enabled }},
		doc:   "Let the number of workers follow the work.",
	},
	{
		path: "autoscaler.min_workers", env: names("TASK_QUEUE_AUTOSCALER_MIN_WORKERS"), flag: "autoscaler-min-workers",
		value: whole[Config]{field: func(c *Config) *int { return &c.Autoscaler.MinWorkers }, min: 1, max: 1000},
		doc:   "The fewest workers of all processes together, of workers.max_concurrent_tasks slots each.",
	},
	{
		path: "autoscaler.max_workers", env: names("TASK_QUEUE_AUTOSCALER_MAX_WORKERS"), flag: "autoscaler-max-workers",
		value: whole[Config]{field: func(c *Config) *int { return &c.Autoscaler.MaxWorkers }, min: 1, max: 1000},
		doc:   "The most workers of all processes together; at least min_workers.",
	},
	{
		path: "autoscaler.workers_per_process", env: names("TASK_QUEUE_AUTOSCALER_WORKERS_PER_PROCESS"),
		value: whole[Config]{field: func(c *Config) *int { return &c.Autoscaler.WorkersPerProcess }, min: 1, max: 1000, words: []word[int]{{"all", 0}}},
		doc:   "The most workers of one process; all: max_workers. Set it where more processes can be started, as Kubernetes does.",
	},
	{
		path: "autoscaler.fleet", env: names("TASK_QUEUE_AUTOSCALER_FLEET"),
		value: text[Config]{field: func(c *Config) *string { return &c.Autoscaler.Fleet }, rule: checkFleet, limits: "[A-Za-z0-9_.:-]{1,100}, or empty"},
		doc:   "The name of the processes that share workers. Empty: all that serve the same queues.",
	},
	{
		path: "autoscaler.scale_up_count", env: names("TASK_QUEUE_AUTOSCALER_SCALE_UP_COUNT"),
		value: whole[Config]{field: func(c *Config) *int { return &c.Autoscaler.ScaleUpCount }, min: 1, max: 50},
		doc:   "The smallest step up.",
	},
	{
		path: "autoscaler.scale_down_count", env: names("TASK_QUEUE_AUTOSCALER_SCALE_DOWN_COUNT"),
		value: whole[Config]{field: func(c *Config) *int { return &c.Autoscaler.ScaleDownCount }, min: 1, max: 50},
		doc:   "What counts as a small step down.",
	},
	{
		path: "autoscaler.enable_adaptive_thresholds", env: names("TASK_QUEUE_ADAPTIVE_THRESHOLDS"),
		value: truth[Config]{field: func(c *Config) *bool { return &c.Autoscaler.EnableAdaptiveThresholds }},
		doc:   "Let the thresholds follow what was measured.",
	},
	{
		path: "autoscaler.learning_rate", env: names("TASK_QUEUE_AUTOSCALER_LEARNING_RATE"),
		value: number[Config]{field: func(c *Config) *float64 { return &c.Autoscaler.LearningRate }, max: 1, above: true},
		doc:   "How fast they follow.",
	},
	{
		path: "autoscaler.adaptation_window_minutes", env: names("TASK_QUEUE_AUTOSCALER_ADAPTATION_WINDOW_MINUTES"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Autoscaler.AdaptationWindow }, unit: time.Minute, min: time.Minute, max: day},
		doc:   "How long the past counts.",
	},
	{
		path: "autoscaler.scale_up_cooldown_seconds", env: names("TASK_QUEUE_AUTOSCALER_SCALE_UP_COOLDOWN_SECONDS"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Autoscaler.ScaleUpCooldown }, unit: time.Second, max: day},
		doc:   "The pause between two small steps up.",
	},
	{
		path: "autoscaler.scale_down_cooldown_seconds", env: names("TASK_QUEUE_AUTOSCALER_SCALE_DOWN_COOLDOWN_SECONDS"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Autoscaler.ScaleDownCooldown }, unit: time.Second, max: day, words: []word[time.Duration]{{"adaptive", AdaptiveCooldown}}},
		doc:   "How long the largest demand is kept in mind before a step down; adaptive: by the measured start-up time.",
	},
	{
		path: "autoscaler.consecutive_signals_required", env: names("TASK_QUEUE_AUTOSCALER_CONSECUTIVE_SIGNALS"), flag: "autoscaler-consecutive-signals",
		value: whole[Config]{field: func(c *Config) *int { return &c.Autoscaler.ConsecutiveSignalsRequired }, max: 100},
		doc:   "How many decisions in a row must ask for a small step.",
	},
	{
		path: "autoscaler.evaluation_interval_ms", env: names("TASK_QUEUE_AUTOSCALER_EVALUATION_INTERVAL_MS"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Autoscaler.EvaluationInterval }, unit: time.Millisecond, min: 100 * time.Millisecond, max: time.Minute},
		doc:   "The time between two decisions.",
	},
	{
		path: "autoscaler.scaling_triggers.queue_pressure_threshold", env: names("TASK_QUEUE_AUTOSCALER_QUEUE_PRESSURE_THRESHOLD"), flag: "autoscaler-scale-up-threshold",
		value: number[Config]{field: func(c *Config) *float64 { return &c.Autoscaler.ScalingTriggers.QueuePressure }, max: 2, above: true},
		doc:   "The share of its target at which a predicted wait calls for workers.",
	},
	{
		path: "autoscaler.scaling_triggers.worker_utilization_threshold", env: names("TASK_QUEUE_AUTOSCALER_WORKER_UTILIZATION_THRESHOLD"),
		value: number[Config]{field: func(c *Config) *float64 { return &c.Autoscaler.ScalingTriggers.WorkerUtilization }, max: 1, above: true},
		doc:   "How busy the workers are planned to be at most.",
	},
	{
		path: "autoscaler.scaling_triggers.task_complexity_threshold", env: names("TASK_QUEUE_AUTOSCALER_TASK_COMPLEXITY_THRESHOLD"),
		value: number[Config]{field: func(c *Config) *float64 { return &c.Autoscaler.ScalingTriggers.TaskComplexity }, min: 1, max: 100},
		doc:   "The ratio of a task's run time to its usual one that calls for workers.",
	},
	{
		path: "autoscaler.scaling_triggers.error_rate_threshold", env: names("TASK_QUEUE_AUTOSCALER_ERROR_RATE_THRESHOLD"),
		value: number[Config]{field: func(c *Config) *float64 { return &c.Autoscaler.ScalingTriggers.ErrorRate }, max: 1},
		doc:   "The share of failed runs that puts the brake on.",
	},
	{
		path: "autoscaler.scaling_triggers.memory_pressure_threshold", env: names("TASK_QUEUE_AUTOSCALER_MEMORY_PRESSURE_THRESHOLD"),
		value: number[Config]{field: func(c *Config) *float64 { return &c.Autoscaler.ScalingTriggers.MemoryPressure }, max: maxMegabytes, above: true},
		doc:   "Megabytes.",
	},
	{
		path: "autoscaler.target_sla.max_p95_latency_ms", env: names("TASK_QUEUE_AUTOSCALER_MAX_P95_LATENCY_MS"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Autoscaler.TargetSLA.MaxP95Latency }, unit: time.Millisecond, min: time.Millisecond, max: day},
		doc:   "The longest time from ready to done, for 95 of 100 tasks.",
	},
	{
		path: "autoscaler.target_sla.min_success_rate", env: names("TASK_QUEUE_AUTOSCALER_MIN_SUCCESS_RATE"),
		value: number[Config]{field: func(c *Config) *float64 { return &c.Autoscaler.TargetSLA.MinSuccessRate }, max: 1},
		doc:   "The share of runs that should succeed.",
	},
	{
		path: "autoscaler.target_sla.max_queue_wait_time_ms", env: names("TASK_QUEUE_AUTOSCALER_MAX_QUEUE_WAIT_TIME_MS"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Autoscaler.TargetSLA.MaxQueueWaitTime }, unit: time.Millisecond, min: time.Millisecond, max: day},
		doc:   "The longest time from ready to started.",
	},
	{
		path: "autoscaler.target_sla.target_worker_utilization", env: names("TASK_QUEUE_AUTOSCALER_TARGET_WORKER_UTILIZATION"),
		value: number[Config]{field: func(c *Config) *float64 { return &c.Autoscaler.TargetSLA.WorkerUtilization }, max: 1, above: true},
		doc:   "How busy the workers should be.",
	},
}

var schedulerKeys = []key[Config]{
	{
		path: "scheduler.enabled", env: names("TASK_QUEUE_SCHEDULER", "ENABLE_SCHEDULER"), flag: "enable-scheduler", short: "s",
		value: truth[Config]{field: func(c *Config) *bool { return &c.Scheduler.Enabled }},
		doc:   "Enqueue the tasks that recur, the program's crons; one process is enough, more do no harm. Delayed tasks need no scheduler.",
	},
	{
		path: "scheduler.tick_interval", env: names("TASK_QUEUE_SCHEDULER_TICK_INTERVAL"),
		value: span[Config]{field: func(c *Config) *time.Duration { return &c.Scheduler.TickInterval }, unit: time.Second, min: time.Second, max: time.Hour},
		doc:   "How long the process that promotes delayed tasks of queues without workers sleeps at most; the due times that it knows wake it earlier. With more than 20 queues it is at least 0.5 s for each one more. Crons are punctual in any case.",
	},
	{
		path: "scheduler.max_tasks_per_tick", env: names("TASK_QUEUE_SCHEDULER_MAX_TASKS_PER_TICK"),
		value: whole[Config]{field: func(c *Config) *int { return &c.Scheduler.MaxTasksPerTick }, min: 1, max: 10_000},
		doc:   "How many tasks that are due become pending in one call of the store, which is repeated at once while more are due; more than 500 count as 500.",
	},
}

var webKeys = []key[Config]{
	{
		path: "web.listen", env: names("TASK_QUEUE_WEB_LISTEN"), flag: "listen",
		value: text[Config]{field: func(c *Config) *string { return &c.Web.Listen }, rule: checkListen, limits: "HOST:PORT, such as 127.0.0.1:8080 or :8080; empty: no HTTP"},
		doc:   "Where a worker serves HTTP: health, metrics, API and dashboard. On an address that others can reach, and without web.password, it changes nothing and shows no payloads.",
	},
	{
		path: "web.password", env: names("TASK_QUEUE_WEB_PASSWORD"),
		value: text[Config]{field: func(c *Config) *string { return &c.Web.Password }, rule: checkPassword, limits: "8 to 200 characters", hide: hide},
		doc:   "Asked for, with any user name, or as a bearer token, by all but the paths about health.",
	},
	{
		path: "web.read_only", env: names("TASK_QUEUE_WEB_READ_ONLY"),
		value: truth[Config]{field: func(c *Config) *bool { return &c.Web.ReadOnly }},
		doc:   "Refuse every change.",
	},
	{
		path: "web.auto_configure_routes", env: names("TASK_QUEUE_WEB_AUTO_CONFIGURE_ROUTES", "AUTO_CONFIGURE_ROUTES", "AXUM_AUTO_CONFIGURE_ROUTES"),
		value: truth[Config]{field: func(c *Config) *bool { return &c.Web.AutoConfigureRoutes }},
		doc:   "Mount the HTTP interface; false: web.listen is without effect, and so is Config.Mount.",
	},
	{
		path: "web.route_prefix", env: names("TASK_QUEUE_WEB_ROUTE_PREFIX", "ROUTE_PREFIX", "AXUM_ROUTE_PREFIX"),
		value: text[Config]{field: func(c *Config) *string { return &c.Web.RoutePrefix }, rule: checkRoute, limits: "a path such as /tasks"},
		doc:   "What its paths begin with.",
	},
	{
		path: "web.enable_metrics", env: names("TASK_QUEUE_WEB_ENABLE_METRICS", "ENABLE_METRICS", "AXUM_ENABLE_METRICS"),
		value: truth[Config]{field: func(c *Config) *bool { return &c.Web.EnableMetrics }},
		doc:   "Its paths about metrics.",
	},
	{
		path: "web.enable_health_check", env: names("TASK_QUEUE_WEB_ENABLE_HEALTH_CHECK", "ENABLE_HEALTH_CHECK", "AXUM_ENABLE_HEALTH_CHECK"),
		value: truth[Config]{field: func(c *Config) *bool { return &c.Web.EnableHealthCheck }},
		doc:   "Its paths about health.",
	},
}
