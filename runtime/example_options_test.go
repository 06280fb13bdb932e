package taskqueue_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Not before a time, and not when it is too late.
func ExampleAt() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	newYear := time.Date(time.Now().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC)
	greeting, err := Greeting{"everybody"}.Enqueue(ctx, queue, taskqueue.At(newYear), taskqueue.Expires(time.Hour), taskqueue.Retries(1))
	if err != nil {
		log.Fatal(err)
	}
	task, err := queue.Find(ctx, greeting.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.State, "for", task.At.UTC().Format("2 January, 15:04"))
	// Output: scheduled for 1 January, 00:00
}

// Poll looks whether a task has ended, and does not wait for it.
func ExampleFuture_Poll() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	greeting, err := Greeting{"Ada"}.Enqueue(ctx, queue)
	if err != nil {
		log.Fatal(err)
	}
	_, done, err := greeting.Poll(ctx)
	fmt.Println("done:", done, err)

	stop := start(queue, func(_ context.Context, g Greeting) (string, error) { return "Hello, " + g.Name, nil })
	defer stop()
	if _, err := queue.Drain(ctx, taskqueue.Default); err != nil {
		log.Fatal(err)
	}
	fmt.Println(greeting.Poll(ctx))
	// Output:
	// done: false <nil>
	// Hello, Ada true <nil>
}

// A line in the log for each task that is enqueued.
func ExampleLogEnqueued() {
	ctx := context.Background()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "id" {
				return slog.Attr{} // they differ each time
			}
			return a
		},
	}))
	queue, err := taskqueue.ClientConfig{Observers: []taskqueue.Observer{taskqueue.LogEnqueued(logger)}}.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	if _, err := (Greeting{"Ada"}).Enqueue(ctx, queue); err != nil {
		log.Fatal(err)
	}
	// Output: level=DEBUG msg="task enqueued" kind=example.Greeting queue=default
}

// Tasks with a key take turns with those of other keys, and a kind may bound how many
// of one key run at a time.
func ExampleWithKey_turns() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	_, err = queue.EnqueueAll(ctx,
		Greeting{"Ada, once"}.Job(taskqueue.WithKey("ada")),
		Greeting{"Ada, twice"}.Job(taskqueue.WithKey("ada")),
		Greeting{"Grace"}.Job(taskqueue.WithKey("grace")),
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
	// Hello, Ada, once
	// Hello, Grace
	// Hello, Ada, twice
}
