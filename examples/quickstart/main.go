// Command quickstart is the program in the README: a task, a worker and a
// producer in one process.
package main

import (
	"context"
	"fmt"
	"log"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

//go:generate go tool tqgen ./...

// Greet says hello.
//
//taskqueue:task retries=5 timeout=30s
type Greet struct{ Name string }

// Execute does the work.
func (g *Greet) Execute(context.Context) (string, error) { return "Hello, " + g.Name + "!", nil }

func main() {
	ctx := context.Background()
	queue := must(taskqueue.Open(ctx, "mem://")) // in this process' memory: no server
	worker := must(taskqueue.NewWorker(queue, taskqueue.WorkerConfig{Tasks: Tasks()}))
	go worker.Run(ctx)

	greeting := must(Greet{Name: "world"}.Enqueue(ctx, queue))
	fmt.Println(must(greeting.Get(ctx)))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
