package broker

import "errors"

// Errors of every call.
var (
	ErrClosed      = errors.New("taskqueue: closed")
	ErrUnavailable = errors.New("taskqueue: store unavailable") // nothing was done
	ErrInvalid     = errors.New("taskqueue: invalid")
	ErrTooLarge    = errors.New("taskqueue: too large")
)

// Errors of opening.
var ErrUnsupported = errors.New("taskqueue: store not supported")

// Errors of enqueueing.
var (
	ErrDuplicate = errors.New("taskqueue: duplicate task")
	ErrFull      = errors.New("taskqueue: store full") // the queue's or the store's limit; drained tasks make room
	ErrUnknown   = errors.New("taskqueue: outcome unknown")

	// ErrNotDurable is an ErrUnknown of a store that was asked to have copies: the
	// message is in, and too few copies were made in time.
	ErrNotDurable = errors.New("taskqueue: not durable")
)

// Errors of looking for tasks and editing them.
var (
	ErrNotFound = errors.New("taskqueue: task not found")
	ErrState    = errors.New("taskqueue: not in this state")
)

// Errors of leasing and settling; ErrStale is also that of a Once.
var (
	ErrFenced = errors.New("taskqueue: lease lost")
	ErrStale  = errors.New("taskqueue: stale")
)
