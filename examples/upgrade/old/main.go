// Command old is the release before the amount had a currency. It enqueues numbered
// invoices, or works them.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "old:", err)
		os.Exit(1)
	}
}

// run is "old URL work" or "old URL send FROM TO".
func run(ctx context.Context, args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: old URL work | old URL send FROM TO")
	}
	queue, err := taskqueue.Open(ctx, args[0])
	if err != nil {
		return err
	}
	defer queue.Close()
	if args[1] == "send" && len(args) == 4 {
		return send(ctx, queue, args[2], args[3])
	}
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{Tasks: Tasks(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return worker.Run(ctx)
}

// send enqueues the invoices from one number to another.
func send(ctx context.Context, queue *taskqueue.Client, from, to string) error {
	first, err := strconv.Atoi(from)
	if err != nil {
		return err
	}
	last, err := strconv.Atoi(to)
	if err != nil {
		return err
	}
	var jobs []taskqueue.Job
	for number := first; number <= last; number++ {
		jobs = append(jobs, Invoice{Number: number, Cents: 100 * number}.Job())
	}
	_, err = queue.EnqueueAll(ctx, jobs...)
	return err
}

func ran(ctx context.Context, release string, number int, amount any) error {
	_, err := fmt.Printf("%s worker: invoice %d over %v, attempt %d\n", release, number, amount, taskqueue.Info(ctx).Attempt)
	return err
}
