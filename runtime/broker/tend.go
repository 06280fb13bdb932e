package broker

import "context"

// A Cycler is the part of a store that sessions need.
type Cycler interface {
	Cycle(ctx context.Context, c Cycle) (Grant, error)
}

// Tend does for a queue what the cycle of a worker does beside its own work: it
// promotes at most so many due tasks (0: PromoteBatch), takes back a claim of a
// session that has lapsed, and drops dead letters beyond their bounds. Where workers
// are it changes nothing for them. A queue that has none keeps what is due scheduled
// until somebody tends it; the first cycle of a worker does, so nothing waits for
// longer. Tend is for what people and autoscalers are to see meanwhile: call it now
// and then for queues with scheduled or active tasks and without sessions.
//
// It is a session of its own, which leaves in its first cycle; name is a name that
// no worker at the queue has.
func Tend(ctx context.Context, store Cycler, queue, name string, promote int) (Grant, error) {
	return store.Cycle(ctx, Cycle{
		Session: Session{Worker: name, Queue: queue}, Seq: 1, Lease: MinLease, Promote: promote, Leave: true,
	})
}
