package tqotel

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A Config says where traces and metrics go. A zero field means what the program
// has set in package otel.
type Config struct {
	Traces  trace.TracerProvider
	Metrics metric.MeterProvider

	// Propagator writes and reads the headers. Default: W3C Trace Context.
	Propagator propagation.TextMapPropagator
}

// A Telemetry instruments clients and workers. It is safe for concurrent use.
type Telemetry struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator

	sending    metric.Float64Histogram
	sent       metric.Int64Counter
	processing metric.Float64Histogram
	consumed   metric.Int64Counter
	waiting    metric.Float64Histogram
}

// scope names the instrumentation.
const scope = "github.com/tqgen/taskqueue/runtime/tqotel"

// seconds are the edges of buckets for times, from a fraction of a millisecond to
// ten minutes.
func seconds() metric.HistogramOption {
	return metric.WithExplicitBucketBoundaries(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
}

// New makes the instruments. The error is the meter provider's.
func New(c Config) (*Telemetry, error) {
	if c.Traces == nil {
		c.Traces = otel.GetTracerProvider()
	}
	if c.Metrics == nil {
		c.Metrics = otel.GetMeterProvider()
	}
	if c.Propagator == nil {
		c.Propagator = propagation.TraceContext{}
	}
	t := &Telemetry{tracer: c.Traces.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)), propagator: c.Propagator}
	meter := c.Metrics.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	var errs [5]error
	t.sending, errs[0] = meter.Float64Histogram("messaging.client.operation.duration", metric.WithUnit("s"), metric.WithDescription("How long it took to enqueue."), seconds())
	t.sent, errs[1] = meter.Int64Counter("messaging.client.sent.messages", metric.WithUnit("{message}"), metric.WithDescription("Tasks that were to be enqueued."))
	t.processing, errs[2] = meter.Float64Histogram("messaging.process.duration", metric.WithUnit("s"), metric.WithDescription("How long handlers took."), seconds())
	t.consumed, errs[3] = meter.Int64Counter("messaging.client.consumed.messages", metric.WithUnit("{message}"), metric.WithDescription("Runs of tasks."))
	t.waiting, errs[4] = meter.Float64Histogram("taskqueue.task.wait.duration", metric.WithUnit("s"), metric.WithDescription("From when a task could run until it did."), seconds())
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("tqotel: %w", err)
	}
	return t, nil
}

// Client adds traces and metrics to what a client is made of.
func (t *Telemetry) Client(c taskqueue.ClientConfig) taskqueue.ClientConfig {
	c.Observers = append(slices.Clip(c.Observers), t.send)
	c.Prepare = append(slices.Clip(c.Prepare), t.inject)
	return c
}

// Worker adds traces and metrics to what a worker is made of. Its span is around
// all other middleware.
func (t *Telemetry) Worker(c taskqueue.WorkerConfig) taskqueue.WorkerConfig {
	c.Middleware = append([]taskqueue.Middleware{t.process}, c.Middleware...)
	next := c.OnFinish
	c.OnFinish = func(e taskqueue.Event) {
		t.finished(e)
		if next != nil {
			next(e)
		}
	}
	return c
}

const system = "taskqueue"

// The attributes that are ours.
const (
	kindKey    = attribute.Key("taskqueue.task.kind")
	attemptKey = attribute.Key("taskqueue.task.attempt")
	outcomeKey = attribute.Key("taskqueue.task.outcome")
	retriesKey = attribute.Key("taskqueue.task.max_attempts")
)

func operation(name string, kind attribute.KeyValue, queue string) []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.MessagingSystemKey.String(system), semconv.MessagingOperationName(name), kind, semconv.MessagingDestinationName(queue),
	}
}

// inject puts the span of the context into the headers of a job.
func (t *Telemetry) inject(ctx context.Context, j taskqueue.Job) (taskqueue.Job, error) {
	headers := propagation.MapCarrier{}
	t.propagator.Inject(ctx, headers)
	for key, value := range headers {
		j = j.With(taskqueue.WithHeader(key, value))
	}
	return j, nil
}

// A carrier reads the headers of a task.
type carrier taskqueue.TaskInfo

// Get implements propagation.TextMapCarrier.
func (c *carrier) Get(key string) string { return taskqueue.TaskInfo(*c).Header(key) }

// Set implements propagation.TextMapCarrier. A task that runs is not changed.
func (*carrier) Set(string, string) {}

// Keys implements propagation.TextMapCarrier.
func (c *carrier) Keys() []string {
	keys := make([]string, 0, len(c.Headers))
	for _, h := range c.Headers {
		keys = append(keys, h.Key)
	}
	return keys
}
