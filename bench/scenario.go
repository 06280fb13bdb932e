package main

import (
	"context"
	"time"
)

// A size says how much a run does.
type size struct {
	rounds  int
	tasks   int           // in the queue, for draining
	singles int           // added one at a time by one caller
	latency time.Duration // of watching how long tasks wait
	idle    time.Duration // of watching a worker without tasks
}

var (
	full    = size{rounds: 5, tasks: 100_000, singles: 30_000, latency: 10 * time.Second, idle: 10 * time.Second}
	quickly = size{rounds: 3, tasks: 100_000, singles: 5_000, latency: 2 * time.Second, idle: 2 * time.Second}
)

// samples are the raw figures: by metric, by system, one a round.
type samples map[string]map[string][]float64

func (s samples) add(metric, system string, value float64) {
	if s[metric] == nil {
		s[metric] = map[string][]float64{}
	}
	s[metric][system] = append(s[metric][system], value)
}

// A scenario is one thing to do on every system. It starts on an empty server.
type scenario struct {
	name string
	run  func(*trial) error
}

var scenarios = []scenario{
	{"enqueue 1", enqueueScenario("enqueue_1_per_s", 1)},
	{"enqueue 16", enqueueScenario("enqueue_16_per_s", 16)},
	{"enqueue 128", enqueueScenario("enqueue_128_per_s", 128)},
	{"enqueue batch 1000", batchScenario("enqueue_batch1000_per_s", 1000)},
	{"memory", measureMemory},
	{"drain c=10", drainScenario("drain_c10", 10, false)},
	{"drain c=100 strict", drainScenario("drain_c100_strict", 100, true)},
	{"latency", measureLatency},
	{"idle", measureIdle},
}

// A trial is one run of a scenario on one system.
type trial struct {
	ctx     context.Context
	store   *store
	queue   queue
	open    func() (queue, error) // another client of the same system
	size    size
	system  string
	samples samples
}

func (t *trial) add(metric string, value float64) { t.samples.add(metric, t.system, value) }

func (sc *scenario) measure(ctx context.Context, s *store, sys system, p plan, all samples) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	t := &trial{ctx: ctx, store: s, size: p.size, system: sys.name, samples: all}
	url := s.url()
	if p.ours != "" && sys.name == systems[0].name {
		url = p.ours
	}
	t.open = func() (queue, error) { return sys.open(url) }
	var err error
	if t.queue, err = t.open(); err != nil {
		return err
	}
	defer func() { t.queue.close() }()
	return sc.run(t)
}
