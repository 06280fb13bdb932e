package taskqueue_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

// A note is a task by hand: what tqgen writes for a struct with one string.
type note struct{ text string }

func (n *note) MarshalMsg(b []byte) ([]byte, error) { return msgp.AppendString(b, n.text), nil }

var noteKind = &taskqueue.Kind{Name: "test.Note"}

func job(text string, options ...taskqueue.Option) taskqueue.Job {
	return taskqueue.NewJob(noteKind, &note{text}, options...)
}

// task binds a kind of notes to a handler.
func task(kind *taskqueue.Kind, handle func(ctx context.Context, text string) (string, error)) taskqueue.Task {
	return taskqueue.Task{Kind: kind, Run: func(ctx context.Context, payload, dst []byte) ([]byte, error) {
		text, _, err := msgp.ReadStringBytes(payload)
		if err != nil {
			return dst, taskqueue.Permanent(err)
		}
		result, err := handle(ctx, text)
		if err != nil {
			return dst, err
		}
		return msgp.AppendString(dst, result), nil
	}}
}

func decode(data []byte) (string, error) {
	text, _, err := msgp.ReadStringBytes(data)
	return text, err
}

func future(c *taskqueue.Client, id taskqueue.ID) taskqueue.Future[string] {
	return taskqueue.NewFuture(c, id, decode)
}

// A fixture is a client of a store in memory that can be made to misbehave, in
// a bubble of testing/synctest.
type fixture struct {
	*testing.T
	*taskqueue.Client
	store *store
}

func bubble(t *testing.T, f func(f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		c, err := taskqueue.NewClient(s, taskqueue.ClientConfig{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			time.Sleep(24 * time.Hour) // abandoned handlers return
		})
		f(&fixture{t, c, s})
	})
}

// add enqueues a job that must get in.
func (f *fixture) add(j taskqueue.Job) taskqueue.ID {
	f.Helper()
	id, err := f.Enqueue(f.Context(), j)
	if err != nil {
		f.Fatal(err)
	}
	return id
}

// message is what the store has of a task.
func (f *fixture) message(id taskqueue.ID) *broker.Message {
	f.Helper()
	entry, err := f.Find(f.Context(), id)
	if err != nil {
		f.Fatal(err)
	}
	return entry.Message
}

// work runs a worker until the end of the test, or until stop is called.
func (f *fixture) work(config taskqueue.WorkerConfig) (w *taskqueue.Worker, stop func()) {
	f.Helper()
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	w, err := taskqueue.NewWorker(f.Client, config)
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			f.Errorf("Run: %v", err)
		}
	})
	f.Cleanup(stop)
	synctest.Wait()
	return w, stop
}

// tasks is a worker's config for notes that are handled so.
func tasks(handle func(ctx context.Context, text string) (string, error)) taskqueue.WorkerConfig {
	return taskqueue.WorkerConfig{Tasks: []taskqueue.Task{task(noteKind, handle)}}
}

// pass lets d go by, and whatever happens in it.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// A store counts calls and lets tests do something before them; an error is
// the call's.
type store struct {
	broker.Broker

	mu      sync.Mutex
	batches [][]broker.Message
	finds   int
	watches int // now
	enqueue func(ctx context.Context, messages []broker.Message) ([]broker.Receipt, error)
	find    func() error
	watch   func() error
	queues  func() error
	put     func(table string) error
	records func() error
	log     func() error
}

func (s *store) Append(ctx context.Context, name string, keep int, lines ...[]byte) error {
	s.mu.Lock()
	hook := s.log
	s.mu.Unlock()
	if hook != nil {
		if err := hook(); err != nil {
			return err
		}
	}
	return s.Broker.Append(ctx, name, keep, lines...)
}

func (s *store) Records(ctx context.Context, table string, names ...string) ([]broker.Record, error) {
	s.mu.Lock()
	hook := s.records
	s.mu.Unlock()
	if hook != nil {
		if err := hook(); err != nil {
			return nil, err
		}
	}
	return s.Broker.Records(ctx, table, names...)
}

func (s *store) Put(ctx context.Context, table string, r broker.Record) (uint64, error) {
	s.mu.Lock()
	hook := s.put
	s.mu.Unlock()
	if hook != nil {
		if err := hook(table); err != nil {
			return 0, err
		}
	}
	return s.Broker.Put(ctx, table, r)
}

func (s *store) Queues(ctx context.Context, names ...string) ([]broker.QueueInfo, error) {
	s.mu.Lock()
	hook := s.queues
	s.mu.Unlock()
	if hook != nil {
		if err := hook(); err != nil {
			return nil, err
		}
	}
	return s.Broker.Queues(ctx, names...)
}

func (s *store) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *store) Enqueue(ctx context.Context, messages []broker.Message) ([]broker.Receipt, error) {
	s.mu.Lock()
	s.batches = append(s.batches, append([]broker.Message(nil), messages...))
	hook := s.enqueue
	s.mu.Unlock()
	if hook != nil {
		if receipts, err := hook(ctx, messages); receipts != nil || err != nil {
			return receipts, err
		}
	}
	return s.Broker.Enqueue(ctx, messages)
}

// sizes are those of the batches that were sent.
func (s *store) sizes() (sizes []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.batches {
		sizes = append(sizes, len(b))
	}
	return sizes
}

func (s *store) Find(ctx context.Context, refs []broker.Ref) ([]broker.Entry, error) {
	s.mu.Lock()
	s.finds++
	hook := s.find
	s.mu.Unlock()
	if hook != nil {
		if err := hook(); err != nil {
			return nil, err
		}
	}
	return s.Broker.Find(ctx, refs)
}

func (s *store) Watch(ctx context.Context, queue string, ready func(), f func(broker.Event)) error {
	s.mu.Lock()
	s.watches++
	hook := s.watch
	s.mu.Unlock()
	defer s.set(func() { s.watches-- })
	if hook != nil {
		if err := hook(); err != nil {
			return err
		}
	}
	return s.Broker.Watch(ctx, queue, ready, f)
}

func (s *store) watching() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watches
}

func newStore() *store { return &store{Broker: membroker.New(membroker.Config{})} }

// soaking says that tests may take minutes.
func soaking() bool { return os.Getenv("TASKQUEUE_SOAK") == "1" }

var errBoom = errors.New("boom")

// empty encodes to nothing, or fails to encode.
type empty struct{ err error }

func (e empty) MarshalMsg(b []byte) ([]byte, error) { return b, e.err }

// lines is the text of a log.
type lines struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
