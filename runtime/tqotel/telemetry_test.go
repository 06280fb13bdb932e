package tqotel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tinylib/msgp/msgp"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/broker/redisbroker"
)

// A note is a task by hand: what tqgen writes for a struct with one string.
type note struct{ text string }

func (n *note) MarshalMsg(b []byte) ([]byte, error) { return msgp.AppendString(b, n.text), nil }

func noteKind() *taskqueue.Kind { return &taskqueue.Kind{Name: "test.Note"} }

func job(text string, options ...taskqueue.Option) taskqueue.Job {
	return taskqueue.NewJob(noteKind(), &note{text}, options...)
}

// A span is what tests look at.
type span struct {
	Name, Kind, Trace, ID, Parent, Status string
	Attributes                            map[string]string
}

func spansOf(exporter *tracetest.InMemoryExporter) (all []span) {
	for _, s := range exporter.GetSpans() {
		one := span{
			Name: s.Name, Kind: s.SpanKind.String(), Status: s.Status.Code.String(), Attributes: map[string]string{},
			Trace: s.SpanContext.TraceID().String(), ID: s.SpanContext.SpanID().String(), Parent: s.Parent.SpanID().String(),
		}
		for _, a := range s.Attributes {
			one.Attributes[string(a.Key)] = a.Value.String()
		}
		all = append(all, one)
	}
	return all
}

func (s *span) want(t *testing.T, name, kind string, attributes map[string]string) {
	t.Helper()
	if s.Name != name || s.Kind != kind {
		t.Errorf("span %q, %s, want %q, %s", s.Name, s.Kind, name, kind)
	}
	for key, want := range attributes {
		if got := s.Attributes[key]; got != want {
			t.Errorf("%s: %s is %q, want %q", name, key, got, want)
		}
	}
}

// A setup records what clients and workers over one store in memory do.
type setup struct {
	*testing.T
	spans     *tracetest.InMemoryExporter
	reader    *sdkmetric.ManualReader
	traces    *sdktrace.TracerProvider
	telemetry *Telemetry
	client    *taskqueue.Client
}

func newSetup(t *testing.T) *setup {
	t.Helper()
	s := &setup{T: t, spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	s.traces = sdktrace.NewTracerProvider(sdktrace.WithSyncer(s.spans))
	var err error
	if s.telemetry, err = New(Config{Traces: s.traces, Metrics: sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.reader))}); err != nil {
		t.Fatal(err)
	}
	if s.client, err = taskqueue.NewClient(membroker.New(membroker.Config{}), s.telemetry.Client(taskqueue.ClientConfig{})); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.client.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// work runs a worker until n runs have ended.
func (s *setup) work(n int, run taskqueue.Runner) {
	s.Helper()
	ended := make(chan taskqueue.Event, n)
	w, err := taskqueue.NewWorker(s.client, s.telemetry.Worker(taskqueue.WorkerConfig{
		Tasks:  []taskqueue.Task{{Kind: noteKind(), Run: func(ctx context.Context, _, dst []byte) ([]byte, error) { return dst, run(ctx) }}},
		Logger: slog.New(slog.DiscardHandler), Concurrency: 1, OnFinish: func(e taskqueue.Event) { ended <- e },
	}))
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	for range n {
		<-ended
	}
	cancel()
	if err := <-done; err != nil {
		s.Error(err)
	}
}

// A trace goes from the process that enqueues to the one that runs.
func TestTraceCrossesProcesses(t *testing.T) {
	server, prefix := redistest.Shared(t)
	url := server.URL() + "?prefix=" + prefix
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	telemetry, err := New(Config{Traces: provider})
	if err != nil {
		t.Fatal(err)
	}
	store, err := redisbroker.Open(t.Context(), url, redisbroker.Config{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := taskqueue.NewClient(store, telemetry.Client(taskqueue.ClientConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	id, err := client.Enqueue(t.Context(), job("x"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	program := exec.CommandContext(ctx, os.Args[0])
	program.Env, program.Stderr = append(os.Environ(), storeVariable+"="+url), os.Stderr
	out, err := program.Output()
	if err != nil {
		t.Fatal(err)
	}
	var there []span
	if err := json.Unmarshal(out, &there); err != nil || len(there) != 1 {
		t.Fatalf("the worker's spans: %v in %s", err, out)
	}
	send, process := spansOf(exporter)[0], there[0]
	process.want(t, "process default", "consumer", map[string]string{"messaging.message.id": id.String()})
	if process.Trace != send.Trace || process.Parent != send.ID {
		t.Errorf("the run %+v is not below %+v", process, send)
	}
}

// What is enqueued and run is one trace, and handlers go on with it.
func TestOneTrace(t *testing.T) {
	s := newSetup(t)
	ctx, root := s.traces.Tracer("test").Start(t.Context(), "request")
	id, err := s.client.Enqueue(ctx, job("x"))
	if err != nil {
		t.Fatal(err)
	}
	root.End()
	s.work(2, func(ctx context.Context) error {
		if info := taskqueue.Info(ctx); info.ID == id {
			_, err := s.client.Enqueue(ctx, job("next"))
			return err
		}
		return nil
	})
	all := spansOf(s.spans)
	if len(all) != 5 {
		t.Fatalf("%d spans: %+v", len(all), all)
	}
	send, request, next, process := all[0], all[1], all[2], all[3]
	shared := map[string]string{"messaging.system": "taskqueue", "messaging.destination.name": "default", "messaging.message.id": id.String(), "taskqueue.task.kind": "test.Note"}
	send.want(t, "send default", "producer", shared)
	process.want(t, "process default", "consumer", shared)
	process.want(t, "process default", "consumer", map[string]string{"taskqueue.task.attempt": "1", "messaging.operation.type": "process", "messaging.operation.name": "process"})
	for _, pair := range [][2]span{{request, send}, {send, process}, {process, next}, {next, all[4]}} {
		if pair[1].Parent != pair[0].ID || pair[1].Trace != request.Trace {
			t.Errorf("%s is not below %s", pair[1].Name, pair[0].Name)
		}
	}
}

func TestFailures(t *testing.T) {
	s := newSetup(t)
	runs := 0
	for range 4 {
		if _, err := s.client.Enqueue(t.Context(), job("x", taskqueue.Retries(0))); err != nil {
			t.Fatal(err)
		}
	}
	s.spans.Reset()
	s.work(4, func(context.Context) error {
		runs++
		switch runs {
		case 1:
			return taskqueue.Permanent(fmt.Errorf("no luck: %w", &os.PathError{Op: "open", Path: "x", Err: errors.New("gone")}))
		case 2:
			panic("at the disco")
		case 3:
			return taskqueue.Snooze(time.Hour)
		}
		return nil
	})
	var got [][3]string
	for _, one := range spansOf(s.spans) {
		got = append(got, [3]string{one.Name, one.Status, one.Attributes["error.type"]})
	}
	const name = "process default"
	want := [][3]string{{name, "Error", "*errors.errorString"}, {name, "Error", "panic"}, {name, "Unset", ""}, {name, "Unset", ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

func TestBatchAndRefusals(t *testing.T) {
	s := newSetup(t)
	ids, err := s.client.EnqueueAll(t.Context(), job("a"), job("b", taskqueue.Queue("other")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.Enqueue(t.Context(), job("c", taskqueue.Unique("k", 0))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.Enqueue(t.Context(), job("d", taskqueue.Unique("k", 0))); !errors.Is(err, taskqueue.ErrDuplicate) {
		t.Fatal(err)
	}
	all := spansOf(s.spans)
	all[0].want(t, "send", "producer", map[string]string{"messaging.batch.message_count": "2", "messaging.destination.name": ""})
	all[2].want(t, "send default", "producer", map[string]string{"error.type": "duplicate"})
	for _, id := range ids {
		e, err := s.client.Find(t.Context(), id)
		if err != nil || len(e.Message.Headers) != 1 || e.Message.Headers[0] != (taskqueue.Header{Key: "traceparent", Value: "00-" + all[0].Trace + "-" + all[0].ID + "-01"}) {
			t.Errorf("%+v, %v", e.Message, err)
		}
	}
}

// Every metric has its unit and attributes that do not grow with the tasks.
func TestMetrics(t *testing.T) {
	s := newSetup(t)
	for range 3 {
		if _, err := s.client.Enqueue(t.Context(), job("x", taskqueue.Retries(0))); err != nil {
			t.Fatal(err)
		}
	}
	runs := 0
	s.work(3, func(context.Context) error {
		if runs++; runs == 1 {
			return errors.New("bad")
		}
		return nil
	})
	var data metricdata.ResourceMetrics
	if err := s.reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	got := map[string]uint64{}
	for _, m := range data.ScopeMetrics[0].Metrics {
		switch d := m.Data.(type) {
		case metricdata.Histogram[float64]:
			for _, p := range d.DataPoints {
				got[m.Name+" "+m.Unit+labels(p.Attributes)] += p.Count
			}
		case metricdata.Sum[int64]:
			for _, p := range d.DataPoints {
				got[m.Name+" "+m.Unit+labels(p.Attributes)] += uint64(p.Value)
			}
		}
	}
	want := map[string]uint64{
		"messaging.client.operation.duration s":                                 3,
		"messaging.client.sent.messages {message}":                              3,
		"messaging.process.duration s done":                                     2,
		"messaging.process.duration s *errors.errorString dead":                 1,
		"messaging.client.consumed.messages {message} done":                     2,
		"messaging.client.consumed.messages {message} *errors.errorString dead": 1,
		"taskqueue.task.wait.duration s":                                        3,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// labels are the values of attributes that tell series of one kind and queue apart.
func labels(set attribute.Set) (text string) {
	for _, a := range set.ToSlice() {
		if key := string(a.Key); key == "error.type" || key == "taskqueue.task.outcome" {
			text += " " + a.Value.String()
		}
	}
	return text
}

// A header of somebody else does no harm.
func TestBadHeaders(t *testing.T) {
	s := newSetup(t)
	plain, err := taskqueue.NewClient(membroker.New(membroker.Config{}), taskqueue.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plain.Close() })
	s.client = plain
	if _, err := plain.Enqueue(t.Context(), job("x", taskqueue.WithHeader("traceparent", "nonsense"))); err != nil {
		t.Fatal(err)
	}
	s.work(1, func(ctx context.Context) error {
		if !trace.SpanContextFromContext(ctx).IsValid() {
			return errors.New("no span")
		}
		return nil
	})
	if all := spansOf(s.spans); len(all) != 1 || all[0].Parent != (trace.SpanID{}).String() || all[0].Status != "Unset" {
		t.Errorf("%+v", all)
	}
}
