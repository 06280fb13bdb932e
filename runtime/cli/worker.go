package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/config"
)

// work runs the workers until ctx ends.
func (c *command) work(ctx context.Context, settings *config.Config) error {
	logs := &logs{settings: settings.Log, out: c.process.Stderr, colours: c.process.ErrTerminal}
	log := logs.of("")
	slog.SetDefault(log) // what handlers log looks the same
	for _, w := range settings.Warnings {
		log.Warn(w.String())
	}
	worker, err := settings.WorkerConfig(c.program.Tasks)
	if err != nil {
		return console.Misuse(err)
	}
	worker.Logger = logs.of("worker")
	if n := len(c.program.Crons); n > 0 && !settings.Scheduler.Enabled {
		log.Warn("crons do not run here: scheduler.enabled is false; set it in one process at least, or --enable-scheduler", "crons", n)
	}
	client, err := settings.Open(ctx, logs.of("redis"))
	if err != nil {
		return console.NoStore(ctx, config.Redacted(settings.Redis.URL), err)
	}
	defer client.Close()
	workers, err := c.newWorkers(client, worker, settings)
	if err != nil {
		return console.Misuse(err)
	}
	line := startLine(client, settings, workers, len(worker.Tasks))
	var serve func(context.Context) error
	if settings.Serves() {
		server, err := console.Listen(ctx, settings.Web.Listen)
		if err != nil {
			return err
		}
		line += "; " + server.URL() + settings.Web.RoutePrefix
		serve = func(ctx context.Context) error {
			return server.Run(ctx, handler(ctx, client, settings, logs.of("web"), workers...))
		}
	}
	fmt.Fprintln(c.process.Stdout, line)
	return console.Fail(runAll(ctx, workers, serve, func() {
		log.Info("draining; a second signal aborts", "grace", settings.Workers.ShutdownGracePeriod)
	}))
}

// handler serves the HTTP interface. Its streams end with ctx.
func handler(ctx context.Context, client *taskqueue.Client, settings *config.Config, log *slog.Logger, workers ...*taskqueue.Worker) http.Handler {
	c := settings.WebConfig()
	c.Workers, c.Logger, c.Done = workers, log, ctx.Done()
	mux := http.NewServeMux()
	settings.MountAs(mux, client, c)
	return mux
}

// newWorkers makes the process' workers. The first one has the crons. Where the
// autoscaler is enabled there is one, which scales.
func (c *command) newWorkers(client *taskqueue.Client, plan taskqueue.WorkerConfig, settings *config.Config) ([]*taskqueue.Worker, error) {
	var workers []*taskqueue.Worker
	n := settings.Workers.InitialCount
	if settings.Autoscaler.Enabled {
		n = 1
	}
	for i := range n {
		own := plan
		if i == 0 && settings.Scheduler.Enabled {
			own.Crons = c.program.Crons
		}
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

// startLine is the line that a start prints: store, tasks, queues, workers, the
// next cron.
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
	crew := fmt.Sprintf("%s with %s each", console.Count(len(workers), "worker"), console.Count(stats.Slots, "slot"))
	if a := settings.Autoscaler; a.Enabled {
		crew = fmt.Sprintf("%d to %d workers with %s each", a.MinWorkers, a.MaxWorkers, console.Count(settings.Workers.MaxConcurrentTasks, "slot"))
	}
	line := fmt.Sprintf("%s: %s; queues %s; %s", store, console.Count(tasks, "task"), strings.Join(queues, ", "), crew)
	if ticks := workers[0].NextTicks(1); len(ticks) > 0 {
		line += fmt.Sprintf("; next cron %s at %s", ticks[0].Name, ticks[0].At.Format("2006-01-02 15:04:05 MST"))
	}
	return line
}

// runAll runs workers, and serves if there is anything to serve, until ctx ends or
// one of them fails. It calls draining when they begin to end; what is served goes on
// until the workers have ended, so that probes can see that they drain.
func runAll(ctx context.Context, workers []*taskqueue.Worker, serve func(context.Context) error, draining func()) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	errs := make([]error, len(workers)+1)
	var work, web sync.WaitGroup
	work.Go(func() { <-ctx.Done(); draining() })
	if serve != nil {
		web.Go(func() {
			defer stop()
			errs[len(workers)] = serve(serving)
		})
	}
	for i, w := range workers {
		work.Go(func() {
			defer stop()
			errs[i] = w.Run(ctx)
		})
	}
	work.Wait()
	end()
	web.Wait()
	return errors.Join(errs...)
}
