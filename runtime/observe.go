package taskqueue

import (
	"context"
	"errors"
	"log/slog"
)

// An Observer is told of each Enqueue and EnqueueAll before anything else happens,
// and by calling done how it went: ids and err are what the caller gets; of
// EnqueueAll there may be no ids with an error. The context that it returns is that
// of the call from there on, so Preparers see what it carries. It must be safe for
// concurrent use and leave jobs as they are; done may be nil.
type Observer func(ctx context.Context, jobs []Job) (inner context.Context, done func(ids []ID, err error))

// observers are told one after the other.
type observers []Observer

func (all observers) begin(ctx context.Context, jobs []Job) (context.Context, func([]ID, error)) {
	dones := make([]func([]ID, error), 0, len(all))
	for _, o := range all {
		var done func([]ID, error)
		if ctx, done = o(ctx, jobs); done != nil {
			dones = append(dones, done)
		}
	}
	return ctx, func(ids []ID, err error) {
		for _, done := range dones {
			done(ids, err)
		}
	}
}

// observed is enqueue for those who are watched: the others pay for nothing.
func (c *Client) observed(ctx context.Context, job Job) (ID, error) {
	ctx, done := c.observers.begin(ctx, []Job{job})
	id, err := c.enqueue(ctx, job)
	done([]ID{id}, err)
	return id, err
}

// LogEnqueued is an [Observer] that writes a line for each task that was enqueued
// or scheduled (debug) or refused (warn).
func LogEnqueued(log *slog.Logger) Observer {
	return func(ctx context.Context, jobs []Job) (context.Context, func([]ID, error)) {
		return ctx, func(ids []ID, err error) {
			var bulk *BulkError
			errors.As(err, &bulk)
			for i := range jobs {
				switch {
				case bulk != nil && bulk.Errors[i] != nil:
					logEnqueued(ctx, log, &jobs[i], ID{}, bulk.Errors[i])
				case bulk == nil && err != nil || i >= len(ids):
					logEnqueued(ctx, log, &jobs[i], ID{}, err)
				default:
					logEnqueued(ctx, log, &jobs[i], ids[i], nil)
				}
			}
		}
	}
}

func logEnqueued(ctx context.Context, log *slog.Logger, j *Job, id ID, err error) {
	switch {
	case err != nil:
		log.WarnContext(ctx, "task not enqueued", "kind", j.Kind(), "queue", j.Queue(), "error", err)
	case !j.due.IsZero():
		log.DebugContext(ctx, "task scheduled", "id", id, "kind", j.Kind(), "queue", j.Queue(), "due", j.due)
	case j.delay > 0:
		log.DebugContext(ctx, "task scheduled", "id", id, "kind", j.Kind(), "queue", j.Queue(), "after", j.delay)
	default:
		log.DebugContext(ctx, "task enqueued", "id", id, "kind", j.Kind(), "queue", j.Queue())
	}
}
