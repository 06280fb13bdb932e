package webtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/web"
)

// A note is a task by hand: what tqgen writes for a struct with one string.
type note struct{ text string }

func (n *note) MarshalMsg(b []byte) ([]byte, error) {
	return msgp.AppendString(msgp.AppendArrayHeader(b, 1), n.text), nil
}

func noteKind() *taskqueue.Kind { return &taskqueue.Kind{Name: "test.Note"} }

// A store can be out of reach.
type store struct {
	broker.Broker
	down atomic.Bool
}

func (s *store) err() error {
	if s.down.Load() {
		return fmt.Errorf("%w: connection refused", broker.ErrUnavailable)
	}
	return nil
}

// Queues implements broker.Inspector.
func (s *store) Queues(ctx context.Context, names ...string) ([]broker.QueueInfo, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	return s.Broker.Queues(ctx, names...)
}

// Find implements broker.Inspector.
func (s *store) Find(ctx context.Context, refs []broker.Ref) ([]broker.Entry, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	return s.Broker.Find(ctx, refs)
}

// Records implements broker.Records.
func (s *store) Records(ctx context.Context, table string, names ...string) ([]broker.Record, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	return s.Broker.Records(ctx, table, names...)
}

// A fixture is a handler and a worker over a store in memory.
type fixture struct {
	*testing.T
	client  *taskqueue.Client
	store   *store
	worker  *taskqueue.Worker
	handler http.Handler
}

// busy makes one whose worker has done three tasks, failed at one, and runs one.
func busy(t *testing.T, config web.Config) *fixture {
	t.Helper()
	f := &fixture{T: t, store: &store{Broker: membroker.New(membroker.Config{})}}
	client, err := taskqueue.NewClient(f.store, taskqueue.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	f.client = client
	f.work()
	for _, text := range []string{"a", "b", "c", "bad 1"} {
		f.add(text)
	}
	f.settled(4)
	f.add("wait")
	f.await(func() bool { return f.worker.Active() == 1 })
	config.Logger, config.Workers = slog.New(slog.DiscardHandler), []*taskqueue.Worker{f.worker}
	f.handler = web.Handler(client, config)
	return f
}

// work runs a worker until the end of the test.
func (f *fixture) work() {
	f.Helper()
	w, err := taskqueue.NewWorker(f.client, taskqueue.WorkerConfig{
		Tasks: []taskqueue.Task{{Kind: noteKind(), Run: run}}, Logger: slog.New(slog.DiscardHandler),
		Concurrency: 4, Lease: 6 * time.Second, ShutdownGrace: taskqueue.NoGrace,
	})
	if err != nil {
		f.Fatal(err)
	}
	f.worker = w
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	f.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			f.Error(err)
		}
	})
}

func run(ctx context.Context, payload, dst []byte) ([]byte, error) {
	_, rest, err := msgp.ReadArrayHeaderBytes(payload)
	if err != nil {
		return dst, taskqueue.Permanent(err)
	}
	text, _, err := msgp.ReadStringBytes(rest)
	switch {
	case err != nil:
		return dst, taskqueue.Permanent(err)
	case strings.HasPrefix(text, "bad"):
		return dst, taskqueue.Permanent(errors.New(text))
	case text == "wait":
		<-ctx.Done()
		return dst, ctx.Err()
	}
	return msgp.AppendString(dst, "seen "+text), nil
}

func (f *fixture) add(text string, options ...taskqueue.Option) taskqueue.ID {
	f.Helper()
	id, err := f.client.Enqueue(f.Context(), taskqueue.NewJob(noteKind(), &note{text}, options...))
	if err != nil {
		f.Fatal(err)
	}
	return id
}

// addCron gives the worker a cron, and waits until all know of it.
func (f *fixture) addCron(name string) {
	f.Helper()
	cron := taskqueue.Cron{Name: name, Spec: "30 3 * * *", Zone: "Europe/Paris", Job: taskqueue.NewJob(noteKind(), &note{"cron"})}
	if err := f.worker.AddCron(cron); err != nil {
		f.Fatal(err)
	}
	f.await(func() bool {
		crons, err := f.client.Crons(f.Context())
		return err == nil && len(crons) > 0
	})
}

// tellSchema does what a worker that knows a kind does.
func (f *fixture) tellSchema(kind, schema string) {
	f.Helper()
	if _, err := f.store.Put(f.Context(), "schemas", broker.Record{Name: kind, Data: []byte(schema), If: broker.Any}); err != nil {
		f.Fatal(err)
	}
}

// settled waits until the store has counted n ends of runs in the default queue.
func (f *fixture) settled(n int64) {
	f.Helper()
	f.await(func() bool {
		q, err := f.client.Queues(f.Context(), taskqueue.Default)
		if err != nil {
			f.Fatal(err)
		}
		return q[0].Done+q[0].Died+q[0].Retried+q[0].Discarded >= n
	})
}

// await waits until a condition holds.
func (f *fixture) await(condition func() bool) {
	for !condition() {
		time.Sleep(time.Millisecond)
	}
}

// get is what a path answers with.
func (f *fixture) get(path string) string {
	f.Helper()
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://tasks.example"+path, nil))
	if w.Code != http.StatusOK {
		f.Fatalf("%s: %d\n%s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

// endpoints counts the operations that the document has.
func (f *fixture) endpoints() (n int) {
	f.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal([]byte(f.get("/tasks/openapi.json")), &document); err != nil {
		f.Fatal(err)
	}
	for _, operations := range document.Paths {
		n += len(operations)
	}
	return n
}

// firstDead is the id of a dead letter.
func (f *fixture) firstDead() string {
	f.Helper()
	page, err := f.client.List(f.Context(), taskqueue.ListQuery{Queue: taskqueue.Default, State: taskqueue.StateDead, Limit: 1})
	if err != nil || len(page.Entries) != 1 {
		f.Fatalf("%v, %v", page, err)
	}
	return page.Entries[0].ID.String()
}
