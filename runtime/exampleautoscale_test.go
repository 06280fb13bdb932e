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

// Each process of a fleet runs 4 workers of 10 slots at most. The store tells how
// many processes there should be.
func ExampleClient_Fleets() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	greet := func(context.Context, Greeting) (string, error) { return "", nil }
	config := taskqueue.WorkerConfig{
		Tasks:       Tasks(greet),
		Concurrency: 10,
		Autoscale:   taskqueue.Autoscale{Min: 4, Max: 64},
	}
	config.Autoscale = taskqueue.Autoscale{Min: 5, Max: 80, PerProcess: 4, Fleet: "shop"}
	config.Logger = quiet
	worker, err := taskqueue.NewWorker(queue, config)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		for worker.Stats().Slots == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		fleets, err := queue.Fleets(ctx)
		if err != nil {
			log.Fatal(err)
		}
		for _, f := range fleets {
			fmt.Printf("%s wants %d workers in %d processes\n", f.Name, f.Desired, f.Processes)
		}
	}()
	if err := worker.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// shop wants 5 workers in 2 processes
}

// What a fleet decided, and why, and what its processes have measured, is kept where
// every process can read it.
func ExampleClient_FleetDecisions() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	tuning := taskqueue.DefaultTuning()
	tuning.EvaluationInterval = 100 * time.Millisecond
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Logger:    quiet,
		Tasks:     Tasks(func(context.Context, Greeting) (string, error) { return "", nil }),
		Autoscale: taskqueue.Autoscale{Min: 1, Max: 20, Fleet: "shop", Tuning: &tuning},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()

	var decisions []taskqueue.Decision
	var reports map[string]*taskqueue.FleetReport
	for len(decisions) == 0 || len(reports) == 0 {
		time.Sleep(10 * time.Millisecond)
		if decisions, err = queue.FleetDecisions(ctx, "shop", 10); err != nil {
			log.Fatal(err)
		}
		if reports, err = queue.FleetReports(ctx, "shop"); err != nil {
			log.Fatal(err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
	fmt.Println("a reason:", decisions[0].String() != "", "-", len(reports), "process")
	// Output: a reason: true - 1 process
}
