package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// A size says how much a run does.
type size struct {
	rounds  int
	tasks   int           // in the queue, for draining
	singles int           // added one at a time by one caller
	latency time.Duration // of watching how long tasks wait
	idle    time.Duration // of watching a worker without tasks
	backlog int           // the largest one
}

var (
	full    = size{rounds: 5, tasks: 100_000, singles: 20_000, latency: 5 * time.Second, idle: 20 * time.Second, backlog: 1_000_000}
	quickly = size{rounds: 3, tasks: 100_000, singles: 5_000, latency: 2 * time.Second, idle: 10 * time.Second}
)

// samples are the raw figures: by metric, by system, one a round.
type samples map[string]map[string][]float64

func (s samples) add(metric, system string, value float64) {
	if s[metric] == nil {
		s[metric] = map[string][]float64{}
	}
	s[metric][system] = append(s[metric][system], value)
}

// Who takes part in a scenario.
type field int

const (
	both field = iota // we and asynq
	all               // every system
	ours
)

// A scenario is one thing to do on every system. It starts on an empty server.
type scenario struct {
	name string
	run  func(*trial) error
	who  field
	slow bool // not in a quick run
	once bool // only in the first round
}

var scenarios = []scenario{
	{name: "enqueue 1", run: enqueueScenario("enqueue_1_per_s", 1), who: all},
	{name: "enqueue 16", run: enqueueScenario("enqueue_16_per_s", 16), who: all},
	{name: "enqueue 128", run: enqueueScenario("enqueue_128_per_s", 128)},
	{name: "enqueue batch 1000", run: batchScenario("enqueue_batch1000_per_s", 1000)},
	{name: "enqueue batch 100", run: batchScenario("enqueue_batch100_per_s", 100), slow: true, who: ours},
	{name: "enqueue async", run: enqueueAsync, slow: true, who: ours},
	{name: "memory", run: measureMemory, who: all},
	{name: "drain c=10", run: drainScenario("drain_c10", workload{slots: 10}, payloadBytes), who: all},
	{name: "drain c=100 strict", run: drainScenario("drain_c100_strict", workload{slots: 100, strict: true}, payloadBytes)},
	{name: "drain c=10 strict", run: drainScenario("drain_c10_strict", workload{slots: 10, strict: true}, payloadBytes), who: ours, slow: true},
	{name: "drain c=100", run: drainScenario("drain_c100", workload{slots: 100}, payloadBytes), slow: true, who: all},
	{name: "drain 2 KB", run: drainScenario("drain_2kb", workload{slots: 10}, 2_000), slow: true},
	{name: "drain 20 KB", run: drainScenario("drain_20kb", workload{slots: 10}, 20_000), slow: true},
	{name: "produce and consume", run: produceAndConsume, slow: true},
	{name: "latency", run: latencyScenario("latency", 100), who: all},
	{name: "latency 5000/s", run: latencyScenario("latency_5k", 5000), slow: true},
	{name: "idle", run: idleScenario("idle", 0), once: true},
	{name: "idle 1 queue", run: idleScenario("idle_1", 1), slow: true},
	{name: "idle 100 queues", run: idleScenario("idle_100", 100), slow: true},
	{name: "idle 10000 queues", run: idleScenario("idle_10k", 10_000), slow: true, once: true, who: ours},
	{name: "four queues", run: variant("drain_4_queues", fourQueues), slow: true, who: ours},
	{name: "results", run: variant("drain_results", withResults), slow: true, who: ours},
	{name: "retries", run: variant("drain_retries", withRetries), slow: true, who: ours},
	{name: "unique", run: variant("drain_unique", withUnique), slow: true, who: ours},
	{name: "rate limit", run: variant("drain_rate", withRate), slow: true, who: ours},
	{name: "group limits", run: variant("drain_groups", withGroups), slow: true, who: ours},
	{name: "measuring", run: measureMeasuring, slow: true, who: ours},
	{name: "aof none", run: aofScenario("none"), once: true, slow: true},
	{name: "aof everysec", run: aofScenario("everysec"), once: true},
	{name: "aof always", run: aofScenario("always"), once: true, slow: true},
	{name: "backlog", run: measureBacklog, once: true, slow: true, who: ours},
	{name: "processes", run: measureProcesses, once: true, slow: true},
	{name: "cluster", run: measureCluster, once: true, slow: true, who: ours},
	{name: "bullmq", run: measureBullMQ, once: true, slow: true, who: ours},
}

// systems are those that take part.
func (sc *scenario) systems() []system {
	switch sc.who {
	case all:
		return systems
	case ours:
		return systems[:1]
	}
	return systems[:rivals]
}

// A trial is one run of a scenario on one system.
type trial struct {
	ctx     context.Context
	store   *store
	queue   queue
	open    func() (queue, error) // another client of the same system
	url     string
	size    size
	system  system
	samples samples
}

func (t *trial) add(metric string, value float64) { t.samples.add(metric, t.system.name, value) }

// tasks is how many tasks of a size a trial handles: a hundred megabytes at most, and
// no more than the system can.
func (t *trial) tasks(size int) int {
	n := min(t.size.tasks, 100*1000*1000/size)
	if t.system.limit > 0 {
		n = min(n, t.system.limit)
	}
	return n
}

func (sc *scenario) measure(ctx context.Context, s *store, sys system, p plan, all samples) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	t := &trial{ctx: ctx, store: s, size: p.size, system: sys, samples: all, url: s.url()}
	if p.ours != "" && sys.name == systems[0].name {
		t.url = p.ours
	}
	t.open = func() (queue, error) { return sys.open(t.url) }
	var err error
	if t.queue, err = t.open(); err != nil {
		return err
	}
	defer func() { t.queue.close() }()
	err = sc.run(t)
	var skip skipped
	if errors.As(err, &skip) || errors.Is(err, errNoQueues) {
		fmt.Fprintf(os.Stderr, "SKIPPED %s, %s: %v\n", sc.name, sys.name, err)
		return nil
	}
	return err
}

// A skipped scenario cannot be run here.
type skipped string

// Error implements error.
func (s skipped) Error() string { return string(s) }
