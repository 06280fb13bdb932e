// Package docs compiles the snippets of the pages in this folder that stand in no
// other test or example.
package docs

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/tqgen/taskqueue/docs/jobs"
	"github.com/tqgen/taskqueue/examples/worker/orders"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/tqtest"
	"github.com/tqgen/taskqueue/runtime/web"
)

var _ jobs.Handler = (*handler)(nil)

var _ = []any{crons, autoscale, dashboard, recurring, payloads}

// crons is in cron.md.
func crons(ctx context.Context, queue *taskqueue.Client, shop orders.Handler) error {
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Tasks: orders.Tasks(shop),
		Crons: []taskqueue.Cron{
			{Name: "report", Spec: "0 6 * * MON-FRI", Zone: "Europe/Paris", Job: orders.SendReceipt{To: "boss"}.Job()},
			{Name: "sweep", Spec: "@every 90s", Job: orders.Total{}.Job(taskqueue.Unique("sweep", 0))},
		},
	})
	return errors.Join(err, worker.Run(ctx))
}

// A handler is in tasks.md.
type handler struct{ jobs.Handler }

// IndexDocument is in tasks.md, with the failures of some documents.
func (h *handler) IndexDocument(ctx context.Context, tasks []*jobs.IndexDocument) error {
	failed := taskqueue.BatchErrors{}
	for i, task := range tasks {
		if task.Document == 0 {
			failed[i] = errors.New("there is no such document")
		}
	}
	return failed
}

// recurring is in tasks.md.
func recurring(handler jobs.Handler) taskqueue.WorkerConfig {
	return taskqueue.WorkerConfig{Tasks: jobs.Tasks(handler), Crons: jobs.Crons()}
}

// payloads is in tqgen.md.
func payloads(t *testing.T) {
	tqtest.RequirePayloads(t, "testdata/payloads", slices.Concat(jobs.Tasks(struct{ jobs.Handler }{}), orders.Tasks(struct{ orders.Handler }{})))
}

// autoscale is in autoscaling.md.
func autoscale(ctx context.Context, queue *taskqueue.Client, shop orders.Handler) error {
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Tasks:       orders.Tasks(shop),
		Concurrency: 10,
		Autoscale:   taskqueue.Autoscale{Min: 4, Max: 64},
	})
	return errors.Join(err, worker.Run(ctx))
}

// dashboard is in web.md.
func dashboard(client *taskqueue.Client, mux *http.ServeMux, shop orders.Handler) error {
	worker, err := taskqueue.NewWorker(client, taskqueue.WorkerConfig{Tasks: orders.Tasks(shop)})
	if err != nil {
		return err
	}
	mux.Handle("/tasks/", web.Handler(client, web.Config{
		Workers: []*taskqueue.Worker{worker},
		Auth:    web.BasicAuth("ada", os.Getenv("TASKS_PASSWORD")),
	}))
	return nil
}
