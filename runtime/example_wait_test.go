package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A task without a result is waited for by its id, if its outcome is kept; OnDead hears
// of those that end badly.
func ExampleClient_Wait() {
	ctx, stop := context.WithCancel(context.Background())
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Tasks: []taskqueue.Task{task(noteKind, func(_ context.Context, text string) (string, error) {
			if text == "" {
				return "", taskqueue.Permanent(errors.New("nothing to note"))
			}
			return "", nil
		})},
		OnDead: func(_ context.Context, d taskqueue.DeadTask) { fmt.Println("dead:", d.Kind, "-", d.Err) },
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()

	for _, text := range []string{"buy milk", ""} {
		id, err := queue.Enqueue(ctx, job(text, taskqueue.Retention(time.Minute)))
		if err != nil {
			log.Fatal(err)
		}
		err = queue.Wait(ctx, id)
		fmt.Printf("%q: failed %t\n", text, errors.As(err, new(*taskqueue.TaskError)))
	}
	stop()
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
	// Output:
	// "buy milk": failed false
	// dead: test.Note - nothing to note
	// "": failed true
}
