// Command monitor watches a worker that has more to do than it can: how many
// handlers run, which, what waits, and how producers are held back.
//
//	go run ./examples/monitor
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A scene is a worker that is too small for what arrives.
type scene struct {
	store           string
	producers       int
	slots           int
	room            int64         // tasks that may wait
	takes, lasts    time.Duration // one task, and all
	patience, watch time.Duration
}

func main() {
	s := scene{}
	flag.StringVar(&s.store, "store", "mem://", "URL of the store")
	flag.IntVar(&s.producers, "producers", 8, "producers, each of which enqueues as fast as it may")
	flag.IntVar(&s.slots, "slots", 4, "tasks that run at a time")
	flag.Int64Var(&s.room, "room", 20, "tasks that may wait; then producers are held back")
	flag.DurationVar(&s.takes, "takes", 100*time.Millisecond, "how long a task takes")
	flag.DurationVar(&s.patience, "patience", 500*time.Millisecond, "how long Enqueue waits for room")
	flag.DurationVar(&s.watch, "watch", 500*time.Millisecond, "between two lines")
	flag.DurationVar(&s.lasts, "lasts", 10*time.Second, "how long tasks are enqueued")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := s.run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "monitor:", err)
		os.Exit(1)
	}
}

// run produces, works and watches.
func (s *scene) run(ctx context.Context, out io.Writer) error {
	queue, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer queue.Close()
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Tasks: Tasks(), Concurrency: s.slots, Prefetch: taskqueue.NoPrefetch,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(working) }()

	producing, enough := context.WithTimeout(ctx, s.lasts)
	defer enough()
	var producers sync.WaitGroup
	for range s.producers {
		producers.Go(func() { s.produce(producing, queue) })
	}
	err = s.look(producing, queue, worker, out)
	producers.Wait()
	if _, drainErr := queue.Drain(ctx, taskqueue.Default); drainErr != nil {
		err = errors.Join(err, drainErr)
	}
	stop()
	err = errors.Join(err, <-ended)
	fmt.Fprintf(out, "drained: %d done\n", worker.Stats().Done)
	return err
}

// open makes a client whose queue has room for some tasks, and whose Enqueue waits a
// while for it.
func (s *scene) open(ctx context.Context) (*taskqueue.Client, error) {
	queue, err := taskqueue.ClientConfig{
		Backpressure: taskqueue.Backpressure{Wait: s.patience, Delay: 10 * time.Millisecond},
	}.Open(ctx, s.store)
	if err != nil {
		return nil, err
	}
	if err := queue.Limit(ctx, taskqueue.Default, s.room); err != nil {
		return nil, errors.Join(err, queue.Close())
	}
	return queue, nil
}

// produce enqueues until ctx ends. What is refused is lost here; a program would
// tell its caller to come back later.
func (s *scene) produce(ctx context.Context, queue *taskqueue.Client) {
	for ctx.Err() == nil {
		_, _ = Step{s.takes}.Enqueue(ctx, queue) // Pressure counts what was refused
	}
}

// look prints a line now and then.
func (s *scene) look(ctx context.Context, queue *taskqueue.Client, worker *taskqueue.Worker, out io.Writer) error {
	tick := time.NewTicker(s.watch)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		infos, err := queue.Queues(context.WithoutCancel(ctx), taskqueue.Default)
		if err != nil {
			return err
		}
		stats, pressure := worker.Stats(), queue.Pressure()
		fmt.Fprintf(out, "active %d of %d, waiting %d, done %d; producers: %d wait, %d had to, %d were refused%s\n",
			worker.Active(), stats.Slots, infos[0].Pending, stats.Done, pressure.Waiting, pressure.Held, pressure.Refused, oldest(worker))
	}
}

// oldest is the handler that has run longest.
func oldest(worker *taskqueue.Worker) string {
	running := worker.Running(1)
	if len(running) == 0 {
		return ""
	}
	r := running[0]
	return fmt.Sprintf("; %s %v runs for %v", r.Kind, r.ID, time.Since(r.Started).Round(time.Millisecond))
}
