package tqtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/tqgen/taskqueue/examples/worker/orders"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/tqtest"
)

// A shop's handler, whose mail server refuses an address.
type shop struct{ orders.Handler }

func (shop) SendReceipt(_ context.Context, task *orders.SendReceipt) error {
	if task.To == "" {
		return taskqueue.Permanent(errors.New("nobody to send it to"))
	}
	return nil
}

// In a test, t is what it gets.
func ExampleWork() {
	var t *testing.T
	worker := taskqueue.WorkerConfig{Tasks: orders.Tasks(shop{})}
	run := tqtest.Work(t, worker, orders.SendReceipt{}.Job())
	if run.Outcome != taskqueue.Dead {
		t.Errorf("%v, want a dead letter", run.Outcome)
	}
}

// What code under test has enqueued is compared as the struct that it was.
func ExampleRequireEnqueued() {
	var t *testing.T
	queue := tqtest.New(t, taskqueue.ClientConfig{})
	if _, err := (orders.SendReceipt{To: "ada@example.com"}).Enqueue(t.Context(), queue.Client); err != nil {
		t.Fatal(err)
	}
	tqtest.RequireEnqueued(t, queue, orders.SendReceipt{To: "ada@example.com"})
}

// DrainAll runs retries, too; in a bubble of testing/synctest that takes no time.
func ExampleQueue_DrainAll() {
	var t *testing.T
	queue := tqtest.New(t, taskqueue.ClientConfig{})
	for _, run := range queue.DrainAll(taskqueue.WorkerConfig{Tasks: orders.Tasks(shop{})}) {
		fmt.Println(run.Attempt, run.Outcome)
	}
}
