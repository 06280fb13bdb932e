// Command flashcrowd sends a crowd to a worker whose autoscaler is on, and draws what
// happens: a line a second, with what arrives, what waits, and how many workers there
// are.
//
//	go run ./examples/flashcrowd
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
	"strings"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A scene is what happens: some visits, a crowd, some visits.
type scene struct {
	store        string
	calm, crowd  int // visits a second
	before, peak time.Duration
	after        time.Duration
	takes        time.Duration // one visit
}

// The worker has at least one and at most maxWorkers times slots.
const (
	slots      = 5
	maxWorkers = 20
)

func main() {
	s := scene{}
	flag.StringVar(&s.store, "store", "mem://", "URL of the store")
	flag.IntVar(&s.calm, "calm", 10, "visits a second before and after")
	flag.IntVar(&s.crowd, "crowd", 200, "visits a second of the crowd")
	flag.DurationVar(&s.before, "before", 10*time.Second, "how long it is calm")
	flag.DurationVar(&s.peak, "peak", 20*time.Second, "how long the crowd stays")
	flag.DurationVar(&s.after, "after", time.Minute, "how long it is calm again")
	flag.DurationVar(&s.takes, "takes", 200*time.Millisecond, "how long a visit takes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, s, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "flashcrowd:", err)
		os.Exit(1)
	}
}

// run plays the scene.
func run(ctx context.Context, s scene, out io.Writer) error {
	queue, err := taskqueue.Open(ctx, s.store)
	if err != nil {
		return err
	}
	defer queue.Close()
	worker, err := newWorker(queue)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	err = s.play(ctx, queue, worker, out)
	stop()
	return errors.Join(err, <-ended)
}

func newWorker(queue *taskqueue.Client) (*taskqueue.Worker, error) {
	tuning := taskqueue.DefaultTuning()
	tuning.Target.QueueWait = 2 * time.Second
	return taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Tasks: Tasks(), Concurrency: slots,
		Autoscale: taskqueue.Autoscale{Min: 1, Max: maxWorkers, Tuning: &tuning},
		Logger:    slog.New(slog.DiscardHandler),
	})
}

// play sends the visits of each second at its begin, and draws it at its end.
func (s *scene) play(ctx context.Context, queue *taskqueue.Client, worker *taskqueue.Worker, out io.Writer) error {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	var told time.Time
	fmt.Fprintln(out, "  time  arrive    wait  workers")
	for at := time.Duration(0); at < s.before+s.peak+s.after; at += time.Second {
		visits := s.visits(at)
		if err := s.send(ctx, queue, visits); err != nil {
			return err
		}
		select {
		case <-second.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		infos, err := queue.Queues(ctx, taskqueue.Default)
		if err != nil {
			return err
		}
		workers := worker.Stats().Slots / slots
		fmt.Fprintf(out, "%6v %5d/s %7d  %-*s %d", at+time.Second, visits, infos[0].Pending, maxWorkers, strings.Repeat("█", workers), workers)
		if d := worker.Decisions(1); len(d) > 0 && d[0].From != d[0].To && d[0].At.After(told) {
			told = d[0].At
			fmt.Fprintf(out, "  %v", d[0])
		}
		fmt.Fprintln(out)
	}
	return nil
}

func (s *scene) visits(at time.Duration) int {
	if at >= s.before && at < s.before+s.peak {
		return s.crowd
	}
	return s.calm
}

func (s *scene) send(ctx context.Context, queue *taskqueue.Client, n int) error {
	jobs := make([]taskqueue.Job, n)
	for i := range jobs {
		// Spread over the second.
		jobs[i] = Visit{s.takes}.Job(taskqueue.In(time.Second * time.Duration(i) / time.Duration(n)))
	}
	_, err := queue.EnqueueAll(ctx, jobs...)
	return err
}
