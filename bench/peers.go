package main

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"time"

	"github.com/gocraft/work"
	"github.com/gomodule/redigo/redis"
	"github.com/vmihailenco/taskq/v3"
	"github.com/vmihailenco/taskq/v3/redisq"

	goredis "github.com/go-redis/redis/v8"
)

const peerKind = "noop"

// A workQueue is gocraft/work as its README uses it. Its payload is JSON: the bytes
// in it are fewer, so that there are as many on the wire.
type workQueue struct {
	pool     *redis.Pool
	enqueuer *work.Enqueuer
}

const workNamespace = "bench"

func openWork(url string) (queue, error) {
	pool := &redis.Pool{MaxIdle: 200, Dial: func() (redis.Conn, error) { return redis.DialURL(url) }}
	return &workQueue{pool, work.NewEnqueuer(workNamespace, pool)}, nil
}

func (q *workQueue) enqueue(_ context.Context, payload []byte) error {
	_, err := q.enqueuer.Enqueue(peerKind, work.Q{"data": base64.StdEncoding.EncodeToString(payload[:len(payload)*3/4-8])})
	return err
}

func (q *workQueue) enqueueAll(context.Context, [][]byte) error { return errNoBatch }

func (q *workQueue) work(ctx context.Context, w workload, handle func([]byte)) error {
	if w.queues > 0 {
		return errNoQueues
	}
	pool := work.NewWorkerPool(struct{}{}, uint(w.slots), workNamespace, q.pool)
	pool.Job(peerKind, func(job *work.Job) error {
		data, err := base64.StdEncoding.DecodeString(job.ArgString("data"))
		if err == nil {
			handle(data)
		}
		return err
	})
	pool.Start()
	<-ctx.Done()
	pool.Stop()
	return nil
}

func (q *workQueue) close() error { return q.pool.Close() }

// A taskqQueue is taskq as its README uses it, on Redis streams.
type taskqQueue struct {
	redis *goredis.Client
	kinds *taskq.TaskMap
	task  *taskq.Task
	queue taskq.Queue
	run   *func([]byte) // what the task does
}

func openTaskq(url string) (queue, error) {
	taskq.SetLogger(log.New(io.Discard, "", 0))
	options, err := goredis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	q := &taskqQueue{redis: goredis.NewClient(options), kinds: new(taskq.TaskMap), run: new(func([]byte))}
	q.task, err = q.kinds.Register(&taskq.TaskOptions{Name: peerKind, Handler: func(data []byte) error {
		(*q.run)(data)
		return nil
	}})
	if err == nil {
		q.queue = q.open(0)
	}
	return q, err
}

func (q *taskqQueue) open(slots int) taskq.Queue {
	return redisq.NewFactory().RegisterQueue(&taskq.QueueOptions{
		Name: "bench", Redis: q.redis, Handler: q.kinds, MaxNumWorker: int32(slots), WaitTimeout: time.Second,
	})
}

func (q *taskqQueue) enqueue(ctx context.Context, payload []byte) error {
	return q.queue.Add(q.task.WithArgs(ctx, payload))
}

func (q *taskqQueue) enqueueAll(context.Context, [][]byte) error { return errNoBatch }

func (q *taskqQueue) work(ctx context.Context, w workload, handle func([]byte)) error {
	if w.queues > 0 {
		return errNoQueues
	}
	*q.run = handle
	served := q.open(w.slots)
	consumer := served.Consumer()
	if err := consumer.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	err := consumer.Stop()
	return errors.Join(err, served.Close())
}

func (q *taskqQueue) close() error {
	_ = q.queue.Close()
	return q.redis.Close()
}
