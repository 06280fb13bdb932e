package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Crons come and go while a worker runs, and without one.
func ExampleWorker_AddCron() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Logger: quiet,
		Tasks:  Tasks(func(context.Context, Greeting) (string, error) { return "", nil }),
	})
	if err != nil {
		log.Fatal(err)
	}

	morning := taskqueue.Cron{Name: "morning", Spec: "0 6 * * *", Zone: "Europe/Paris", Job: Greeting{"Paris"}.Job()}
	if err := worker.AddCron(morning); err != nil {
		log.Fatal(err)
	}
	for _, tick := range worker.NextTicks(2) {
		fmt.Println(tick.Name, tick.At.Format("15:04"))
	}
	again := worker.AddCron(morning)
	fmt.Println("twice:", errors.Is(again, taskqueue.ErrInvalid))
	fmt.Println("removed:", worker.RemoveCron("morning"), len(worker.NextTicks(1)))
	// Output:
	// morning 06:00
	// morning 06:00
	// twice: true
	// removed: true 0
}

// What a worker tells of itself: for a health check, and for a page of one's own.
func ExampleWorker_Health() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	began, finish := make(chan struct{}), make(chan struct{})
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Logger: quiet,
		Tasks: Tasks(func(context.Context, Greeting) (string, error) {
			close(began)
			<-finish
			return "", nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	greeting, err := Greeting{"Ada"}.Enqueue(ctx, queue)
	if err != nil {
		log.Fatal(err)
	}
	<-began

	fmt.Println("healthy:", worker.Health(ctx).OK())
	fmt.Println("knows", worker.Kinds())
	for _, r := range worker.Running(10) {
		fmt.Println("runs", r.Kind, "attempt", r.Attempt)
	}
	close(finish)
	if _, err := greeting.Get(ctx); err != nil {
		log.Fatal(err)
	}
	stop()
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
	for _, k := range worker.Metrics().Kinds() {
		fmt.Println(k.Kind, k.Done, "done,", k.Failed(), "failed")
	}
	fmt.Println("healthy:", worker.Health(context.Background()).OK())
	// Output:
	// healthy: true
	// knows [example.Greeting]
	// runs example.Greeting attempt 1
	// example.Greeting 1 done, 0 failed
	// healthy: false
}

// A worker of 2 slots gets 20 while it runs.
func ExampleWorker_Resize() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	ctx, stop := context.WithCancel(context.Background())
	var worker *taskqueue.Worker
	worker, err = taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Logger:      quiet,
		Concurrency: 2,
		Tasks: Tasks(func(context.Context, Greeting) (string, error) {
			defer stop()
			return "", worker.Resize(20)
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := (Greeting{"Ada"}).Enqueue(ctx, queue); err != nil {
		log.Fatal(err)
	}
	fmt.Println(worker.Run(ctx), worker.Stats().Slots)
	// Output: <nil> 20
}

// What all processes have measured, and who they are.
func ExampleClient_Metrics() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	stop := start(queue, func(context.Context, Greeting) (string, error) { return "", nil })
	greeting, err := Greeting{"Ada"}.Enqueue(ctx, queue)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := greeting.Get(ctx); err != nil {
		log.Fatal(err)
	}
	stop() // it tells once more when it ends

	workers, err := queue.Metrics(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, w := range workers {
		for _, k := range w.Kinds {
			fmt.Println(k.Queue, k.Kind, k.Runs(), "run,", k.Wait.Count, "wait measured")
		}
	}
	// Output: default example.Greeting 1 run, 1 wait measured
}

// What the store knows of kinds, and its servers of themselves.
func ExampleClient_Schemas() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	schemas, err := queue.Schemas(ctx, "example.Greeting") // as tqgen wrote them, from any worker
	if err != nil {
		log.Fatal(err)
	}
	servers, err := queue.Servers(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(schemas), "schemas: no worker was there;", len(servers), "servers: memory has none")
	// Output: 0 schemas: no worker was there; 0 servers: memory has none
}

// What has ended lately, whoever ran it.
func ExampleClient_History_newest() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	ctx, stop := context.WithCancel(context.Background())
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Logger:  quiet,
		History: 1000,
		Tasks: Tasks(func(context.Context, Greeting) (string, error) {
			defer stop()
			return "", taskqueue.Permanent(errors.New("no voice"))
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

	history, err := queue.History(context.Background(), 10)
	if err != nil {
		log.Fatal(err)
	}
	for _, task := range history {
		fmt.Println(task.Kind, task.Outcome, "-", task.Reason)
	}
	// Output: example.Greeting dead - no voice
}
