package taskqueue

import (
	"errors"
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// Errors of every call.
var (
	ErrClosed      = broker.ErrClosed      // the client was closed
	ErrUnavailable = broker.ErrUnavailable // the store could not be reached; nothing was done
	ErrUnsupported = broker.ErrUnsupported // Open: the server is too old, or its data are another release's
	ErrInvalid     = broker.ErrInvalid     // a bad argument; the message says which and what to do
	ErrTooLarge    = broker.ErrTooLarge    // a payload or header over its limit
)

// Errors of enqueueing.
var (
	ErrDuplicate = broker.ErrDuplicate // the unique key is held by another task; see DuplicateError
	ErrFull      = broker.ErrFull      // the queue or the store is full; drained tasks make room
	ErrUnknown   = broker.ErrUnknown   // no answer: the task may be in or not; the ID is returned all the same

	// ErrNotDurable is an ErrUnknown: the task is in and will run, but not on as
	// many replicas as redisbroker.Durability asks for.
	ErrNotDurable = broker.ErrNotDurable
)

// Errors of looking for tasks and changing them.
var (
	ErrNotFound = broker.ErrNotFound
	ErrState    = broker.ErrState // the task is not where the call could change it
)

// Errors of runs. They are causes of a handler's context and reasons of
// failures and dead letters.
var (
	ErrTimeout     = worker.ErrTimeout
	ErrPanic       = worker.ErrPanic
	ErrGoexit      = worker.ErrGoexit // the handler called runtime.Goexit, as testing's FailNow does
	ErrPayload     = errors.New("taskqueue: payload refused")
	ErrUnknownKind = worker.ErrUnknownKind
	ErrLost        = worker.ErrLost      // DeadTask.Err: its workers vanished in each of its last runs
	ErrLeaseLost   = worker.ErrLeaseLost // another worker has, or will get, the task
	ErrShutdown    = worker.ErrShutdown
	ErrCancelled   = worker.ErrCancelled // Client.Cancel
	ErrExpired     = worker.ErrExpired   // the Expires option
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

// Permanent wraps a handler's error so that it is not retried: the task becomes
// a dead letter now. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &worker.Verdict{Outcome: broker.Dead, Err: err}
}

// RetryAfter wraps a handler's error so that the next run, if one is left,
// comes after d (0 to 10 years) instead of the kind's backoff.
// RetryAfter(nil, d) is nil.
func RetryAfter(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return &worker.Verdict{Outcome: broker.Retry, After: d, Err: err}
}

// Snooze, returned by a handler, runs the task again after d (0 to 10 years).
// No attempt is spent and nothing is counted as a failure.
func Snooze(d time.Duration) error {
	return &worker.Verdict{Outcome: broker.Release, After: d, Err: fmt.Errorf("taskqueue: snoozed for %v", d)}
}

// Discard wraps a handler's error so that the task is dropped: no retry, no
// dead letter. Discard(nil) is nil.
func Discard(err error) error {
	if err == nil {
		return nil
	}
	return &worker.Verdict{Outcome: broker.Discard, Err: err}
}
