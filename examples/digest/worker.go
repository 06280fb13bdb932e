package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/tqgen/taskqueue/examples/digest/files"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// newWorker makes the worker that digests files.
func (o *options) newWorker(client *taskqueue.Client, logger *slog.Logger) (*taskqueue.Worker, error) {
	return taskqueue.NewWorker(client, taskqueue.WorkerConfig{
		Tasks:       files.Tasks(files.Digester{Pause: o.pause}),
		Concurrency: o.slots,
		Lease:       o.lease,
		Logger:      logger,
	})
}

// logger is silent unless asked: warnings of planted faults would run through
// the progress bar.
func (o *options) logger(stderr io.Writer) *slog.Logger {
	if o.log {
		return slog.New(slog.NewTextHandler(stderr, nil))
	}
	return slog.New(slog.DiscardHandler)
}

// work is the worker's role: it runs until it is told to stop.
func (o *options) work(ctx context.Context, client *taskqueue.Client, stdout, stderr io.Writer) error {
	worker, err := o.newWorker(client, o.logger(stderr))
	if err != nil {
		return usage("%w", err)
	}
	fmt.Fprintf(stdout, "worker %s: %d slots; stop it with an interrupt\n", worker.Name(), o.slots)
	if err := worker.Run(ctx); err != nil {
		return err
	}
	s := worker.Stats()
	fmt.Fprintf(stdout, "worker %s: %s done, %d to be retried, %d dead, %d given back\n",
		worker.Name(), thousands(s.Done), s.Retried, s.Dead, s.Released)
	return nil
}
