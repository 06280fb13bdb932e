package taskqueue

import (
	"context"
	"log/slog"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// A Header is metadata that travels with a task.
type Header = broker.Header

// A Failure is an earlier run of a task that went wrong.
type Failure = broker.Failure

// TaskInfo is what a handler can know about its run.
type TaskInfo struct {
	ID       ID
	Kind     string
	Queue    string
	Priority Priority
	Worker   string // the worker's session in the store

	Attempt  int       // 1 for the first run; runs that were lost do not count
	Max      int       // attempts in all: retries + 1
	Lost     int       // runs in a row that never ended, as their worker was lost
	Token    uint32    // fencing token: rises with each run of the task, lost ones included
	Deadline time.Time // of this run; zero: none

	Enqueued time.Time // when the task was made, by the producer's clock
	Ready    time.Time // since when it could have run, by the store's clock

	Headers  []Header  // not to be changed
	Failures []Failure // the last ones, the newest last; not to be changed

	log *slog.Logger
}

// Info returns what is known about the run whose handler got ctx, or a context
// made from it; about the first task, if it is a batch. For any other context the ID
// is zero.
func Info(ctx context.Context) TaskInfo {
	r, ok := worker.FromContext(ctx)
	if !ok {
		return TaskInfo{}
	}
	deadline, _ := r.Deadline()
	return infoOf(r, deadline)
}

// BatchInfo returns what is known about each task of the batch whose handler got
// ctx, in their order; of a run that is no batch, its own Info alone. For any other
// context it is nil.
func BatchInfo(ctx context.Context) []TaskInfo {
	r, ok := worker.FromContext(ctx)
	if !ok {
		return nil
	}
	deadline, _ := r.Deadline()
	parts := r.Parts()
	infos := make([]TaskInfo, len(parts))
	for i, part := range parts {
		infos[i] = infoOf(part, deadline)
	}
	return infos
}

func infoOf(r *worker.Run, deadline time.Time) TaskInfo {
	i := infoOfMessage(&r.Lease.Message, r.Worker, r.Logger())
	i.Deadline = deadline
	return i
}

func infoOfMessage(m *broker.Message, worker string, log *slog.Logger) TaskInfo {
	return TaskInfo{
		ID: m.ID, Kind: m.Kind, Queue: m.Queue, Priority: m.Priority, Worker: worker,
		Attempt: int(m.Attempts) + 1, Max: int(m.Max), Lost: int(m.Lost), Token: m.Run(),
		Enqueued: m.ID.Time(), Ready: m.Ready, Headers: m.Headers, Failures: m.Failures,
		log: log,
	}
}

// Header returns the value of a header, or "".
func (i TaskInfo) Header(key string) string {
	for _, h := range i.Headers {
		if h.Key == key {
			return h.Value
		}
	}
	return ""
}

// Logger is [TaskInfo.Logger] of the run whose handler got ctx: what it logs carries
// the task's id, kind, queue and attempt.
func Logger(ctx context.Context) *slog.Logger { return Info(ctx).Logger() }

// Logger is the worker's logger with the task's id, kind, queue and attempt;
// outside of a handler it is slog.Default().
func (i TaskInfo) Logger() *slog.Logger {
	if i.log == nil {
		return slog.Default()
	}
	return i.log.With("id", i.ID, "kind", i.Kind, "queue", i.Queue, "attempt", i.Attempt)
}
