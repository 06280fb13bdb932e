package main

import (
	"context"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"

	"github.com/tqgen/taskqueue/bench/tasks"
)

// measuringPairs is how many drains of each kind one trial has, by turns: a machine
// that becomes slower does so for both.
const measuringPairs = 4

// measureMeasuring tells what it costs that workers measure their runs. That has no
// switch, so it is done twice: what the second time adds is what one costs. Both have a
// hook, one of which does nothing.
func measureMeasuring(t *trial) error {
	var once, twice spending
	for i := range 2 * measuringPairs {
		spent, hook := &once, func(taskqueue.Event) {}
		if again := (i+i/2)%2 == 1; again { // A B B A …
			spent, hook = &twice, new(taskqueue.Metrics).Observe
		}
		if err := spent.drain(t, t.size.tasks/2, hook); err != nil {
			return err
		}
	}
	t.add("metrics_overhead_time_percent", over(twice.elapsed, once.elapsed))
	t.add("metrics_overhead_cpu_percent", over(twice.cpu, once.cpu))
	return nil
}

// over is how much longer a takes than b, in percent.
func over(a, b time.Duration) float64 { return (float64(a)/float64(b) - 1) * 100 }

// A spending is what drains took together.
type spending struct{ elapsed, cpu time.Duration }

// drain adds a drain of n tasks by ten slots.
func (s *spending) drain(t *trial, n int, hook func(taskqueue.Event)) error {
	if err := load(t.ctx, t.queue, n, payloadBytes); err != nil {
		return err
	}
	before := ownUsage()
	elapsed, err := drain(t.ctx, hooked{t.queue, t.queue.(*taskqueueQueue).client, hook}, n, workload{slots: 10})
	s.elapsed += elapsed
	s.cpu += ownUsage().cpu - before.cpu
	return err
}

// hooked is a queue whose worker tells of the ends of runs.
type hooked struct {
	queue
	client *taskqueue.Client
	hook   func(taskqueue.Event)
}

func (q hooked) work(ctx context.Context, w workload, run func([]byte)) error {
	worker, err := taskqueue.NewWorker(q.client, taskqueue.WorkerConfig{Tasks: tasks.Tasks(tasks.Func(run)), Concurrency: w.slots, OnFinish: q.hook})
	if err != nil {
		return err
	}
	return worker.Run(ctx)
}
