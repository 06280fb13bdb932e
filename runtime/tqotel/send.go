package tqotel

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// send is the span of an Enqueue, or of a whole EnqueueAll. That of several queues
// has no queue in its name.
func (t *Telemetry) send(ctx context.Context, jobs []taskqueue.Job) (context.Context, func([]taskqueue.ID, error)) {
	start, queue, name := time.Now(), queueOf(jobs), "send"
	if queue != "" {
		name += " " + queue
	}
	attributes := operation("send", semconv.MessagingOperationTypeSend, queue)
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(attributes...))
	if len(jobs) == 1 {
		span.SetAttributes(kindKey.String(jobs[0].Kind()))
	} else {
		span.SetAttributes(semconv.MessagingBatchMessageCount(len(jobs)))
	}
	return ctx, func(ids []taskqueue.ID, err error) {
		if len(jobs) == 1 && len(ids) == 1 && !ids[0].IsZero() {
			span.SetAttributes(semconv.MessagingMessageID(ids[0].String()))
		}
		if err != nil {
			failed := semconv.ErrorTypeKey.String(sendError(err))
			span.SetAttributes(failed)
			span.SetStatus(codes.Error, err.Error())
			attributes = append(attributes, failed)
		}
		span.End()
		set := metric.WithAttributeSet(attribute.NewSet(attributes...))
		t.sending.Record(ctx, time.Since(start).Seconds(), set)
		t.sent.Add(ctx, int64(len(jobs)), set)
	}
}

// queueOf is the queue of all jobs; empty, if they have several.
func queueOf(jobs []taskqueue.Job) string {
	queue := jobs[0].Queue()
	for i := range jobs {
		if jobs[i].Queue() != queue {
			return ""
		}
	}
	return queue
}

// sendError names what kept a job out: one of few values.
func sendError(err error) string {
	for _, known := range []struct {
		err  error
		name string
	}{
		{taskqueue.ErrDuplicate, "duplicate"}, {taskqueue.ErrFull, "full"}, {taskqueue.ErrTooLarge, "too_large"},
		{taskqueue.ErrInvalid, "invalid"}, {taskqueue.ErrClosed, "closed"},
		{taskqueue.ErrUnavailable, "unavailable"}, {taskqueue.ErrUnknown, "unknown"},
	} {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return "_OTHER"
}
