// Package tqtest helps to test code that enqueues tasks and handlers that run
// them, without a server and, under testing/synctest, without waiting:
//
//   - [New] makes a client whose tasks live in the memory of the test.
//   - [RequireEnqueued], [Enqueued] and [RequireNone] look at what was enqueued,
//     as the structs that it was.
//   - [Queue.Drain] runs what waits, and what that enqueues in turn;
//     [Queue.DrainAll] what is scheduled, too.
//   - [Work] runs one task once and tells how the run was settled: done, retried
//     after how long, dead and why.
//   - [Queue.Serve] keeps a worker running until the test ends.
//   - [Queue.Inline] lets Enqueue return when its task has run.
//   - [RequirePayloads] reads what older releases may have queued.
//   - [Queue.Refuse] and [Queue.LoseReplies] are the bad days of a store.
//
// It is the real client, the real worker and the store of mem:// that run; only
// faults are made. In a bubble of testing/synctest they all share its clock, so a
// task that is due tomorrow runs at once.
package tqtest
