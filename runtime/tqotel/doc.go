// Package tqotel traces and measures a task queue with OpenTelemetry, by the
// semantic conventions for messaging.
//
//	telemetry, err := tqotel.New(tqotel.Config{})
//	…
//	client, err := taskqueue.NewClient(store, telemetry.Client(taskqueue.ClientConfig{}))
//	worker, err := taskqueue.NewWorker(client, telemetry.Worker(taskqueue.WorkerConfig{Tasks: tasks}))
//
// Each Enqueue is a span "send <queue>". Its context travels in the headers of the
// task (traceparent and tracestate, of W3C Trace Context), and each run, in whatever
// process, is a span "process <queue>" below it. Handlers get that span in their
// context, so that what they enqueue belongs to the same trace. A cron's tasks begin
// traces of their own.
//
// The metrics are messaging.client.operation.duration and
// messaging.client.sent.messages of the producer, messaging.process.duration and
// messaging.client.consumed.messages of the worker, and taskqueue.task.wait.duration,
// from when a task could run until it did. All but the last two of the conventions
// are theirs; the values of their attributes are queues, kinds, outcomes and the
// types of errors, and never ids.
package tqotel
