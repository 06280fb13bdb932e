// Command performance puts light, medium and heavy tasks into three queues and tells
// how they fared: 20, 10 and 5 of them, or as many as you like.
//
//	go run ./examples/performance
//	go run ./examples/performance -light 200000 -light-sleep 0 -medium 0 -heavy 0 -slots 100
//	go run ./examples/performance -store redis://127.0.0.1:6379
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
	"sync/atomic"
	"text/tabwriter"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A load says what there is to do, and with how much.
type load struct {
	store                               string
	light, medium, heavy                int
	lightSleep, mediumSleep, heavySleep time.Duration
	slots                               int
}

func main() {
	var l load
	flag.StringVar(&l.store, "store", "mem://", "URL of the store")
	flag.IntVar(&l.light, "light", 20, "light tasks")
	flag.IntVar(&l.medium, "medium", 10, "medium tasks")
	flag.IntVar(&l.heavy, "heavy", 5, "heavy tasks")
	flag.DurationVar(&l.lightSleep, "light-sleep", 10*time.Millisecond, "how long a light one takes")
	flag.DurationVar(&l.mediumSleep, "medium-sleep", 100*time.Millisecond, "how long a medium one takes")
	flag.DurationVar(&l.heavySleep, "heavy-sleep", 500*time.Millisecond, "how long a heavy one takes, besides computing")
	flag.IntVar(&l.slots, "slots", 4, "tasks that run at a time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, l, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "performance:", err)
		os.Exit(1)
	}
}

// run enqueues everything, then works it off and tells.
func run(ctx context.Context, l load, out io.Writer) error {
	queue, err := taskqueue.Open(ctx, l.store)
	if err != nil {
		return err
	}
	defer queue.Close()
	jobs := l.jobs()
	began := time.Now()
	ids, err := queue.EnqueueAll(ctx, jobs...)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "enqueued %d tasks in %v\n", len(ids), time.Since(began).Round(time.Microsecond))
	worker, took, err := work(ctx, queue, len(jobs), l.slots)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "worked them off in %v with %d slots: %.0f/s\n", took.Round(time.Millisecond), l.slots, float64(len(jobs))/took.Seconds())
	return table(out, worker.Metrics())
}

func (l load) jobs() []taskqueue.Job {
	jobs := make([]taskqueue.Job, 0, l.light+l.medium+l.heavy)
	for i := range l.light {
		jobs = append(jobs, Light{i, l.lightSleep}.Job())
	}
	for i := range l.medium {
		jobs = append(jobs, Medium{i, l.mediumSleep}.Job())
	}
	for i := range l.heavy {
		jobs = append(jobs, Heavy{i, l.heavySleep, 1000}.Job())
	}
	return jobs
}

// work runs a worker until n tasks have ended.
func work(ctx context.Context, queue *taskqueue.Client, n, slots int) (*taskqueue.Worker, time.Duration, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var ended atomic.Int64
	var began, last time.Time
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Tasks: Tasks(), Concurrency: slots, Logger: slog.New(slog.DiscardHandler),
		OnFinish: func(taskqueue.Event) {
			if ended.Add(1) == int64(n) {
				last = time.Now()
				stop()
			}
		},
	})
	if err != nil {
		return nil, 0, err
	}
	if n == 0 {
		return nil, 0, errors.New("there is nothing to do")
	}
	began = time.Now()
	err = worker.Run(ctx)
	if err == nil && ended.Load() < int64(n) {
		err = fmt.Errorf("interrupted after %d of %d tasks", ended.Load(), n)
	}
	return worker, last.Sub(began), err
}

// table tells of each kind, in milliseconds.
func table(out io.Writer, metrics *taskqueue.Metrics) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "kind\tdone\tfailed\twait p50\tp99\trun p50\tp99\t")
	for _, m := range metrics.Kinds() {
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t\n", m.Kind, m.Done, m.Failed(),
			millis(m.Wait, 0.5), millis(m.Wait, 0.99), millis(m.Run, 0.5), millis(m.Run, 0.99))
	}
	return t.Flush()
}

func millis(d *taskqueue.Durations, q float64) string {
	return fmt.Sprintf("%.1f", float64(d.Quantile(q))/float64(time.Millisecond))
}
