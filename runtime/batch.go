package taskqueue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Batch says how several tasks of a kind are run by one call of their handler.
type Batch struct {
	// Max is the most tasks in one call: 2 to 1000.
	Max int

	// Linger is how long the first task of a batch that is not full waits for
	// others, 0 to 1m. Default 0: what a worker has at hand is run at once.
	Linger time.Duration

	// Run decodes the payloads, does the work and returns nil if all went well,
	// or a slice with the error of each task, in their order; nil for one that is
	// done. Results are not supported. Payloads are not changed any more.
	Run BatchFunc
}

// A BatchFunc runs several tasks at once, see [Batch].
type BatchFunc func(ctx context.Context, tasks []Encoded) []error

const (
	maxBatch  = 1000
	maxLinger = time.Minute
)

// check reports what is wrong with a batch; nil is none.
func (b *Batch) check() error {
	switch {
	case b == nil:
		return nil
	case b.Run == nil:
		return fmt.Errorf("%w: its batch has nothing to run", ErrInvalid)
	case b.Max < 2 || b.Max > maxBatch:
		return fmt.Errorf("%w: a batch of %d tasks is outside 2 to %d", ErrInvalid, b.Max, maxBatch)
	case b.Linger < 0 || b.Linger > maxLinger:
		return fmt.Errorf("%w: the linger %v of its batch is outside 0 to %v", ErrInvalid, b.Linger, maxLinger)
	}
	return nil
}

// Encoded is a task of a batch as it came from the store. Its version is one that
// the [Task] knows: the kind's, or one of Older.
type Encoded struct {
	Version uint16
	Payload []byte
}

// BatchErrors are the errors of a batch's tasks by their indexes; those that are
// not in it are done. A batch handler returns it, wrapped or not, where only some
// have failed; any other error is that of all tasks. Each error may be one of
// [Permanent], [RetryAfter], [Snooze] or [Discard].
type BatchErrors map[int]error

// Error implements error. It names the first few tasks.
func (e BatchErrors) Error() string {
	const shown = 3
	text := fmt.Sprintf("taskqueue: %d tasks of a batch failed", len(e))
	for i, index := range slices.Sorted(maps.Keys(e)) {
		if i == shown {
			return text + "; …"
		}
		text += fmt.Sprintf("; task %d: %v", index, e[index])
	}
	return text
}

// Unwrap returns the errors in the order of the tasks.
func (e BatchErrors) Unwrap() []error {
	errs := make([]error, 0, len(e))
	for _, index := range slices.Sorted(maps.Keys(e)) {
		errs = append(errs, e[index])
	}
	return errs
}

// SplitBatchError is the error of each of n tasks whose batch ended with err: nil
// if all are done.
func SplitBatchError(err error, n int) []error {
	if err == nil {
		return nil
	}
	errs := make([]error, n)
	var some BatchErrors
	if !errors.As(err, &some) {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	for index, failure := range some {
		if index < 0 || index >= n {
			return SplitBatchError(fmt.Errorf("%w: BatchErrors names task %d of %d: %w", ErrInvalid, index, n, failure), n)
		}
		errs[index] = failure
	}
	return errs
}
