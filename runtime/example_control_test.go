package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A task that waits is cancelled at once; one that runs sees its context end.
func ExampleClient_Cancel() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	greeting, err := Greeting{"Ada"}.Enqueue(ctx, queue, taskqueue.In(time.Hour))
	if err != nil {
		log.Fatal(err)
	}
	if err := queue.Cancel(ctx, greeting.ID, "she has gone"); err != nil {
		log.Fatal(err)
	}
	_, err = greeting.Get(ctx)
	if outcome, ok := errors.AsType[*taskqueue.TaskError](err); ok {
		fmt.Println(outcome.State, "because", outcome.Reason)
	}
	// Output: discarded because she has gone
}

// What died of a fault that is mended runs once more.
func ExampleClient_RequeueDead() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	broken := true
	stop := start(queue, func(_ context.Context, g Greeting) (string, error) {
		if broken {
			return "", taskqueue.Permanent(fmt.Errorf("no voice left for %q", g.Name))
		}
		return "Hello, " + g.Name, nil
	})
	defer stop()
	greeting, err := Greeting{"Ada"}.Enqueue(ctx, queue)
	if err != nil {
		log.Fatal(err)
	}
	_, _ = greeting.Get(ctx)

	groups, _, _, err := queue.DeadGroups(ctx, taskqueue.Default)
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range groups {
		fmt.Println(g.Count, g.Kind, g.Fingerprint)
	}
	broken = false
	if _, err := queue.RequeueDead(ctx, taskqueue.Default, nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(greeting.Get(ctx))
	// Output:
	// 1 example.Greeting no voice left for *
	// Hello, Ada <nil>
}

// Middleware sees every run.
func ExampleMiddleware() {
	ctx, cancel := context.WithCancel(context.Background())
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	report := func(next taskqueue.Runner) taskqueue.Runner {
		return func(ctx context.Context) error {
			err := next(ctx)
			info := taskqueue.Info(ctx)
			fmt.Printf("%s, attempt %d: %v\n", info.Kind, info.Attempt, err)
			return err
		}
	}
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Middleware: []taskqueue.Middleware{report},
		Logger:     quiet,
		Tasks: Tasks(func(ctx context.Context, _ Greeting) (string, error) {
			if taskqueue.Info(ctx).Attempt == 1 {
				return "", errors.New("no voice")
			}
			cancel()
			return "", nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := (Greeting{"Ada"}).Enqueue(ctx, queue); err != nil {
		log.Fatal(err)
	}
	if err := worker.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// example.Greeting, attempt 1: no voice
	// example.Greeting, attempt 2: <nil>
}
