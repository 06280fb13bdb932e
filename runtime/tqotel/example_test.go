package tqotel_test

import (
	"fmt"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/tqotel"
)

// instrumented is a worker whose runs are traced, and whose client traces what it
// enqueues.
func instrumented(store broker.Broker, tasks []taskqueue.Task) (*taskqueue.Worker, error) {
	telemetry, err := tqotel.New(tqotel.Config{}) // the global providers
	if err != nil {
		return nil, err
	}
	client, err := taskqueue.NewClient(store, telemetry.Client(taskqueue.ClientConfig{}))
	if err != nil {
		return nil, err
	}
	return taskqueue.NewWorker(client, telemetry.Worker(taskqueue.WorkerConfig{Tasks: tasks}))
}

func ExampleNew() {
	_, err := instrumented(membroker.New(membroker.Config{}), nil)
	fmt.Println(err)
	// Output: taskqueue: invalid: WorkerConfig.Tasks is empty; the generated Tasks functions return them
}
