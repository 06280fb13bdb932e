package taskqueue

import (
	"errors"
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Errors of every call.
var (
	ErrClosed      = broker.ErrClosed      // the client was closed
	ErrUnavailable = broker.ErrUnavailable // the store could not be reached; nothing was done
	ErrInvalid     = broker.ErrInvalid     // a bad argument; the message says which and what to do
	ErrTooLarge    = broker.ErrTooLarge    // a payload or header over its limit
)

// Errors of enqueueing.
var (
	ErrDuplicate = broker.ErrDuplicate // the unique key is held by another task; see DuplicateError
	ErrFull      = broker.ErrFull      // the queue or the store is full; drained tasks make room
	ErrUnknown   = broker.ErrUnknown   // no answer: the task may be in or not; the ID is returned all the same
)

// Errors of looking for a task.
var ErrNotFound = errors.New("taskqueue: task not found")

// Errors of runs. They are causes of a handler's context and reasons of
// failures and dead letters.
var (
	ErrTimeout     = errors.New("taskqueue: run timed out")
	ErrPanic       = errors.New("taskqueue: handler panicked")
	ErrGoexit      = errors.New("taskqueue: handler called runtime.Goexit")
	ErrPayload     = errors.New("taskqueue: payload refused")
	ErrUnknownKind = errors.New("taskqueue: no handler for this kind of task")
	ErrLeaseLost   = broker.ErrFenced // another worker has the task now
	ErrShutdown    = errors.New("taskqueue: worker is shutting down")
)

// A DuplicateError is an ErrDuplicate that names the task that is in.
type DuplicateError struct{ Existing ID }

// Error implements error.
func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%v: %v is in already", ErrDuplicate, e.Existing)
}

// Unwrap makes errors.Is(err, ErrDuplicate) true.
func (e *DuplicateError) Unwrap() error { return ErrDuplicate }

// A TaskError is the outcome of a task that failed for good or was discarded.
type TaskError struct {
	ID     ID
	State  broker.State // StateDead or StateDiscarded
	Reason string       // of the last failure
}

// Error implements error.
func (e *TaskError) Error() string {
	return fmt.Sprintf("taskqueue: task %v is %v: %s", e.ID, e.State, e.Reason)
}

// A verdict is an error that decides how a failed run goes on.
type verdict struct {
	outcome broker.Outcome
	after   time.Duration
	backoff bool // the kind's pause, not after
	err     error
}

// Error implements error.
func (v *verdict) Error() string { return v.err.Error() }

// Unwrap returns the cause.
func (v *verdict) Unwrap() error { return v.err }

// Permanent wraps a handler's error so that it is not retried: the task becomes
// a dead letter now. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &verdict{outcome: broker.Dead, err: err}
}

// RetryAfter wraps a handler's error so that the next run, if one is left,
// comes after d instead of the kind's backoff. RetryAfter(nil, d) is nil.
func RetryAfter(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return &verdict{outcome: broker.Retry, after: d, err: err}
}

// Snooze, returned by a handler, runs the task again after d. No attempt is
// spent and nothing is counted as a failure.
func Snooze(d time.Duration) error {
	return &verdict{outcome: broker.Release, after: d, err: fmt.Errorf("taskqueue: snoozed for %v", d)}
}

// Discard wraps a handler's error so that the task is dropped: no retry, no
// dead letter. Discard(nil) is nil.
func Discard(err error) error {
	if err == nil {
		return nil
	}
	return &verdict{outcome: broker.Discard, err: err}
}
