package tqtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

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

// Drain runs what can run now; what is scheduled for later stays.
func ExampleQueue_Drain() {
	var t *testing.T
	queue := tqtest.New(t, taskqueue.ClientConfig{})
	if _, err := (orders.SendReceipt{To: "ada@example.com"}).Enqueue(t.Context(), queue.Client, taskqueue.In(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if runs := queue.Drain(taskqueue.WorkerConfig{Tasks: orders.Tasks(shop{})}); len(runs) > 0 {
		t.Errorf("%d runs, none is due", len(runs))
	}
	for _, waiting := range tqtest.Enqueued[orders.SendReceipt](t, queue) {
		fmt.Println(waiting.Task.To, "is due", waiting.Due)
	}
}

// In line: Enqueue returns when its task has run.
func ExampleQueue_Inline() {
	var t *testing.T
	queue := tqtest.New(t, taskqueue.ClientConfig{})
	queue.Inline(taskqueue.WorkerConfig{Tasks: orders.Tasks(shop{})})
	total, err := orders.Total{Prices: []int{300, 39}}.Enqueue(t.Context(), queue.Client)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(total.Get(t.Context())) // it is there
}

// In a bubble, a worker that serves has run all that could when Wait returns.
func ExampleQueue_Serve() {
	var t *testing.T
	synctest.Test(t, func(t *testing.T) {
		queue := tqtest.New(t, taskqueue.ClientConfig{})
		queue.Serve(taskqueue.WorkerConfig{Tasks: orders.Tasks(shop{})})
		total, err := orders.Total{Prices: []int{300, 39}}.Enqueue(t.Context(), queue.Client)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		fmt.Println(total.Poll(t.Context())) // it is done
	})
}

// A store that is away: does the code under test say that nothing was enqueued?
func ExampleQueue_Refuse() {
	var t *testing.T
	queue := tqtest.New(t, taskqueue.ClientConfig{})
	queue.Refuse(1, taskqueue.ErrUnavailable)
	_, err := orders.SendReceipt{To: "ada@example.com"}.Enqueue(t.Context(), queue.Client)
	if !errors.Is(err, taskqueue.ErrUnavailable) {
		t.Error(err)
	}
	tqtest.RequireNone[orders.SendReceipt](t, queue)
}

// A reply that is lost: does the code under test send again with the same id?
func ExampleQueue_LoseReplies() {
	var t *testing.T
	queue := tqtest.New(t, taskqueue.ClientConfig{})
	queue.LoseReplies(1)
	id := taskqueue.NewID(taskqueue.Default)
	receipt := orders.SendReceipt{To: "ada@example.com"}
	_, err := receipt.Enqueue(t.Context(), queue.Client, taskqueue.WithID(id))
	if errors.Is(err, taskqueue.ErrUnknown) { // it may be in
		_, err = receipt.Enqueue(t.Context(), queue.Client, taskqueue.WithID(id))
	}
	if waiting := tqtest.Enqueued[orders.SendReceipt](t, queue); err != nil || len(waiting) != 1 {
		t.Errorf("%d wait, %v", len(waiting), err)
	}
}

// What older releases may have queued, written by tqgen fixtures, is still read.
func ExampleRequirePayloads() {
	var t *testing.T
	tqtest.RequirePayloads(t, "testdata/payloads", orders.Tasks(struct{ orders.Handler }{}))
}
