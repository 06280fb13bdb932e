package taskqueue_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

type lifeKey struct{}

// An observer is told what goes in and what came of it, and Preparers see what it
// puts into the context.
func TestEnqueueObserver(t *testing.T) {
	var told []int
	var last error
	client := observedClient(t, taskqueue.ClientConfig{
		Prepare: []taskqueue.Preparer{func(ctx context.Context, j taskqueue.Job) (taskqueue.Job, error) {
			return j.With(taskqueue.WithHeader("life", ctx.Value(lifeKey{}).(string))), nil
		}},
		Observers: []taskqueue.Observer{
			func(ctx context.Context, _ []taskqueue.Job) (context.Context, func([]taskqueue.ID, error)) {
				return ctx, nil
			},
			func(ctx context.Context, jobs []taskqueue.Job) (context.Context, func([]taskqueue.ID, error)) {
				return context.WithValue(ctx, lifeKey{}, "observed"), func(ids []taskqueue.ID, err error) { told, last = append(told, len(jobs), len(ids)), err }
			},
		},
	})
	id, err := client.Enqueue(t.Context(), job("x"))
	if err != nil {
		t.Fatal(err)
	}
	if e, err := client.Find(t.Context(), id); err != nil || len(e.Message.Headers) != 1 || e.Message.Headers[0].Value != "observed" {
		t.Errorf("%+v, %v", e.Message, err)
	}
	if _, err := client.EnqueueAll(t.Context(), job("a"), job("b")); err != nil {
		t.Fatal(err)
	}
	_, err = client.Enqueue(t.Context(), taskqueue.Job{})
	if !errors.Is(err, taskqueue.ErrInvalid) || !errors.Is(last, err) {
		t.Errorf("%v, told %v", err, last)
	}
	if diff := cmp.Diff([]int{1, 1, 2, 2, 1, 1}, told); diff != "" {
		t.Errorf("jobs and ids (-want +got):\n%s", diff)
	}
}

func observedClient(t *testing.T, config taskqueue.ClientConfig) *taskqueue.Client {
	t.Helper()
	client, err := taskqueue.NewClient(membroker.New(membroker.Config{}), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// The log tells the life of each task.
func TestLifecycleEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		log := slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		client := observedClient(t, taskqueue.ClientConfig{Observers: []taskqueue.Observer{taskqueue.LogEnqueued(log)}})
		config := tasks(func(_ context.Context, text string) (string, error) {
			if text == "bad" {
				return "", errors.New("no luck")
			}
			return text, nil
		})
		config.Logger, config.Concurrency = log, 1
		w, err := taskqueue.NewWorker(client, config)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Run(ctx) }()
		synctest.Wait()
		for _, j := range []taskqueue.Job{job("good"), job("bad", taskqueue.Retries(1)), job("later", taskqueue.In(time.Hour))} {
			if _, err := client.Enqueue(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			pass(time.Minute)
		}
		_, err = client.EnqueueAll(t.Context(), job("x"), taskqueue.Job{})
		if err == nil {
			t.Error("a bad job got in")
		}
		pass(2 * time.Hour)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		run := []string{"task dequeued", "task started"}
		want := append([]string{"worker started", "task enqueued"}, append(run, "task done", "task enqueued")...)
		want = append(want, append(run, "task failed; it will be retried")...)
		want = append(want, append(run, "task failed for good; it is a dead letter now", "task scheduled", "task not enqueued", "task not enqueued")...)
		want = append(want, append(run, "task done", "worker stopped")...)
		if diff := cmp.Diff(want, messages(t, &text)); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func messages(t *testing.T, log io.Reader) (all []string) {
	t.Helper()
	for d := json.NewDecoder(log); ; {
		var line struct{ Msg string }
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, line.Msg)
	}
}
