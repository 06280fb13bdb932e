package codegen

import (
	"context"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Batch binds a kind to the function that runs several of its tasks at once, at
// most that many. Payloads of older shapes are upgraded before. A task that cannot be
// decoded fails by itself; the function gets the others.
func Batch[T any, P Codec[T]](kind *Kind[T], run func(context.Context, []*T) error, most int, linger time.Duration, older ...Older[T]) taskqueue.Task {
	t := Task[T, P](kind, func(ctx context.Context, task *T) error {
		if errs := taskqueue.SplitBatchError(run(ctx, []*T{task}), 1); errs != nil {
			return errs[0]
		}
		return nil
	}, older...)
	t.Batch = &taskqueue.Batch{Max: most, Linger: linger, Run: func(ctx context.Context, encoded []taskqueue.Encoded) []error {
		tasks := sieve[*T]{errs: make([]error, len(encoded))}
		for i, e := range encoded {
			read, _ := reader[T, P](e.Version, older)
			tasks.add(i)(read(e.Payload))
		}
		return tasks.run(func(good []*T) []error {
			return delayedAll(ctx, good, tasks.places, taskqueue.SplitBatchError(run(ctx, good), len(good)))
		})
	}}
	return t
}

// walkedBatch runs those of a batch that have been walked over.
func walkedBatch(run taskqueue.BatchFunc) taskqueue.BatchFunc {
	return func(ctx context.Context, encoded []taskqueue.Encoded) []error {
		tasks := sieve[taskqueue.Encoded]{errs: make([]error, len(encoded))}
		for i, e := range encoded {
			tasks.add(i)(e, walk(e.Payload))
		}
		return tasks.run(func(good []taskqueue.Encoded) []error { return run(ctx, good) })
	}
}

// A sieve holds the tasks of a batch that can be run, and the errors of all.
type sieve[T any] struct {
	good   []T
	places []int // of the good ones in errs
	errs   []error
}

// add takes the task at a place, or what is wrong with it.
func (s *sieve[T]) add(i int) func(T, error) {
	return func(task T, err error) {
		if s.errs[i] = err; err == nil {
			s.good, s.places = append(s.good, task), append(s.places, i)
		}
	}
}

// run runs the good ones; it returns nil if all tasks are done.
func (s *sieve[T]) run(f func([]T) []error) []error {
	if len(s.good) == 0 {
		return s.errs
	}
	errs := f(s.good)
	if errs == nil && len(s.good) == len(s.errs) {
		return nil
	}
	for i, err := range errs {
		s.errs[s.places[i]] = err
	}
	return s.errs
}
