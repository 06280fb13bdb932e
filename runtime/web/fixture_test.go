package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

// A note is a task by hand: what tqgen writes for a struct with one string.
type note struct{ text string }

func (n *note) MarshalMsg(b []byte) ([]byte, error) {
	return msgp.AppendString(msgp.AppendArrayHeader(b, 1), n.text), nil
}

func noteKind() *taskqueue.Kind { return &taskqueue.Kind{Name: "test.Note"} }

// A fixture is a handler over a store in memory.
type fixture struct {
	*testing.T
	client   *taskqueue.Client
	store    *store
	finished chan taskqueue.Event
	worker   *taskqueue.Worker // the last one
	release  chan struct{}     // lets "wait" tasks end
	handler  http.Handler
}

// A store can be made to fail.
type store struct {
	broker.Broker
	fail   func() error
	queues []broker.QueueInfo // in the place of those that there are

	mu  sync.Mutex
	err error // of whatever is asked
}

// failing lets the store fail from another goroutine than those of requests.
func (s *store) failing(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *store) Queues(ctx context.Context, names ...string) ([]broker.QueueInfo, error) {
	if s.fail != nil {
		return nil, s.fail()
	}
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if s.queues != nil && len(names) == 0 {
		return s.queues, nil
	}
	return s.Broker.Queues(ctx, names...)
}

// newFixture makes one without workers.
func newFixture(t *testing.T, config Config) *fixture {
	t.Helper()
	f := &fixture{T: t, store: &store{Broker: membroker.New(membroker.Config{})}, finished: make(chan taskqueue.Event, 100), release: make(chan struct{})}
	client, err := taskqueue.NewClient(f.store, taskqueue.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	f.client = client
	f.serve(config)
	return f
}

// serve makes another handler.
func (f *fixture) serve(config Config) {
	if config.Logger == nil {
		config.Logger = quiet()
	}
	f.handler = Handler(f.client, config)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// work runs a worker until stop, or the end of the test.
func (f *fixture) work() (w *taskqueue.Worker, stop func()) {
	f.Helper()
	w, err := taskqueue.NewWorker(f.client, taskqueue.WorkerConfig{
		Tasks: []taskqueue.Task{{Kind: noteKind(), Run: f.run}}, Logger: quiet(), Concurrency: 4, Lease: 6 * time.Second, ShutdownGrace: taskqueue.NoGrace,
		OnFinish: func(e taskqueue.Event) { f.finished <- e },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.worker = w
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			f.Error(err)
		}
	}
	f.Cleanup(stop)
	return w, stop
}

func (f *fixture) run(ctx context.Context, payload, dst []byte) ([]byte, error) {
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
		select {
		case <-f.release:
		case <-ctx.Done():
			return dst, ctx.Err()
		}
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

// addCron gives the last worker a cron, and waits until all know of it.
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
func (f *fixture) tellSchema(kind, schema string) error {
	_, err := f.store.Put(f.Context(), "schemas", broker.Record{Name: kind, Data: []byte(schema), If: broker.Any})
	return err
}

// settled waits until the store has counted n ends of runs in the default queue.
func (f *fixture) settled(n int64) {
	f.Helper()
	for {
		q, err := f.client.Queues(f.Context(), taskqueue.Default)
		if err != nil {
			f.Fatal(err)
		}
		if q[0].Done+q[0].Died+q[0].Retried+q[0].Discarded >= n {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// await waits until a condition holds.
func (f *fixture) await(condition func() bool) {
	for !condition() {
		time.Sleep(time.Millisecond)
	}
}

// An answer is what came back.
type answer struct {
	code   int
	header http.Header
	text   string
	body   map[string]any
}

func (f *fixture) get(path string) answer { f.Helper(); return f.do("GET", path, "") }

// do sends a request as the dashboard does.
func (f *fixture) do(method, path, body string, headers ...string) answer {
	f.Helper()
	r := httptest.NewRequest(method, "http://tasks.example"+path, strings.NewReader(body))
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return f.send(r)
}

func (f *fixture) send(r *http.Request) answer {
	f.Helper()
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	a := answer{code: w.Code, header: w.Header(), text: w.Body.String()}
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &a.body); err != nil {
			f.Fatalf("%s: %v\n%s", r.URL, err, a.text)
		}
	}
	return a
}

// at is a value in a body, by a path like "uptime.seconds" or "queues.0.name".
func (a answer) at(path string) any {
	var v any = a.body
	for key := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// want compares values in a body.
func (f *fixture) want(a answer, values map[string]any) {
	f.Helper()
	for path, want := range values {
		if n, ok := want.(int); ok {
			want = float64(n)
		}
		if got := a.at(path); got != want {
			f.Errorf("%s is %v, want %v in\n%s", path, got, want, a.text)
		}
	}
}
