package taskqueue_test

import (
	"context"
	"fmt"
	"log"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A worker of 2 slots may become 20 of them, as long as there is work that would
// wait too long otherwise.
func ExampleAutoscale() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	for range 1000 {
		if _, err := queue.Enqueue(context.Background(), Greeting{"the world"}.Job()); err != nil {
			log.Fatal(err)
		}
	}

	tuning := taskqueue.DefaultTuning()
	tuning.EvaluationInterval = 100 * time.Millisecond
	tuning.Target.QueueWait = 2 * time.Second
	ctx, cancel := context.WithCancel(context.Background())
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Logger: quiet,
		Tasks: Tasks(func(context.Context, Greeting) (string, error) {
			time.Sleep(50 * time.Millisecond)
			return "", nil
		}),
		Concurrency: 2,
		Autoscale:   taskqueue.Autoscale{Min: 1, Max: 20, Tuning: &tuning},
	})
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		defer cancel()
		for worker.Stats().Slots <= 2 {
			time.Sleep(10 * time.Millisecond)
		}
		for _, d := range worker.Decisions(1) {
			fmt.Println("more workers:", d.To > 1, "and a reason:", d.String() != "")
		}
	}()
	fmt.Println("stopped:", worker.Run(ctx))
	// Output:
	// more workers: true and a reason: true
	// stopped: <nil>
}
