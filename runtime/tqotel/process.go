package tqotel

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// process is the span of a run, below the span that enqueued its task.
func (t *Telemetry) process(next taskqueue.Runner) taskqueue.Runner {
	return func(ctx context.Context) error {
		info := taskqueue.Info(ctx)
		attributes := append(operation("process", semconv.MessagingOperationTypeProcess, info.Queue),
			semconv.MessagingMessageID(info.ID.String()), semconv.MessagingClientID(info.Worker),
			kindKey.String(info.Kind), attemptKey.Int(info.Attempt), retriesKey.Int(info.Max))
		ctx, span := t.tracer.Start(t.propagator.Extract(ctx, (*carrier)(&info)), "process "+info.Queue,
			trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(attributes...))
		ended := false
		defer func() {
			if !ended {
				span.SetAttributes(semconv.ErrorTypeKey.String("panic"))
				span.SetStatus(codes.Error, "the handler panicked or ended its goroutine")
			}
			span.End()
		}()
		err := next(ctx)
		ended = true
		if err != nil && !snoozed(err) {
			span.SetAttributes(semconv.ErrorTypeKey.String(runError(err)))
			span.SetStatus(codes.Error, err.Error())
		}
		return err
	}
}

// snoozed says that the handler wants to run later, which is no failure.
func snoozed(err error) bool {
	verdict, ok := errors.AsType[*worker.Verdict](err)
	return ok && verdict.Outcome == taskqueue.Released
}

// runError names how a run failed: one of few values, as the types of a program are.
func runError(err error) string {
	switch {
	case errors.Is(err, taskqueue.ErrPanic):
		return "panic"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, taskqueue.ErrTimeout):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return fmt.Sprintf("%T", err)
}

// finished measures a run that has ended.
func (t *Telemetry) finished(e taskqueue.Event) {
	attributes := append(operation("process", semconv.MessagingOperationTypeProcess, e.Queue), kindKey.String(e.Kind), outcomeKey.String(outcome(e.Outcome)))
	if e.Err != nil && !snoozed(e.Err) {
		attributes = append(attributes, semconv.ErrorTypeKey.String(runError(e.Err)))
	}
	set := metric.WithAttributeSet(attribute.NewSet(attributes...))
	ctx := context.Background()
	t.processing.Record(ctx, e.Run.Seconds(), set)
	t.consumed.Add(ctx, 1, set)
	t.waiting.Record(ctx, e.Wait.Seconds(), metric.WithAttributes(
		semconv.MessagingSystemKey.String(system), semconv.MessagingDestinationName(e.Queue), kindKey.String(e.Kind)))
}

func outcome(o taskqueue.Outcome) string {
	switch o {
	case taskqueue.Done:
		return "done"
	case taskqueue.Retried:
		return "retried"
	case taskqueue.Dead:
		return "dead"
	case taskqueue.Discarded:
		return "discarded"
	}
	return "released"
}
