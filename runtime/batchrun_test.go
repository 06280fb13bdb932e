package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// batchOf binds notes to a batch handler, as tqgen does.
func batchOf(most int, linger time.Duration, handle func(ctx context.Context, texts []string) error) taskqueue.WorkerConfig {
	run := func(ctx context.Context, encoded []taskqueue.Encoded) []error {
		texts := make([]string, len(encoded))
		for i, e := range encoded {
			texts[i], _ = decode(e.Payload)
		}
		return taskqueue.SplitBatchError(handle(ctx, texts), len(texts))
	}
	return taskqueue.WorkerConfig{Tasks: []taskqueue.Task{{
		Kind:  noteKind,
		Batch: &taskqueue.Batch{Max: most, Linger: linger, Run: run},
		Run: func(context.Context, []byte, []byte) ([]byte, error) {
			return nil, errors.New("not as a batch")
		},
	}}}
}

// A batch goes through middleware once, tells of each task, and settles each task
// as its own error says.
func TestBatchThroughTheDoor(t *testing.T) {
	bubble(t, func(f *fixture) {
		var mu sync.Mutex
		var wrapped int
		var seen []string
		config := batchOf(10, time.Second, func(ctx context.Context, texts []string) error {
			mu.Lock()
			defer mu.Unlock()
			for i, info := range taskqueue.BatchInfo(ctx) {
				seen = append(seen, fmt.Sprint(texts[i], " ", info.Kind, " ", info.Attempt, " ", info.ID == taskqueue.Info(ctx).ID))
			}
			return taskqueue.BatchErrors{1: taskqueue.Permanent(errBoom)}
		})
		config.Middleware = []taskqueue.Middleware{func(next taskqueue.Runner) taskqueue.Runner {
			return func(ctx context.Context) error { wrapped++; return next(ctx) }
		}}
		w, _ := f.work(config)
		var ids []taskqueue.ID
		for _, text := range []string{"a", "b", "c"} {
			ids = append(ids, f.add(job(text, taskqueue.Retention(time.Hour))))
		}
		pass(2 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		if diff := cmp.Diff([]string{"a test.Note 1 true", "b test.Note 1 false", "c test.Note 1 false"}, seen); diff != "" {
			f.Errorf("(-want +got):\n%s", diff)
		}
		for i, want := range []taskqueue.State{taskqueue.StateDone, taskqueue.StateDead, taskqueue.StateDone} {
			if e, err := f.Find(f.Context(), ids[i]); err != nil || e.State != want {
				f.Errorf("task %d: %v %v", i, e.State, err)
			}
		}
		if s := w.Stats(); wrapped != 1 || s.Done != 2 || s.Dead != 1 {
			f.Errorf("through middleware %d times; %+v", wrapped, s)
		}
		if infos := taskqueue.BatchInfo(f.Context()); infos != nil {
			f.Errorf("outside of a handler: %v", infos)
		}
	})
}

// Middleware has the last word about all tasks.
func TestBatchMiddlewareDecides(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := batchOf(10, time.Second, func(context.Context, []string) error { return nil })
		config.Middleware = []taskqueue.Middleware{func(taskqueue.Runner) taskqueue.Runner {
			return func(context.Context) error { return taskqueue.Discard(errBoom) }
		}}
		w, _ := f.work(config)
		f.bulk(taskqueue.Default, 5)
		pass(2 * time.Second)
		if s := w.Stats(); s.Discarded != 5 {
			f.Errorf("%+v", s)
		}
	})
}

// One call of the handler writes what several tasks ask for.
func ExampleBatchErrors() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	// tqgen writes this for //taskqueue:task batch=100
	worker, err := taskqueue.NewWorker(queue, batchOf(100, 10*time.Millisecond, func(_ context.Context, texts []string) error {
		fmt.Println(len(texts), "at once")
		failed := taskqueue.BatchErrors{}
		for i, text := range texts {
			if text == "" {
				failed[i] = taskqueue.Permanent(errors.New("nothing to write"))
			}
		}
		if len(failed) > 0 {
			return failed
		}
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := queue.EnqueueAll(ctx, job("one"), job(""), job("three")); err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error)
	go func() { done <- worker.Run(ctx) }()
	for worker.Stats().Done+worker.Stats().Dead < 3 {
		time.Sleep(time.Millisecond)
	}
	stop()
	<-done
	dead, _ := queue.DeadLetters(context.Background(), taskqueue.Default, 10)
	fmt.Println(len(dead), dead[0].Reason, dead[0].State == broker.StateDead)
	// Output:
	// 3 at once
	// 1 nothing to write true
}

// What generated code makes of a batch handler's error: an error for each task.
func ExampleSplitBatchError() {
	some := taskqueue.BatchErrors{1: errors.New("no address")}
	for i, err := range taskqueue.SplitBatchError(fmt.Errorf("mail: %w", some), 3) {
		fmt.Println(i, err)
	}
	// Output:
	// 0 <nil>
	// 1 no address
	// 2 <nil>
}

// A batch handler knows each of its tasks.
func ExampleBatchInfo() {
	ctx, stop := context.WithCancel(context.Background())
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	config := batchOf(10, 10*time.Millisecond, func(ctx context.Context, texts []string) error {
		defer stop()
		for i, info := range taskqueue.BatchInfo(ctx) {
			fmt.Println(texts[i], "for", info.Header("customer"), "attempt", info.Attempt)
		}
		return nil
	})
	config.Logger = quiet
	worker, err := taskqueue.NewWorker(queue, config)
	if err != nil {
		log.Fatal(err)
	}
	_, err = queue.EnqueueAll(ctx,
		job("one", taskqueue.WithHeader("customer", "Ada")),
		job("two", taskqueue.WithHeader("customer", "Grace")),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := worker.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// one for Ada attempt 1
	// two for Grace attempt 1
}
