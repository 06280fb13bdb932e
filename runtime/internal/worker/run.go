package worker

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Run is one run of a task, and the context that its handler gets. A handler
// that never asks for Done pays neither a channel nor a timer; one that does,
// and all contexts that it derives, costs no goroutine.
//
// Done is served by a context of package context that is made at the first
// call (inner). Its parent is the same Run, seen as a root: that one says why
// the run ended, so that Err is DeadlineExceeded after a timeout and Cause is
// ErrTimeout, ErrShutdown, ErrLeaseLost or ErrCancelled.
type Run struct {
	Lease    *broker.Lease
	Worker   string // the session's name
	Started  time.Time
	deadline time.Time // zero: none
	wait     time.Duration
	engine   *Engine
	kind     *Kind
	queue    *queue
	epoch    uint32 // of the session that holds the lease
	place    int    // in the engine's list of active runs; -1: not there
	batch    *batch // whose call this is; nil: this is the run of one task

	abandoned bool // settled by the engine while the handler was still running
	overdue   bool
	telling   bool   // its progress is to be told
	progress  []byte // the last one

	end atomic.Pointer[ending]

	mu        sync.Mutex
	inner     context.Context
	stop      context.CancelFunc
	propagate func() // ends inner, when end is set
}

// An ending says how a run's context ended.
type ending struct {
	err      error
	cause    context.Context // its context.Cause is the run's; nil: err
	unwanted bool            // the task was cancelled from outside
}

var (
	timedOut  = newEnding(context.DeadlineExceeded, ErrTimeout)
	shutDown  = newEnding(context.Canceled, ErrShutdown)
	leaseLost = newEnding(context.Canceled, ErrLeaseLost)
	returned  = &ending{err: context.Canceled}

	never  = make(chan struct{})
	always = closedChan()
)

func newEnding(err, cause error) *ending {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	return &ending{err: err, cause: ctx}
}

func closedChan() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

type runKey struct{}

// FromContext returns the run whose handler got ctx or a parent of it.
func FromContext(ctx context.Context) (*Run, bool) {
	r, ok := ctx.Value(runKey{}).(*Run)
	return r, ok
}

// Logger is the engine's.
func (r *Run) Logger() *slog.Logger { return r.engine.Log }

// Deadline implements context.Context.
func (r *Run) Deadline() (time.Time, bool) { return r.deadline, !r.deadline.IsZero() }

// Done implements context.Context.
func (r *Run) Done() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inner == nil {
		r.inner, r.stop = context.WithCancel((*root)(r))
	}
	return r.inner.Done()
}

// Err implements context.Context. It is nil until Done is closed, if anybody
// has asked for Done.
func (r *Run) Err() error {
	end := r.end.Load()
	if end == nil {
		return nil
	}
	if inner := r.asked(); inner != nil {
		return inner.Err()
	}
	return end.err
}

func (r *Run) asked() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.inner
}

// Value implements context.Context: the run itself, then what the context of
// Worker.Run holds.
func (r *Run) Value(key any) any {
	if _, ok := key.(runKey); ok {
		return r
	}
	if inner := r.asked(); inner != nil {
		return inner.Value(key)
	}
	return (*root)(r).Value(key)
}

// cancel ends the run's context, once. The first ending counts.
func (r *Run) cancel(end *ending) {
	if !r.end.CompareAndSwap(nil, end) {
		return
	}
	r.mu.Lock()
	propagate, stop := r.propagate, r.stop
	r.mu.Unlock()
	if propagate != nil {
		propagate()
	}
	if stop != nil {
		stop()
	}
}

// A root is a Run as the parent of its inner context.
type root Run

// Deadline implements context.Context.
func (r *root) Deadline() (time.Time, bool) { return (*Run)(r).Deadline() }

// Done is never closed while the run goes on: AfterFunc tells when it ends.
func (r *root) Done() <-chan struct{} {
	if r.end.Load() != nil {
		return always
	}
	return never
}

// Err implements context.Context.
func (r *root) Err() error {
	if end := r.end.Load(); end != nil {
		return end.err
	}
	return nil
}

// Value lets context.Cause find the cause of the ending.
func (r *root) Value(key any) any {
	if end := r.end.Load(); end != nil && end.cause != nil {
		if v := end.cause.Value(key); v != nil {
			return v
		}
	}
	return r.engine.base.Value(key)
}

// AfterFunc makes package context register the inner context here instead of
// starting a goroutine. It is called with mu held, by Done alone.
func (r *root) AfterFunc(f func()) (stop func() bool) {
	r.propagate = f
	return func() bool { return true }
}
