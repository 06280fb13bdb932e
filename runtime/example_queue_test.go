package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A client with a queue of its own; the same at redis://… takes a server.
func ExampleClientConfig_Open() {
	ctx := context.Background()
	queue, err := taskqueue.ClientConfig{
		Queues: []taskqueue.QueueConfig{{Name: "mail", Retries: 10, Timeout: time.Minute}},
	}.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	id, err := queue.Enqueue(ctx, Greeting{"Ada"}.Job(taskqueue.Queue("mail")))
	if err != nil {
		log.Fatal(err)
	}
	task, err := queue.Find(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Queue, task.Message.Max, task.Message.Timeout)
	// Output: mail 11 1m0s
}

// A queue that may hold two tasks refuses a third.
func ExampleClient_Limit() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	if err := queue.Limit(ctx, taskqueue.Default, 2); err != nil {
		log.Fatal(err)
	}
	for range 3 {
		_, err := queue.Enqueue(ctx, Greeting{"Ada"}.Job())
		fmt.Println("full:", errors.Is(err, taskqueue.ErrFull))
	}
	// Output:
	// full: false
	// full: false
	// full: true
}

// While a queue is paused no worker takes from it; producers go on.
func ExampleClient_Pause() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	stop := start(queue, func(_ context.Context, g Greeting) (string, error) { return "Hello, " + g.Name, nil })
	defer stop()

	if err := queue.Pause(ctx, taskqueue.Default); err != nil {
		log.Fatal(err)
	}
	greeting, err := Greeting{"Ada"}.Enqueue(ctx, queue)
	if err != nil {
		log.Fatal(err)
	}
	task, err := queue.Find(ctx, greeting.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.State)
	if err := queue.Resume(ctx, taskqueue.Default); err != nil {
		log.Fatal(err)
	}
	fmt.Println(greeting.Get(ctx))
	// Output:
	// pending
	// Hello, Ada <nil>
}

// Before a deploy: what waits is done, and nothing new comes in.
func ExampleClient_Drain() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	stop := start(queue, func(context.Context, Greeting) (string, error) { return "", nil })
	defer stop()

	if _, err := queue.EnqueueAll(ctx, Greeting{"Ada"}.Job(), Greeting{"Grace"}.Job()); err != nil {
		log.Fatal(err)
	}
	left, err := queue.Drain(ctx, taskqueue.Default)
	fmt.Println(left.Done, "done,", left.Pending+left.Active, "left,", err)
	// Output: 2 done, 0 left, <nil>
}

// Within a queue, the higher priority goes first.
func ExampleWithPriority() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	_, err = queue.EnqueueAll(ctx,
		Greeting{"Ada"}.Job(),
		Greeting{"the queen"}.Job(taskqueue.WithPriority(taskqueue.Critical)),
	)
	if err != nil {
		log.Fatal(err)
	}
	stop := start(queue, func(_ context.Context, g Greeting) (string, error) {
		fmt.Println("Hello,", g.Name)
		return "", nil
	})
	defer stop()
	if _, err := queue.Drain(ctx, taskqueue.Default); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Hello, the queen
	// Hello, Ada
}

// What a handler can know about its run, and what it can tell while it runs.
func ExampleInfo() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	stop := start(queue, func(ctx context.Context, g Greeting) (string, error) {
		info := taskqueue.Info(ctx)
		return fmt.Sprintf("attempt %d of %d for %s", info.Attempt, info.Max, info.Header("customer")),
			taskqueue.Progress(ctx, []byte("half way"))
	})
	defer stop()

	greeting, err := Greeting{"Ada"}.Enqueue(ctx, queue, taskqueue.WithHeader("customer", "42"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(greeting.Get(ctx))
	// Output: attempt 1 of 4 for 42 <nil>
}

// Dead letters as lines of JSON, here only those with a payload above 1 KiB.
func ExampleClient_ExportDead() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	large := func(e taskqueue.Entry) bool { return len(e.Message.Payload) > 1024 }
	n, err := queue.ExportDead(ctx, taskqueue.Default, os.Stdout, large)
	fmt.Println(n, err)
	// Output: 0 <nil>
}

// Preparers see each job before it is enqueued.
func ExamplePreparer() {
	ctx := context.Background()
	stamp := func(ctx context.Context, job taskqueue.Job) (taskqueue.Job, error) {
		return job.With(taskqueue.WithHeader("release", "v7")), nil
	}
	queue, err := taskqueue.ClientConfig{Prepare: []taskqueue.Preparer{stamp}}.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	id, err := queue.Enqueue(ctx, Greeting{"Ada"}.Job())
	if err != nil {
		log.Fatal(err)
	}
	task, err := queue.Find(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Message.Headers)
	// Output: [{release v7}]
}
