// Package taskqueue is a task queue for Go whose heart is a code generator.
//
// Write a struct, put //taskqueue:task above it and run tqgen: it writes the
// serializer, the typed enqueue helper and the registry, which plug into this
// runtime. [Open] connects to a store, generated Enqueue methods add tasks, and
// a [Worker] runs them at least once, with leases, retries and dead letters.
//
//	//taskqueue:task retries=5 timeout=30s
//	type Greet struct{ Name string }
//
//	func (g *Greet) Execute(ctx context.Context) (string, error) { return "Hello, " + g.Name, nil }
//
//	queue, err := taskqueue.Open(ctx, "redis://127.0.0.1:6379") // or mem://
//	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{Tasks: Tasks()})
//	go worker.Run(ctx)
//	greeting, err := Greet{Name: "Ada"}.Enqueue(ctx, queue, taskqueue.In(time.Minute))
//	text, err := greeting.Get(ctx)
//
// # Enqueueing
//
// A [Job] is a task with its options, an [Option] changes one job: [Queue], [In],
// [Unique], [WithID] and so on. [Client.Enqueue] takes one, [Client.EnqueueAll] many
// in few round trips, and an [Enqueuer] takes them without waiting for the store. An
// error that is [ErrUnknown] leaves open whether the task is in: under the same
// [WithID] it can be sent again, and is one task.
//
// # Handlers
//
// Nil is success. An error is a failure, which is retried while attempts are left;
// [Permanent], [RetryAfter], [Snooze] and [Discard] say something else. [Info] tells
// what is known of the run, [Progress] tells others how far it is, and
// [context.Cause] why the handler's context has ended. A task may run twice, so that
// what it does should be repeatable.
//
// # Results
//
// A task with a result has a [Future], whose Get waits for it. A task that ended in
// another way than by success is a [TaskError].
//
// # Queues and limits
//
// Queues need not be declared; [QueueConfig] says what holds for the tasks of one.
// Rates, concurrency and bounds hold over all workers: they come from code, or from
// calls such as [Client.LimitRate]. A [Cron] enqueues a job again and again.
//
// # Looking and changing
//
// The [Client] is the inspector, too: [Client.Queues], [Client.Workers],
// [Client.Find], [Client.DeadGroups], [Client.Cancel], [Client.RequeueDead],
// [Client.Pause] and others. Command tq, package web and its dashboard are made of them.
//
// # Beside this package
//
// Package tqtest is for tests, cli and config give a worker a command line and a
// configuration, web serves HTTP, tqotel speaks OpenTelemetry, encrypt seals payloads,
// and broker is what a store has to do.
package taskqueue
