package main

import "context"

// payloadBytes is the size of a task's payload on the wire where nothing else is said.
const payloadBytes = 200

// A system is a task queue under test.
type system struct {
	name  string
	open  func(url string) (queue, error)
	limit int  // tasks that it can drain in a reasonable time; 0: any number
	own   bool // it keeps its tasks elsewhere than in the run's Redis server
}

// The systems, ours first and the one that it is compared with in everything next.
// The others are Go's other queues: they take part where a scenario says so.
var systems = []system{
	{name: "taskqueue", open: openTaskqueue},
	{name: "asynq", open: openAsynq},
	{name: "taskq", open: openTaskq},
	{name: "gocraft-work", open: openWork},
	{name: "river-sqlite", open: openRiver, limit: 2000, own: true},
}

const rivals = 2 // how many systems take part in every scenario

// A workload says how a worker is to work.
type workload struct {
	slots  int
	strict bool // no task is taken before a slot is free; some always work so
	queues int  // of these, q0, q1 …; 0: those that the system serves by itself
}

// A queue is a system's client on a store.
type queue interface {
	// enqueue adds one task with this payload.
	enqueue(ctx context.Context, payload []byte) error
	// enqueueAll adds tasks in one call. errNoBatch: the system has no such.
	enqueueAll(ctx context.Context, payloads [][]byte) error
	// work runs handle for each task until ctx ends and the tasks under way are
	// settled. errNoQueues: the system does not serve several.
	work(ctx context.Context, w workload, handle func(payload []byte)) error
	close() error
}
