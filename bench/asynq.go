package main

import (
	"context"
	"errors"

	"github.com/hibiken/asynq"
)

const asynqKind = "bench:noop"

// What a system cannot do.
var (
	errNoBatch  = errors.New("the system adds tasks one at a time")
	errNoQueues = errors.New("the system does not serve several queues")
)

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

func (q *asynqQueue) work(ctx context.Context, w workload, handle func([]byte)) error {
	config := asynq.Config{Concurrency: w.slots, LogLevel: asynq.FatalLevel}
	for i := range w.queues {
		if config.Queues == nil {
			config.Queues = map[string]int{}
		}
		config.Queues[queueName(i)] = 1
	}
	server := asynq.NewServer(q.redis, config)
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
