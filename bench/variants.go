package main

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"

	"github.com/tqgen/taskqueue/bench/tasks"
)

// A change makes of the plain drain another one: what else a task asks for, or what
// else its handler does. Only our side runs it: what it costs beside the plain drain
// is what it tells.
type change struct {
	work    workload
	job     func(i int, job taskqueue.Job) taskqueue.Job
	prepare func(ctx context.Context, c *taskqueue.Client) error
	run     func(dst []byte) ([]byte, error) // nil: nothing
}

// variant measures a drain with a change, and what that costs Redis.
func variant(metric string, make func() change) func(*trial) error {
	return func(t *trial) error {
		c := make()
		c.work.slots = 10
		q, n := t.queue.(*taskqueueQueue), t.size.tasks
		if c.prepare != nil {
			if err := c.prepare(t.ctx, q.client); err != nil {
				return err
			}
		}
		if err := c.load(t.ctx, q, n); err != nil {
			return err
		}
		before, err := t.store.usage(t.ctx)
		if err != nil {
			return err
		}
		elapsed, err := c.drain(t.ctx, q, n)
		if err != nil {
			return err
		}
		after, err := t.store.usage(t.ctx)
		t.add(metric+"_per_s", float64(n)/elapsed.Seconds())
		t.add(metric+"_redis_us_per_task", float64(after.since(before).cpu.Nanoseconds())/1e3/float64(n))
		return err
	}
}

func (c *change) load(ctx context.Context, q *taskqueueQueue, n int) error {
	const batch = 1000
	payload := tasks.Noop{Data: make([]byte, payloadBytes-codecBytes)}
	for from := 0; from < n; from += batch {
		jobs := make([]taskqueue.Job, 0, batch)
		for i := from; i < min(from+batch, n); i++ {
			job := payload.Job()
			if c.job != nil {
				job = c.job(i, job)
			}
			jobs = append(jobs, job)
		}
		if _, err := q.client.EnqueueAll(ctx, jobs...); err != nil {
			return err
		}
	}
	return nil
}

// drain is the drain of every system, with a handler that may do something else:
// the count is of runs that ended well.
func (c *change) drain(ctx context.Context, q *taskqueueQueue, n int) (time.Duration, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var ran atomic.Int64
	var elapsed time.Duration
	start := time.Now()
	kinds := tasks.Tasks(tasks.Func(func([]byte) {}))
	plain := kinds[0].Run
	kinds[0].Run = func(ctx context.Context, payload, dst []byte) ([]byte, error) {
		dst, err := plain(ctx, payload, dst)
		if err == nil && c.run != nil {
			dst, err = c.run(dst)
		}
		if err == nil && ran.Add(1) == int64(n) {
			elapsed = time.Since(start)
			stop()
		}
		return dst, err
	}
	err := q.run(ctx, c.work, kinds)
	if ran.Load() != int64(n) && err == nil {
		err = errors.New(strconv.FormatInt(ran.Load(), 10) + " tasks ran to the end")
	}
	return elapsed, err
}

func fourQueues() change {
	const queues = 4
	return change{work: workload{queues: queues}, job: spread(queues)}
}

// spread lets queues have tasks by turns.
func spread(queues int) func(i int, job taskqueue.Job) taskqueue.Job {
	return func(i int, job taskqueue.Job) taskqueue.Job {
		return job.With(taskqueue.Queue(queueName(i % queues)))
	}
}

func withResults() change {
	result := make([]byte, payloadBytes)
	return change{
		job: func(_ int, job taskqueue.Job) taskqueue.Job { return job.With(taskqueue.Retention(time.Minute)) },
		run: func(dst []byte) ([]byte, error) { return append(dst, result...), nil },
	}
}

// withRetries lets every tenth run fail, and run again at once.
func withRetries() change {
	var runs atomic.Int64
	again := taskqueue.RetryAfter(errors.New("no luck"), 0)
	return change{run: func(dst []byte) ([]byte, error) {
		if runs.Add(1)%10 == 0 {
			return dst, again
		}
		return dst, nil
	}, job: func(_ int, job taskqueue.Job) taskqueue.Job { return job.With(taskqueue.Retries(100)) }}
}

func withUnique() change {
	return change{job: func(i int, job taskqueue.Job) taskqueue.Job {
		return job.With(taskqueue.Unique(strconv.Itoa(i), 0))
	}}
}

// withRate bounds the queue at more than it can do: what is measured is the
// counting.
func withRate() change {
	return change{prepare: func(ctx context.Context, c *taskqueue.Client) error {
		return c.LimitRate(ctx, taskqueue.Default, taskqueue.Rate{N: 1_000_000, Period: time.Second, Burst: 1_000_000})
	}}
}

// withGroups gives each of a thousand customers their turn.
func withGroups() change {
	return change{job: func(i int, job taskqueue.Job) taskqueue.Job {
		return job.With(taskqueue.WithKey(strconv.Itoa(i % 1000)))
	}}
}

// enqueueAsync measures the enqueuer that nobody waits for, until all is in.
func enqueueAsync(t *trial) error {
	q, n := t.queue.(*taskqueueQueue), t.size.tasks
	var failed error
	e, err := taskqueue.NewEnqueuer(q.client, taskqueue.EnqueuerConfig{Failed: func(_ taskqueue.Job, _ taskqueue.ID, err error) { failed = err }})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(t.ctx)
	defer stop()
	done := make(chan error, 1)
	start := time.Now()
	go func() { done <- e.Run(ctx) }()
	payload := tasks.Noop{Data: make([]byte, payloadBytes-codecBytes)}
	for range n {
		if _, err := e.Enqueue(t.ctx, payload.Job()); err != nil {
			return err
		}
	}
	stop()
	err = errors.Join(<-done, failed)
	t.add("enqueue_async_per_s", float64(n)/time.Since(start).Seconds())
	return err
}
