package main

import (
	"context"
	"errors"

	"github.com/hibiken/asynq"
)

const asynqKind = "bench:noop"

// errNoBatch is the answer of a system that adds tasks one at a time.
var errNoBatch = errors.New("the system has no batch")

// An asynqQueue is asynq as its README uses it, with its defaults.
type asynqQueue struct {
	client *asynq.Client
	redis  asynq.RedisConnOpt
}

func openAsynq(url string) (queue, error) {
	redis, err := asynq.ParseRedisURI(url)
	if err != nil {
		return nil, err
	}
	return &asynqQueue{client: asynq.NewClient(redis), redis: redis}, nil
}

func (q *asynqQueue) enqueue(ctx context.Context, payload []byte) error {
	_, err := q.client.EnqueueContext(ctx, asynq.NewTask(asynqKind, payload))
	return err
}

func (q *asynqQueue) enqueueAll(context.Context, [][]byte) error { return errNoBatch }

func (q *asynqQueue) work(ctx context.Context, slots int, _ bool, handle func([]byte)) error {
	server := asynq.NewServer(q.redis, asynq.Config{Concurrency: slots, LogLevel: asynq.FatalLevel})
	mux := asynq.NewServeMux()
	mux.HandleFunc(asynqKind, func(_ context.Context, t *asynq.Task) error {
		handle(t.Payload())
		return nil
	})
	if err := server.Start(mux); err != nil {
		return err
	}
	<-ctx.Done()
	server.Shutdown()
	return nil
}

func (q *asynqQueue) close() error { return q.client.Close() }
