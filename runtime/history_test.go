package taskqueue_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// The history has the tasks that ended, of all workers, the newest first, and no more
// of them than it may.
func TestHistory(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(echo)
		config.History, config.Concurrency = 5, 1
		f.work(config)
		for i := range 4 {
			f.add(job(fmt.Sprint(i)))
		}
		f.add(job("bad", taskqueue.Retries(1)))
		pass(time.Minute)
		got, err := f.History(f.Context(), 10)
		if err != nil || len(got) != 5 {
			t.Fatalf("%+v %v", got, err)
		}
		if last := got[0]; last.Outcome != "dead" || last.Reason != "boom" || last.Attempt != 1 || last.Kind != "test.Note" || last.Queue != "default" || last.Worker == "" {
			t.Errorf("%+v", last)
		}
		if first := got[4]; first.Outcome != "done" || first.Attempt != 1 || first.Ended.IsZero() {
			t.Errorf("%+v", first)
		}
		f.work(config)
		for range 100 {
			f.add(job("more"))
		}
		pass(time.Minute)
		if got, err := f.History(f.Context(), 1000); err != nil || len(got) != 5 || got[4].Outcome != "done" {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := f.History(f.Context(), 0); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Error(err)
		}
	})
}

// What happened just before the end is in it, and an outage loses nothing that fits.
func TestHistoryOutage(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.store.set(func() { f.store.log = func() error { return broker.ErrUnavailable } })
		config := tasks(nothing)
		config.History = 100
		_, stop := f.work(config)
		f.bulk(taskqueue.Default, 20)
		pass(time.Minute)
		f.store.set(func() { f.store.log = nil })
		f.bulk(taskqueue.Default, 20)
		pass(100 * time.Millisecond)
		stop()
		if got, err := f.History(f.Context(), 100); err != nil || len(got) != 40 {
			t.Errorf("%d %v", len(got), err)
		}
	})
}

// A dead letter is mended and runs; doing it twice makes no second task.
func TestRequeueAs(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		id := f.add(job("bad", taskqueue.Retries(0), taskqueue.WithHeader("trace", "7")))
		alive := f.add(job("x", taskqueue.In(time.Hour)))
		pass(time.Second)
		if _, err := f.RequeueAs(f.Context(), alive, job("good")); !errors.Is(err, taskqueue.ErrState) {
			t.Error(err)
		}
		other := taskqueue.NewJob(&taskqueue.Kind{Name: "test.Other"}, &note{"x"})
		if _, err := f.RequeueAs(f.Context(), id, other); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Error(err)
		}
		mended := job("good", taskqueue.Retention(time.Hour), taskqueue.WithHeader("by", "me"))
		instead, err := f.RequeueAs(f.Context(), id, mended)
		if err != nil || instead == id {
			t.Fatal(instead, err)
		}
		if m := f.message(instead); cmp.Diff([]taskqueue.Header{{Key: "trace", Value: "7"}, {Key: "by", Value: "me"}}, m.Headers) != "" {
			t.Errorf("%v", m.Headers)
		}
		if got, err := future(f.Client, instead).Get(f.Context()); err != nil || got != "re: good" {
			t.Error(got, err)
		}
		if _, err := f.RequeueAs(f.Context(), id, mended); !errors.Is(err, taskqueue.ErrNotFound) {
			t.Error(err)
		}
	})
}

// Lines of JSON, with all that the dead letters have.
func TestExportDead(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		id := f.add(job("bad", taskqueue.WithHeader("trace", "7"), taskqueue.WithKey("customer")))
		f.add(job("bad", taskqueue.Retries(0)))
		pass(time.Minute)
		var text bytes.Buffer
		n, err := f.ExportDead(f.Context(), taskqueue.Default, &text, func(e taskqueue.Entry) bool { return e.ID == id })
		var got taskqueue.DeadLetter
		if err := errors.Join(err, json.Unmarshal(text.Bytes(), &got)); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		if payload, err := decode(got.Payload); payload != "bad" || err != nil {
			t.Error(payload, err)
		}
		if got.ID != id || got.Kind != "test.Note" || got.Key != "customer" || got.Attempts != 1 || len(got.Failures) != 1 || got.Reason != "boom" || got.Headers[0].Value != "7" || got.Died.IsZero() {
			t.Errorf("%+v", got)
		}
		if n, err := f.ExportDead(f.Context(), taskqueue.Default, &text, nil); n != 2 || err != nil {
			t.Error(n, err)
		}
		if _, err := f.ExportDead(f.Context(), taskqueue.Default, brokenPipe{}, nil); !errors.Is(err, errBoom) {
			t.Error(err)
		}
	})
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBoom }

func TestHistoryLive(t *testing.T) {
	server := redistest.Start(t)
	client, err := taskqueue.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	config := tasks(nothing)
	config.History = 1000
	stop := startWorker(t, client, config)
	f := &fixture{t, client, nil}
	f.bulk(taskqueue.Default, 900)
	if _, err := client.Drain(t.Context(), taskqueue.Default); err != nil {
		t.Fatal(err)
	}
	stop()
	if got, err := client.History(t.Context(), 1000); err != nil || len(got) != 900 {
		t.Errorf("%d %v", len(got), err)
	}
}

// A dead letter is looked at, mended and run again.
func ExampleClient_RequeueAs() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	config := tasks(func(_ context.Context, text string) (string, error) {
		if text == "" {
			return "", taskqueue.Permanent(errors.New("nothing to say"))
		}
		return text, nil
	})
	config.Logger = new(lines).logger()
	worker, err := taskqueue.NewWorker(queue, config)
	if err != nil {
		log.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error)
	go func() { ended <- worker.Run(running) }()

	id, err := queue.Enqueue(ctx, job("", taskqueue.Retention(time.Hour)))
	if err != nil {
		log.Fatal(err)
	}
	_, err = future(queue, id).Get(ctx)
	fmt.Println(errors.As(err, new(*taskqueue.TaskError)))
	instead, err := queue.RequeueAs(ctx, id, job("hello", taskqueue.Retention(time.Hour)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(future(queue, instead).Get(ctx))
	stop()
	<-ended
	// Output:
	// true
	// hello <nil>
}
