package main

import (
	"maps"
	"slices"
)

// A metric is a line of the report: a figure of ours beside a peer's.
type metric struct {
	title string
	unit  string
	ours  string // the name of our samples
	peer  string // the name of the peer's, which may be another way to do it
	ratio string // the key of our advantage; "": none
	key   string // the key of our figure alone; "": ours
	less  bool   // less is better
	full  bool   // not measured by a quick run
	note  string
}

// The metrics, in the report's order. Others read the keys; do not rename them.
var metrics = []metric{
	{title: "drain, 10 slots", unit: "tasks/s", ours: "drain_c10_per_s", peer: "drain_c10_per_s", ratio: "drain_c10_ratio_asynq"},
	{title: "drain, 100 slots, no prefetch", unit: "tasks/s", ours: "drain_c100_strict_per_s", peer: "drain_c100_strict_per_s", ratio: "drain_c100_strict_ratio_asynq"},
	{title: "enqueue, batches of 1,000", unit: "tasks/s", ours: "enqueue_batch1000_per_s", peer: "enqueue_16_per_s", ratio: "enqueue_batch1000_ratio_asynq", note: "asynq has no batch: 16 callers"},
	{title: "enqueue, 128 callers", unit: "tasks/s", ours: "enqueue_128_per_s", peer: "enqueue_16_per_s", ratio: "enqueue_128_ratio_asynq16", note: "asynq: 16 callers"},
	{title: "enqueue, 128 callers each", unit: "tasks/s", ours: "enqueue_128_per_s", peer: "enqueue_128_per_s", ratio: "enqueue_128_ratio_asynq128"},
	{title: "enqueue, 16 callers", unit: "tasks/s", ours: "enqueue_16_per_s", peer: "enqueue_16_per_s", ratio: "enqueue_16_ratio_asynq"},
	{title: "enqueue, one caller", unit: "tasks/s", ours: "enqueue_1_per_s", peer: "enqueue_1_per_s", ratio: "enqueue_1_ratio_asynq"},
	{title: "Go CPU a task drained, 10 slots", unit: "µs", ours: "drain_c10_go_us_per_task", peer: "drain_c10_go_us_per_task", key: "go_us_per_task", less: true},
	{title: "Go allocations a task drained, 10 slots", unit: "", ours: "drain_c10_go_allocs_per_task", peer: "drain_c10_go_allocs_per_task", key: "go_allocs_per_task", less: true},
	{title: "Redis CPU a task drained, 10 slots", unit: "µs", ours: "drain_c10_redis_us_per_task", peer: "drain_c10_redis_us_per_task", key: "redis_us_per_task", less: true},
	{title: "Redis commands a task drained, 10 slots", unit: "", ours: "drain_c10_redis_cmds_per_task", peer: "drain_c10_redis_cmds_per_task", key: "redis_cmds_per_task", less: true, note: "those inside scripts count"},
	{title: "requests a task drained, 10 slots", unit: "", ours: "drain_c10_requests_per_task", peer: "drain_c10_requests_per_task", key: "requests_per_task", less: true, note: "a pipeline is one"},
	{title: "Redis memory a waiting task", unit: "bytes", ours: "bytes_per_pending", peer: "bytes_per_pending", key: "bytes_per_pending", less: true},
	{title: "latency at 100/s, p50", unit: "ms", ours: "latency_p50_ms", peer: "latency_p50_ms", key: "latency_p50_ms", less: true},
	{title: "latency at 100/s, p99", unit: "ms", ours: "latency_p99_ms", peer: "latency_p99_ms", key: "latency_p99_ms", less: true},
	{title: "Redis commands of an idle worker", unit: "/s", ours: "idle_cmds_per_s", peer: "idle_cmds_per_s", key: "idle_cmds_per_s", less: true, note: "those inside scripts count; ours serves 3 queues, asynq 1"},
	{title: "requests of an idle worker", unit: "/s", ours: "idle_requests_per_s", peer: "idle_requests_per_s", key: "idle_requests_per_s", less: true},
	{title: "AOF written a task, from enqueue to done", unit: "bytes", ours: "aof_everysec_bytes_per_task", peer: "aof_everysec_bytes_per_task", ratio: "aof_bytes_ratio_asynq", less: true, note: "appendfsync everysec"},
	{title: "enqueue, AOF everysec", unit: "tasks/s", ours: "aof_everysec_enqueue_per_s", peer: "aof_everysec_enqueue_per_s", note: "asynq: 16 callers"},
	{title: "drain, 10 slots, AOF everysec", unit: "tasks/s", ours: "aof_everysec_drain_per_s", peer: "aof_everysec_drain_per_s"},
	{title: "enqueue, AOF always", unit: "tasks/s", ours: "aof_always_enqueue_per_s", peer: "aof_always_enqueue_per_s", note: "asynq: 16 callers", full: true},
	{title: "drain, 10 slots, AOF always", unit: "tasks/s", ours: "aof_always_drain_per_s", peer: "aof_always_drain_per_s", full: true},
	{title: "drain, 100 slots", unit: "tasks/s", ours: "drain_c100_per_s", peer: "drain_c100_per_s", full: true},
	{title: "drain, 10 slots, 2 KB", unit: "tasks/s", ours: "drain_2kb_per_s", peer: "drain_2kb_per_s", full: true},
	{title: "drain, 10 slots, 20 KB", unit: "tasks/s", ours: "drain_20kb_per_s", peer: "drain_20kb_per_s", full: true},
	{title: "produce and consume together", unit: "tasks/s", ours: "produce_consume_per_s", peer: "produce_consume_per_s", full: true},
	{title: "latency at 100/s, p99.9", unit: "ms", ours: "latency_p999_ms", peer: "latency_p999_ms", less: true},
	{title: "latency at 5,000/s, p50", unit: "ms", ours: "latency_5k_p50_ms", peer: "latency_5k_p50_ms", less: true, full: true},
	{title: "latency at 5,000/s, p99", unit: "ms", ours: "latency_5k_p99_ms", peer: "latency_5k_p99_ms", less: true, full: true},
	{title: "commands, idle with 1 queue", unit: "/s", ours: "idle_1_cmds_per_s", peer: "idle_1_cmds_per_s", less: true, full: true},
	{title: "commands, idle with 100 queues", unit: "/s", ours: "idle_100_cmds_per_s", peer: "idle_100_cmds_per_s", less: true, full: true},
	{title: "drain by 4 processes", unit: "tasks/s", ours: "processes_4_per_s", peer: "processes_4_per_s", full: true},
	{title: "memory of a worker process at work", unit: "MB", ours: "worker_rss_mb", peer: "worker_rss_mb", less: true, full: true},
}

// A figure is a metric's outcome: medians over the rounds.
type figure struct {
	metric
	us, them float64
	times    float64 // how many times better we are
}

// figures leaves out what was not measured on both sides.
func figures(all samples) []figure {
	var list []figure
	for _, m := range metrics {
		us, them := all[m.ours][systems[0].name], all[m.peer][systems[1].name]
		if len(us) == 0 || len(them) == 0 {
			continue
		}
		f := figure{metric: m, us: median(us), them: median(them)}
		f.times = ratio(f.us, f.them, m.less)
		list = append(list, f)
	}
	return list
}

// bestPeer is the peer in Go, asynq included, that is best in a metric of which more
// is better.
func bestPeer(all samples, metric string) (name string, value float64) {
	for _, s := range systems[1:] {
		if values := all[metric][s.name]; len(values) > 0 && median(values) > value {
			name, value = s.name, median(values)
		}
	}
	return name, value
}

// ratio says how many times better we are; 0 where there is no saying.
func ratio(us, them float64, less bool) float64 {
	if less {
		us, them = them, us
	}
	if them <= 0 {
		return 0
	}
	return us / them
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// medians are the raw figures of all systems: metric_system.
func medians(all samples) map[string]float64 {
	raw := map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for system, values := range all[name] {
			raw[name+"_"+system] = median(values)
		}
	}
	return raw
}
