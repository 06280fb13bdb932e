package codegen

import (
	"context"
	"errors"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// A delayer is a task that says itself when it is retried. attempt is the number of
// runs that have failed, this one included: 1 for the first.
type delayer interface {
	RetryDelay(attempt int, err error) time.Duration
}

// delayed lets a task choose the pause before its next run. What its handler has
// decided already, by RetryAfter, Permanent or the like, stands.
func delayed(attempt int, task any, err error) error {
	d, says := task.(delayer)
	if err == nil || !says {
		return err
	}
	if _, decided := errors.AsType[*worker.Verdict](err); decided {
		return err
	}
	return taskqueue.RetryAfter(err, max(d.RetryDelay(attempt, err), 0))
}

// delayedAll is delayed for those tasks of a batch that are at these places in it.
func delayedAll[P any](ctx context.Context, tasks []P, places []int, errs []error) []error {
	infos := taskqueue.BatchInfo(ctx)
	for i, err := range errs {
		if place := places[i]; place < len(infos) {
			errs[i] = delayed(infos[place].Attempt, tasks[i], err)
		}
	}
	return errs
}
