package main

import (
	"context"
	"strconv"

	taskqueue "github.com/tqgen/taskqueue/runtime"

	"github.com/tqgen/taskqueue/bench/tasks"
)

// A taskqueueQueue is this module with its defaults.
type taskqueueQueue struct{ client *taskqueue.Client }

func openTaskqueue(url string) (queue, error) {
	client, err := taskqueue.Open(context.Background(), url)
	if err != nil {
		return nil, err
	}
	return &taskqueueQueue{client}, nil
}

func (q *taskqueueQueue) enqueue(ctx context.Context, payload []byte) error {
	_, err := q.client.Enqueue(ctx, tasks.Noop{Data: data(payload)}.Job())
	return err
}

func (q *taskqueueQueue) enqueueAll(ctx context.Context, payloads [][]byte) error {
	jobs := make([]taskqueue.Job, len(payloads))
	for i, p := range payloads {
		jobs[i] = tasks.Noop{Data: data(p)}.Job()
	}
	_, err := q.client.EnqueueAll(ctx, jobs...)
	return err
}

// codecBytes is what the serializer adds to Noop.Data.
const codecBytes = 8

// data leaves room for what the serializer adds, so that the payload has the
// size that the others' has.
func data(payload []byte) []byte { return payload[:len(payload)-codecBytes] }

func (q *taskqueueQueue) work(ctx context.Context, w workload, handle func([]byte)) error {
	return q.run(ctx, w, tasks.Tasks(tasks.Func(handle)))
}

// run is work for any tasks.
func (q *taskqueueQueue) run(ctx context.Context, w workload, kinds []taskqueue.Task) error {
	config := taskqueue.WorkerConfig{Tasks: kinds, Concurrency: w.slots}
	if w.strict {
		config.Prefetch = taskqueue.NoPrefetch
	}
	for i := range w.queues {
		config.Queues = append(config.Queues, taskqueue.QueueWeight{Name: queueName(i), Weight: 1})
	}
	worker, err := taskqueue.NewWorker(q.client, config)
	if err != nil {
		return err
	}
	return worker.Run(ctx)
}

func queueName(i int) string { return "q" + strconv.Itoa(i) }

func (q *taskqueueQueue) close() error { return q.client.Close() }
