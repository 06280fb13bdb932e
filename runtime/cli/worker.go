package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/config"
)

// work runs the workers until ctx ends.
func (c *command) work(ctx context.Context, settings *config.Config) error {
	logs := &logs{settings: settings.Log, out: c.process.stderr, colours: c.process.terminal}
	log := logs.of("")
	slog.SetDefault(log) // what handlers log looks the same
	for _, w := range settings.Warnings {
		log.Warn(w.String())
	}
	worker, err := settings.WorkerConfig(c.program.Tasks)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	worker.Logger = logs.of("worker")
	client, err := settings.Open(ctx, logs.of("redis"))
	if err != nil {
		return noStore(ctx, settings, err)
	}
	defer client.Close()
	workers, err := c.newWorkers(client, worker, settings.Workers.InitialCount)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	fmt.Fprintln(c.process.stdout, startLine(client, settings, workers, len(worker.Tasks)))
	return failed(runAll(ctx, workers, func() {
		log.Info("draining; a second signal aborts", "grace", settings.Workers.ShutdownGracePeriod)
	}))
}

// noStore says what to do where the store does not answer.
func noStore(ctx context.Context, settings *config.Config, err error) error {
	url := config.Redacted(settings.Redis.URL)
	const help = "Start it (redis-server, or docker compose up redis), or use mem:// to try things in this process alone."
	switch {
	case ctx.Err() != nil:
		return &exitError{exitInterrupted, errors.New("interrupted before any work began")}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &exitError{exitUsage, fmt.Errorf("%s refuses connections. %s", url, help)}
	case errors.Is(err, taskqueue.ErrUnavailable):
		return &exitError{exitUsage, fmt.Errorf("%s does not answer (%w). %s", url, err, help)}
	}
	return &exitError{exitUsage, err}
}

func (c *command) newWorkers(client *taskqueue.Client, plan taskqueue.WorkerConfig, n int) ([]*taskqueue.Worker, error) {
	var workers []*taskqueue.Worker
	for range n {
		own := plan
		if adjust := c.program.Worker; adjust != nil {
			adjust(&own)
		}
		w, err := taskqueue.NewWorker(client, own)
		if err != nil {
			return nil, err
		}
		workers = append(workers, w)
	}
	return workers, nil
}

// startLine is the line that a start prints: store, tasks, queues, workers.
func startLine(client *taskqueue.Client, settings *config.Config, workers []*taskqueue.Worker, tasks int) string {
	store := config.Redacted(settings.Redis.URL)
	if settings.InMemory() {
		store += " (tasks die with this process)"
	}
	stats := workers[0].Stats()
	table := client.QueueTable()
	queues := slices.SortedFunc(maps.Keys(stats.Queues), func(a, b string) int {
		qa, _ := table.Get(a)
		qb, _ := table.Get(b)
		if qa.Priority != qb.Priority {
			return qb.Priority - qa.Priority
		}
		return strings.Compare(a, b)
	})
	return fmt.Sprintf("%s: %s; queues %s; %s with %s each", store, count(tasks, "task"),
		strings.Join(queues, ", "), count(len(workers), "worker"), count(stats.Slots, "slot"))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// runAll runs workers until ctx ends, or until one of them fails. It calls
// draining when they begin to end.
func runAll(ctx context.Context, workers []*taskqueue.Worker, draining func()) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	errs := make([]error, len(workers))
	var work sync.WaitGroup
	work.Go(func() { <-ctx.Done(); draining() })
	for i, w := range workers {
		work.Go(func() {
			defer stop()
			errs[i] = w.Run(ctx)
		})
	}
	work.Wait()
	return errors.Join(errs...)
}
