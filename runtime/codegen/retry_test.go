package codegen_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/codegen"

	"github.com/tqgen/taskqueue/internal/codecsample"
)

// A patient task says itself when it is retried.
type patient struct{ codecsample.Bench }

var errNotYet = errors.New("not yet")

func (p *patient) RetryDelay(attempt int, err error) time.Duration {
	if !errors.Is(err, errNotYet) {
		return -1
	}
	return time.Duration(attempt) * time.Hour
}

// A task with a method RetryDelay is retried when it says, alone and in a batch;
// what a handler has decided stands.
func TestRetryDelay(t *testing.T) {
	kind := codegen.Kind[patient]{Name: "test.Patient", Settings: taskqueue.Settings{Retries: 3}}
	for name, bound := range map[string]func(fail func() error) taskqueue.Task{
		"alone": func(fail func() error) taskqueue.Task {
			return codegen.Task(&kind, func(context.Context, *patient) error { return fail() })
		},
		"in a batch": func(fail func() error) taskqueue.Task {
			return codegen.Batch(&kind, func(context.Context, []*patient) error { return fail() }, 10, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var runs []time.Duration
				task := bound(func() error {
					runs = append(runs, time.Since(began).Round(time.Minute))
					switch len(runs) {
					case 1, 2:
						return errNotYet
					case 3:
						return taskqueue.RetryAfter(errNotYet, time.Minute)
					}
					return nil
				})
				runUntilDone(t, task, taskqueue.NewJob((*taskqueue.Kind)(&kind), &patient{codecsample.Bench{Data: "x"}}), 24*time.Hour)
				want := []time.Duration{0, time.Hour, 3 * time.Hour, 3*time.Hour + time.Minute}
				if diff := cmp.Diff(want, runs); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// runUntilDone runs one task with a worker for a while.
func runUntilDone(t *testing.T, task taskqueue.Task, job taskqueue.Job, d time.Duration) {
	t.Helper()
	queue, err := taskqueue.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	defer queue.Close()
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{Tasks: []taskqueue.Task{task}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queue.Enqueue(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), d)
	defer stop()
	if err := worker.Run(ctx); err != nil {
		t.Error(err)
	}
}
