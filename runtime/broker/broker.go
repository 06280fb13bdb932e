package broker

import "context"

// A Broker stores tasks and hands them to workers. All methods may be called
// concurrently. Network faults are retried inside until the context ends; any
// call may reach the store twice or late, and a repeat changes nothing. A name
// that does not pass CheckName is ErrInvalid, after Close all is ErrClosed.
type Broker interface {
	Queue
	Inspector
	Records
	// Close releases connections and goroutines. Tasks stay in the store,
	// unless the store is this process' memory.
	Close() error
}

// Queue is the hot path: tasks in, tasks out.
type Queue interface {
	// Enqueue adds messages. It is atomic per queue for up to [MaxBatch]
	// messages of at most [MaxBatchBytes] together; larger groups go in several
	// atomic parts, in order. Every message that is not in has a receipt, in
	// the order of the messages; no receipts mean that all are in. The error is
	// not nil only where the call did nothing at all (a closed broker, an
	// invalid message). The caller may reuse the messages' bytes afterwards.
	//
	// A message whose unique key is held by its own ID is in already: nothing
	// is added and it has no receipt. Of the things that keep a message out,
	// Once is looked at first, then the queue's limit, then the unique key.
	Enqueue(ctx context.Context, messages []Message) ([]Receipt, error)

	// Cycle settles, renews, promotes, reclaims and claims in one round trip
	// (see the package comment). It is also the heartbeat. A cycle that does
	// not pass Check is refused with its error and does nothing. On any other
	// error but ErrFenced, ErrStale and ErrClosed the outcome is unknown: call
	// again with the same Cycle.
	Cycle(ctx context.Context, c Cycle) (Grant, error)

	// Wait blocks until a cycle at one of the queues may find work, and
	// returns that queue. It may return too early, and an idle worker should
	// cycle now and then even if it does not return. The error is ctx's, or
	// ErrClosed, or that of an unreachable store.
	Wait(ctx context.Context, queues []string) (string, error)
}

// Inspector is everybody else's view: bounded reads.
type Inspector interface {
	// Queues reports on the named queues, in that order, or on all to which
	// anything was ever enqueued, sorted by name. A queue that was never used
	// reports zeros.
	Queues(ctx context.Context, names ...string) ([]QueueInfo, error)

	// Find reports where tasks are, in the order of refs. State is StateUnknown
	// for a task that the store does not have (any more). Finding a pending
	// task without a group looks at no more than [FindLimit] entries a lane.
	Find(ctx context.Context, refs []Ref) ([]Entry, error)

	// List returns a page of tasks in one state: pending in the order of
	// their lanes (critical to low, in each those without a group, then groups
	// and keys by name; then suspects), scheduled by due time and ID, parked by
	// shape and in the order in which they were parked, dead from the newest (equal times from the greatest ID).
	List(ctx context.Context, q ListQuery) (Page, error)

	// Edit changes tasks from outside, each by itself, and returns a receipt for
	// each that was not changed, in the order of the edits: ErrNotFound or
	// ErrState, wrapped. See [Edit]. A repeat may find that its work is done.
	Edit(ctx context.Context, edits []Edit) ([]Receipt, error)

	// Configure replaces the settings of a queue, for everybody and for good, if
	// they have the version that s has (see there), else it is ErrStale.
	Configure(ctx context.Context, queue string, s Settings) error

	// Purge drops what is pending, scheduled, parked or dead, as by Delete, in bounded
	// steps, and returns how many tasks that were.
	Purge(ctx context.Context, queue string, s State) (int64, error)

	// Marks returns the last Seq that was accepted for each name of a Once in
	// a queue, 0 where there was none.
	Marks(ctx context.Context, queue string, names []string) ([]int64, error)

	// Watch calls f for each task of the queue that ends (done, dead or
	// discarded) and has a Retention, until ctx ends (then it returns nil) or
	// the subscription breaks. ready is called once when the subscription
	// stands: what ends after that is seen. Events are hints: reconcile with
	// Find. f must not block.
	Watch(ctx context.Context, queue string, ready func(), f func(Event)) error
}
