package chaos

import (
	"context"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// Faults that a test plants in an actor. A checker that does not report them
// proves nothing about actors without them.
const (
	faultAckUnsent  = "ack unsent"  // a producer that forgets to send, now and then
	faultNoDelay    = "no delay"    // a producer that forgets delays
	faultAckFirst   = "ack first"   // a worker that settles a task before it runs
	faultRunTwice   = "run twice"   // a worker that runs each task twice
	faultDiesEarly  = "dies early"  // a worker that gives up at the first failure
	faultSilent     = "silent"      // a worker that keeps ends to itself
	faultNeverStops = "never stops" // a worker that is deaf to SIGTERM
)

// plant changes what runs tasks, so that it has the fault.
func plant(fault string, tasks []taskqueue.Task) []taskqueue.Task {
	for i := range tasks {
		run := tasks[i].Run
		switch fault {
		case faultAckFirst:
			tasks[i].Run = func(ctx context.Context, payload, dst []byte) ([]byte, error) {
				go func() { _, _ = run(context.WithoutCancel(ctx), payload, nil) }()
				return dst, nil
			}
		case faultRunTwice:
			tasks[i].Run = func(ctx context.Context, payload, dst []byte) ([]byte, error) {
				if result, err := run(ctx, payload, dst); err != nil {
					return result, err
				}
				return run(ctx, payload, dst)
			}
		case faultDiesEarly:
			tasks[i].Run = func(ctx context.Context, payload, dst []byte) ([]byte, error) {
				result, err := run(ctx, payload, dst)
				return result, taskqueue.Permanent(err)
			}
		}
	}
	return tasks
}

// A silentStore keeps what a worker has to report to itself until the worker is
// told to stop.
type silentStore struct {
	broker.Broker
	stopped <-chan struct{}
}

// Cycle implements broker.Broker.
func (s silentStore) Cycle(ctx context.Context, c broker.Cycle) (broker.Grant, error) {
	if len(c.Settle) > 0 {
		ctx = context.WithoutCancel(ctx)
		<-s.stopped
	}
	return s.Broker.Cycle(ctx, c)
}
