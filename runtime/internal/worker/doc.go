// Package worker runs tasks: it claims leases from a store, keeps a pool of
// executors busy with them and settles how each run ended. It knows the
// store's contract and functions, no types of tasks.
//
// # Who does what
//
//   - A fetcher a queue owns the queue's session: it alone cycles (fetch.go),
//     numbers its cycles and repeats one until it is answered. A listener
//     beside it waits for work while the queue is idle.
//   - The splitter (split.go) divides free capacity between queues: strictly or
//     by weight. Nothing is claimed that cannot run or be buffered.
//   - Executors (execute.go) take runs from the buffers, the oldest first.
//     One critical section settles the last run and takes the next.
//   - A watchdog (watchdog.go) with one timer cancels runs at their deadlines.
//   - Run (engine.go) begins and ends all of them.
//
// All state is guarded by the engine's one mutex; what can be pure is.
package worker
