package taskqueue_test

import (
	"context"
	"fmt"
	"log"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A worker with crons enqueues their jobs. Give all workers the same crons:
// each tick is one task all the same.
func ExampleCron() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	ctx, cancel := context.WithCancel(context.Background())
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Logger: quiet,
		Tasks: Tasks(func(ctx context.Context, g Greeting) (string, error) {
			info := taskqueue.Info(ctx)
			fmt.Println(info.Header(taskqueue.CronName), "greets", g.Name)
			cancel()
			return "", nil
		}),
		Crons: []taskqueue.Cron{
			{Name: "heartbeat", Spec: "@every 1s", Job: Greeting{"the world"}.Job()},
			{Name: "monday", Spec: "0 6 * * MON", Zone: "Europe/Paris", Missed: taskqueue.MissedOnce, Job: Greeting{"the week"}.Job()},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("stopped:", worker.Run(ctx))
	// Output:
	// heartbeat greets the world
	// stopped: <nil>
}

// In New York, clocks went from 02:00 to 03:00 on 10 March 2024: what should run
// at 02:30 runs right after the gap. On 3 November they went from 02:00 back to
// 01:00: 01:30 comes twice, and runs once.
func ExampleCron_Next() {
	for _, cron := range []struct {
		spec  string
		after time.Time
	}{
		{"30 2 * * *", time.Date(2024, time.March, 9, 12, 0, 0, 0, time.UTC)},
		{"30 1 * * *", time.Date(2024, time.November, 2, 12, 0, 0, 0, time.UTC)},
	} {
		c := taskqueue.Cron{Spec: cron.spec, Zone: "America/New_York"}
		ticks, err := c.Next(cron.after, 2)
		if err != nil {
			log.Fatal(err)
		}
		for _, tick := range ticks {
			fmt.Println(tick)
		}
	}
	// Output:
	// 2024-03-10 03:00:00 -0400 EDT
	// 2024-03-11 02:30:00 -0400 EDT
	// 2024-11-03 01:30:00 -0400 EDT
	// 2024-11-04 01:30:00 -0500 EST
}
