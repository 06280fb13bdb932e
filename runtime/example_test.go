package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A Greeting is a task. This file spells out what tqgen writes for a struct
// with one field, so that the examples stand alone.
type Greeting struct{ Name string }

// MarshalMsg is generated.
func (g Greeting) MarshalMsg(b []byte) ([]byte, error) { return msgp.AppendString(b, g.Name), nil }

// Job is generated.
func (g Greeting) Job(opts ...taskqueue.Option) taskqueue.Job {
	return taskqueue.NewJob(greetingKind, g, opts...)
}

// Enqueue is generated.
func (g Greeting) Enqueue(ctx context.Context, c *taskqueue.Client, opts ...taskqueue.Option) (taskqueue.Future[string], error) {
	id, err := c.Enqueue(ctx, g.Job(opts...))
	return taskqueue.NewFuture(c, id, decode), err
}

var greetingKind = &taskqueue.Kind{
	Name:     "example.Greeting",
	Settings: taskqueue.Settings{Retention: time.Hour, Backoff: taskqueue.Backoff{Intervals: []time.Duration{time.Millisecond}}},
}

// Tasks is generated, too.
func Tasks(greet func(ctx context.Context, g Greeting) (string, error)) []taskqueue.Task {
	return []taskqueue.Task{{Kind: greetingKind, Run: func(ctx context.Context, payload, dst []byte) ([]byte, error) {
		name, _, err := msgp.ReadStringBytes(payload)
		if err != nil {
			return dst, taskqueue.Permanent(err)
		}
		reply, err := greet(ctx, Greeting{name})
		return msgp.AppendString(dst, reply), err
	}}}
}

var quiet = slog.New(slog.DiscardHandler)

// start runs a worker until stop is called.
func start(queue *taskqueue.Client, greet func(ctx context.Context, g Greeting) (string, error)) (stop func()) {
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{Tasks: Tasks(greet), Concurrency: 1, Logger: quiet})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			log.Fatal(err)
		}
	}
}

func ExampleOpen() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	id, err := queue.Enqueue(context.Background(), Greeting{"Ada"}.Job())
	if err != nil {
		log.Fatal(err)
	}
	entry, err := queue.Find(context.Background(), id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(entry.State, "in", entry.Queue)
	// Output: pending in default
}

func ExampleWorker() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	ctx, cancel := context.WithCancel(context.Background()) // often signal.NotifyContext
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Logger: quiet,
		Tasks: Tasks(func(ctx context.Context, g Greeting) (string, error) {
			fmt.Println("Hello,", g.Name)
			cancel()
			return "", nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := (Greeting{"Ada"}).Enqueue(ctx, queue); err != nil {
		log.Fatal(err)
	}
	err = worker.Run(ctx) // finishes what runs, gives back the rest
	fmt.Println("stopped:", err)
	// Output:
	// Hello, Ada
	// stopped: <nil>
}

func ExampleClient_EnqueueAll() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	ids, err := queue.EnqueueAll(context.Background(),
		Greeting{"Ada"}.Job(taskqueue.Unique("ada", 0)),
		Greeting{"Ada"}.Job(taskqueue.Unique("ada", 0)),
		Greeting{"Grace"}.Job(taskqueue.In(time.Hour)),
	)
	if bulk, ok := errors.AsType[*taskqueue.BulkError](err); ok {
		for i, err := range bulk.Errors {
			fmt.Println("job", i, "is a duplicate:", errors.Is(err, taskqueue.ErrDuplicate), ids[1] == ids[0])
		}
	}
	infos, err := queue.Queues(context.Background(), taskqueue.Default)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(infos[0].Pending, "pending,", infos[0].Scheduled, "scheduled")
	// Output:
	// job 1 is a duplicate: true true
	// 1 pending, 1 scheduled
}

func ExampleFuture() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	stop := start(queue, func(ctx context.Context, g Greeting) (string, error) {
		if g.Name == "" {
			return "", taskqueue.Permanent(errors.New("nobody to greet"))
		}
		return "Hello, " + g.Name, nil
	})
	defer stop()

	ada, err := Greeting{"Ada"}.Enqueue(context.Background(), queue)
	if err != nil {
		log.Fatal(err)
	}
	nobody, err := Greeting{}.Enqueue(context.Background(), queue)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ada.Get(context.Background()))
	_, err = nobody.Get(context.Background())
	if failed, ok := errors.AsType[*taskqueue.TaskError](err); ok {
		fmt.Println(failed.State, "-", failed.Reason)
	}
	// Output:
	// Hello, Ada <nil>
	// dead - nobody to greet
}

// What a handler returns decides how its task goes on.
func ExamplePermanent() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	snoozed := false
	stop := start(queue, func(ctx context.Context, g Greeting) (string, error) {
		attempt := taskqueue.Info(ctx).Attempt
		fmt.Println(g.Name, attempt)
		switch {
		case g.Name == "snooze" && !snoozed:
			snoozed = true
			return "", taskqueue.Snooze(time.Millisecond) // later, and no attempt spent
		case g.Name == "retry" && attempt == 1:
			return "", taskqueue.RetryAfter(errors.New("too many requests"), time.Millisecond)
		case g.Name == "permanent":
			return "", taskqueue.Permanent(errors.New("no such address")) // a dead letter now
		case g.Name == "discard":
			return "", taskqueue.Discard(errors.New("already sent")) // gone, not a failure
		}
		return "done", nil
	})
	defer stop()
	for _, name := range []string{"snooze", "retry", "permanent", "discard"} {
		task, err := Greeting{name}.Enqueue(context.Background(), queue)
		if err != nil {
			log.Fatal(err)
		}
		result, err := task.Get(context.Background())
		if failed, ok := errors.AsType[*taskqueue.TaskError](err); ok {
			result = fmt.Sprint(failed.State, ": ", failed.Reason)
		}
		fmt.Println("→", result)
	}
	// Output:
	// snooze 1
	// snooze 1
	// → done
	// retry 1
	// retry 2
	// → done
	// permanent 1
	// → dead: no such address
	// discard 1
	// → discarded: already sent
}

// A send that may be repeated, by whomever, and still is one task.
func ExampleWithID() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	id := taskqueue.NewID(taskqueue.Default) // keep it with the order that asks for the task
	for range 3 {
		if _, err := (Greeting{"Ada"}).Enqueue(context.Background(), queue, taskqueue.WithID(id)); err != nil {
			log.Fatal(err)
		}
	}
	infos, err := queue.Queues(context.Background(), taskqueue.Default)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(infos[0].Pending, "pending")
	// Output: 1 pending
}

func ExampleUnique() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()

	first, err := Greeting{"Ada"}.Enqueue(context.Background(), queue, taskqueue.Unique("greet:ada", time.Hour))
	if err != nil {
		log.Fatal(err)
	}
	_, err = Greeting{"Ada"}.Enqueue(context.Background(), queue, taskqueue.Unique("greet:ada", time.Hour))
	var duplicate *taskqueue.DuplicateError
	fmt.Println(errors.As(err, &duplicate), duplicate.Existing == first.ID)
	// Output: true true
}
