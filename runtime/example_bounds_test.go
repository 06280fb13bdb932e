package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// What a queue may do, changed while everything runs: all workers obey at once.
func ExampleClient_LimitRate() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	const mail = taskqueue.Default
	errs := []error{
		queue.LimitRate(ctx, mail, taskqueue.Rate{N: 100, Period: time.Minute, Burst: 10}), // begin
		queue.LimitConcurrency(ctx, mail, 8),                                               // run at a time
		queue.LimitKind(ctx, mail, "example.Greeting", taskqueue.Limit{Concurrency: 2}),    // of one kind
		queue.LimitBytes(ctx, mail, 64<<20),                                                // wait
		queue.BoundDead(ctx, mail, taskqueue.Bounds{Max: 10_000, Age: 30 * 24 * time.Hour}),
	}
	infos, err := queue.Queues(ctx, mail)
	if err := errors.Join(append(errs, err)...); err != nil {
		log.Fatal(err)
	}
	s := infos[0].Settings
	fmt.Println(s.Rate.N, "a", s.Rate.Period, "-", s.Concurrency, "at a time -", s.MaxBytes>>20, "MiB -", s.Dead.Max, "dead letters")
	// Output: 100 a 1m0s - 8 at a time - 64 MiB - 10000 dead letters
}

// The queues that a client knows: three standard ones, and those of its own.
func ExampleNewQueueTable() {
	table, err := taskqueue.NewQueueTable(taskqueue.QueueConfig{Name: "mail", Priority: 5})
	if err != nil {
		log.Fatal(err)
	}
	for _, q := range table.ByPriority() {
		fmt.Println(q.Name, q.Priority)
	}
	// Output:
	// high_priority 10
	// mail 5
	// default 0
	// low_priority -10
}

// A client has such a table.
func ExampleClient_QueueTable() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	fmt.Println(queue.QueueTable().Names())
	// Output: [high_priority default low_priority]
}
