package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A task that waits for its time gets another one, or runs now, or is gone.
func ExampleClient_Reschedule() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	greeting, err := Greeting{"Ada"}.Enqueue(ctx, queue, taskqueue.In(24*time.Hour))
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println("in an hour:", queue.Reschedule(ctx, greeting.ID, time.Hour))
	fmt.Println("now:", queue.Requeue(ctx, greeting.ID))
	again := queue.Requeue(ctx, greeting.ID)
	fmt.Println("twice:", errors.Is(again, taskqueue.ErrState))
	fmt.Println("never:", queue.Delete(ctx, greeting.ID))
	_, err = queue.Find(ctx, greeting.ID)
	fmt.Println("gone:", errors.Is(err, taskqueue.ErrNotFound))
	// Output:
	// in an hour: <nil>
	// now: <nil>
	// twice: true
	// never: <nil>
	// gone: true
}

// A mistake of a thousand tasks is one call.
func ExampleClient_Purge() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	for range 3 {
		if _, err := (Greeting{"nobody"}).Enqueue(ctx, queue); err != nil {
			log.Fatal(err)
		}
	}

	fmt.Println(queue.Purge(ctx, taskqueue.Default, taskqueue.Pending))
	// Output: 3 <nil>
}

// Many changes in one round trip; what could not be done has a receipt.
func ExampleClient_Edit() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	ids, err := queue.EnqueueAll(ctx, Greeting{"Ada"}.Job(), Greeting{"Grace"}.Job())
	if err != nil {
		log.Fatal(err)
	}

	var edits []broker.Edit
	for _, id := range append(ids, taskqueue.NewID(taskqueue.Default)) {
		edits = append(edits, broker.Edit{Ref: broker.Ref{Queue: taskqueue.Default, ID: id}, Action: broker.Delete})
	}
	failed, err := queue.Edit(ctx, edits...)
	for _, r := range failed {
		fmt.Println("edit", r.Index, "finds nothing:", errors.Is(r.Err, taskqueue.ErrNotFound))
	}
	fmt.Println(err)
	// Output:
	// edit 2 finds nothing: true
	// <nil>
}

// An id is text wherever it is kept outside.
func ExampleParseID() {
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

	id, err := taskqueue.ParseID(greeting.ID.String())
	if err != nil {
		log.Fatal(err)
	}
	task, err := queue.Find(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.State)
	_, err = taskqueue.ParseID("42")
	fmt.Println("42 is no id:", errors.Is(err, taskqueue.ErrInvalid))
	// Output:
	// pending
	// 42 is no id: true
}
