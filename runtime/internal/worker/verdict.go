package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Causes of a run's context and reasons of failures.
var (
	ErrTimeout     = errors.New("taskqueue: run timed out")
	ErrPanic       = errors.New("taskqueue: handler panicked")
	ErrGoexit      = errors.New("taskqueue: handler called runtime.Goexit")
	ErrUnknownKind = errors.New("taskqueue: no handler for this kind of task")
	ErrLeaseLost   = broker.ErrFenced
	ErrShutdown    = errors.New("taskqueue: worker is shutting down")
)

// A Verdict is an error by which a handler decides how its task goes on.
type Verdict struct {
	Outcome broker.Outcome
	After   time.Duration // Retry, Release
	Err     error
}

// Error implements error.
func (v *Verdict) Error() string { return v.Err.Error() }

// Unwrap returns the cause.
func (v *Verdict) Unwrap() error { return v.Err }

// decide says how the task of a lease goes on after a run that ended with err.
// random is from 0 to 1.
func decide(lease *broker.Lease, kind *Kind, err error, end *ending, random float64) broker.Settle {
	s := broker.Settle{Lease: lease, Outcome: broker.Done}
	if err == nil {
		return s
	}
	var v *Verdict
	errors.As(err, &v)
	s.Reason = reason(lease, err, end)
	switch {
	case end != nil && end.unwanted:
		s.Outcome, s.Reason = broker.Discard, context.Cause(end.cause).Error()
	case v != nil && v.Outcome == broker.Release:
		s.Outcome, s.After = broker.Release, v.After
	case end == shutDown || end == leaseLost:
		s.Outcome = broker.Release
	case v != nil && v.Outcome != broker.Retry:
		s.Outcome = v.Outcome
	case int(lease.Attempts)+1 >= int(lease.Max):
		s.Outcome = broker.Dead
	case v != nil:
		s.Outcome, s.After = broker.Retry, v.After
	default:
		s.Outcome, s.After = broker.Retry, kind.Backoff.Delay(int(lease.Attempts)+1, random)
	}
	s.After = min(max(s.After, 0), broker.MaxDelay)
	return s
}

// reason is what a failure is remembered by.
func reason(lease *broker.Lease, err error, end *ending) string {
	if end == timedOut {
		return fmt.Sprintf("%v after %v: %v", ErrTimeout, lease.Timeout, err)
	}
	return err.Error()
}
