package broker

import (
	"context"
	"time"
)

// tending is the lease of a session that leaves at once: how long others keep its
// place if it does not come to that.
const tending = 30 * time.Second

// Tend does for a queue what the cycle of a worker does beside its own work: it
// promotes at most PromoteBatch due tasks, takes back a claim of a session that has
// lapsed, and drops dead letters beyond their bounds. Where workers are it changes
// nothing for them. A queue that has none keeps what is due scheduled until
// somebody tends it; the first cycle of a worker does, so nothing waits for longer.
// Tend is for what people and autoscalers are to see meanwhile: call it now and then
// for queues with scheduled or active tasks and without sessions.
//
// It is a session of its own, which leaves in its first cycle; name is a name that
// no worker at the queue has.
func Tend(ctx context.Context, q Queue, queue, name string) (Grant, error) {
	return q.Cycle(ctx, Cycle{Session: Session{Worker: name, Queue: queue}, Seq: 1, Lease: tending, Leave: true})
}
