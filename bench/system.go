package main

import "context"

// payloadBytes is the size of every task's payload on the wire.
const payloadBytes = 200

// A system is a task queue under test.
type system struct {
	name string
	open func(url string) (queue, error)
}

// The systems, ours first.
var systems = []system{
	{name: "taskqueue", open: openTaskqueue},
	{name: "asynq", open: openAsynq},
}

// A queue is a system's client on a store.
type queue interface {
	// enqueue adds one task with this payload.
	enqueue(ctx context.Context, payload []byte) error
	// enqueueAll adds tasks in one call. errNoBatch: the system has no such.
	enqueueAll(ctx context.Context, payloads [][]byte) error
	// work runs handle for each task, in slots at once, until ctx ends and the
	// tasks under way are settled. strict: no task is taken before a slot is
	// free; where a system always works so, it changes nothing.
	work(ctx context.Context, slots int, strict bool, handle func(payload []byte)) error
	close() error
}
