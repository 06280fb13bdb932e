package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/backoff"
)

// Adaptive as Config.Prefetch buffers about two milliseconds of work, and
// nothing where runs take longer than that.
const Adaptive = -1

// A Store is the part of a broker that a worker needs.
type Store interface {
	Cycle(ctx context.Context, c broker.Cycle) (broker.Grant, error)
	Wait(ctx context.Context, queues []string) (string, error)
}

// A Kind is a type of task, in one shape of its payload, and what runs it.
type Kind struct {
	Name    string
	Version uint16           // of the shape; 0 is 1, too
	Older   map[uint16]*Kind // what runs tasks of older shapes
	Run     func(ctx context.Context, payload, dst []byte) ([]byte, error)
	Backoff backoff.Policy
	Tally   *Tally // counts its attempts; nil: they are not counted
	Memory  int64  // bytes that a run declares to take, with a Tally; 0: nothing is known

	// Batch runs several tasks at once; nil: each has a call of its own.
	Batch *Batch

	// Prompt says that others may wait for the end of a run, as by a limit on how
	// many run at a time: then it is told to the store at once.
	Prompt bool
}

// A Queue is a queue to serve and its weight, at least 1.
type Queue struct {
	Name   string
	Weight int
}

// A Config says what an engine does. All fields are needed but for OnFinish,
// OnDeath and Tallies; the caller has checked them.
type Config struct {
	Store      Store
	Kinds      map[string]*Kind
	Queues     []Queue // in strict order
	Strict     bool
	Slots      int
	Prefetch   int // Adaptive, or a number of tasks
	Lease      time.Duration
	Grace      time.Duration
	UnknownAge time.Duration
	MaxResult  int               // bytes
	Room       int64             // as of Engine.Room, at the beginning; 0: there is no bound
	Unfit      map[string]string // kinds of which a run needs more than this process may have, and why; they are parked
	Name       string            // of the session; unique for each process start
	Log        *slog.Logger
	Promote    int           // due tasks that a cycle promotes at most; 0: broker.PromoteBatch
	IdlePause  time.Duration // after a claim that got nothing although there seemed to be work
	OnFinish   func(*Event)
	OnDeath    func(context.Context, *Death)      // of a task without the end of a run; may be nil
	OnPark     func(queue string, s broker.Shape) // a task is parked; it must not wait, and may be nil
	Tallies    []*Tally                           // those of Kinds, in the order of Sample; none: nothing is measured
}

// An Event is a run that has ended. It is valid until OnFinish returns.
type Event struct {
	Task    *Run
	Lease   *broker.Lease
	Outcome broker.Outcome
	Err     error
	Wait    time.Duration // from when the task was ready to the run's start
	Run     time.Duration
}

const (
	maxPrefetch   = 1000
	prefetchAhead = 2 * time.Millisecond // of work that an adaptive buffer holds
	linger        = time.Millisecond     // how long a settle waits for others
	pollInterval  = 2 * time.Second      // an idle queue is looked at so often
	stallAfter    = time.Second          // a buffer that nobody takes from is given back
	cancelGrace   = 500 * time.Millisecond
	leaveTimeout  = 400 * time.Millisecond
)
