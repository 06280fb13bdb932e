package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/internal/backoff"
)

// A fixture is an engine over a store in memory. Handlers are looked up by
// kind; each test works in a bubble of testing/synctest, where time is free.
type fixture struct {
	*testing.T
	store  *membroker.Broker
	faults *faults
	log    *logbook
	events *events // what OnFinish was told
	config Config
	engine *Engine
	cancel context.CancelFunc
	ended  chan error
}

// bubble runs f with a fixture in a bubble of its own, which ends only when
// every goroutine in it has.
func bubble(t *testing.T, f func(f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := &fixture{T: t, store: membroker.New(membroker.Config{}), log: &logbook{}, events: &events{}}
		x.faults = &faults{Store: x.store}
		x.config = Config{
			Store: x.faults, Kinds: map[string]*Kind{}, Queues: []Queue{{Name: "mail", Weight: 1}},
			Slots: 2, Lease: 12 * time.Second, Grace: 30 * time.Second, UnknownAge: 24 * time.Hour,
			MaxResult: 1 << 10, Name: "w", Log: slog.New(x.log), OnFinish: x.events.add,
		}
		t.Cleanup(func() { time.Sleep(24 * time.Hour) }) // abandoned handlers return
		f(x)
	})
}

// handle makes run the handler of a kind; what it returns is the result.
func (f *fixture) handle(kind string, run func(ctx context.Context, payload string) (string, error)) {
	f.config.Kinds[kind] = &Kind{
		Name: kind, Backoff: backoff.Policy{Base: time.Second, Max: time.Minute, Factor: 2},
		Run: func(ctx context.Context, payload, dst []byte) ([]byte, error) {
			result, err := run(ctx, string(payload))
			return append(dst, result...), err
		},
	}
}

// start makes the engine and runs it; the end of the test stops it.
func (f *fixture) start() {
	f.Helper()
	f.engine = New(f.config)
	f.run()
}

func (f *fixture) run() {
	f.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel, f.ended = cancel, make(chan error, 1)
	go func() { f.ended <- f.engine.Run(ctx) }()
	f.Cleanup(func() {
		if f.cancel != nil {
			f.stop()
		}
	})
	synctest.Wait()
}

// stop ends the engine and returns how long that took.
func (f *fixture) stop() time.Duration {
	f.Helper()
	began := time.Now()
	f.cancel()
	f.cancel = nil
	if err := <-f.ended; err != nil {
		f.Errorf("Run: %v", err)
	}
	return time.Since(began)
}

// another is a second worker of the same store, with no handlers yet.
func (f *fixture) another() *fixture {
	o := &fixture{T: f.T, store: f.store, faults: &faults{Store: f.store}, log: &logbook{}, events: &events{}, config: f.config}
	o.config.Store, o.config.Kinds, o.config.Name = o.faults, map[string]*Kind{}, f.config.Name+"2"
	o.config.Log, o.config.OnFinish = slog.New(o.log), o.events.add
	return o
}

type change func(*broker.Message)

// put enqueues a task of a kind for each payload.
func (f *fixture) put(queue, kind string, payloads []string, changes ...change) []broker.Ref {
	f.Helper()
	var messages []broker.Message
	var refs []broker.Ref
	for _, p := range payloads {
		m := broker.Message{
			ID: broker.NewID(queue, time.Now()), Queue: queue, Kind: kind, Max: 4,
			Retention: time.Hour, Payload: []byte(p),
		}
		for _, change := range changes {
			change(&m)
		}
		messages = append(messages, m)
		refs = append(refs, broker.Ref{Queue: queue, ID: m.ID})
	}
	if receipts, err := f.store.Enqueue(f.Context(), messages); err != nil || receipts != nil {
		f.Fatalf("enqueue: %v %v", receipts, err)
	}
	return refs
}

// one enqueues one task.
func (f *fixture) one(kind string, changes ...change) broker.Ref {
	f.Helper()
	return f.put("mail", kind, []string{"x"}, changes...)[0]
}

func (f *fixture) find(ref broker.Ref) broker.Entry {
	f.Helper()
	entries, err := f.store.Find(f.Context(), []broker.Ref{ref})
	if err != nil {
		f.Fatal(err)
	}
	return entries[0]
}

func (f *fixture) info(queue string) broker.QueueInfo {
	f.Helper()
	infos, err := f.store.Queues(f.Context(), queue)
	if err != nil {
		f.Fatal(err)
	}
	return infos[0]
}

// settled lets d go by, and whatever happens in it.
func (f *fixture) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// sleeper is a handler that takes as long as its payload says.
func sleeper(ctx context.Context, payload string) (string, error) {
	d, err := time.ParseDuration(payload)
	if err != nil {
		return "", err
	}
	time.Sleep(d)
	return "", nil
}

func times(n int, payload string) []string { return slices.Repeat([]string{payload}, n) }

var errLost = errors.New("reply lost")

// faults is a store between engine and store that can go wrong. Its hooks see
// each call; an error of theirs is the engine's answer: before the call
// happens, or after (a lost reply).
type faults struct {
	Store

	mu     sync.Mutex
	cycles []broker.Cycle
	before func(ctx context.Context, c broker.Cycle) error
	after  func(c broker.Cycle, g *broker.Grant) error
	wait   func(ctx context.Context, queues []string) error
}

func (s *faults) hooks() (before func(context.Context, broker.Cycle) error, after func(broker.Cycle, *broker.Grant) error, wait func(context.Context, []string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.before, s.after, s.wait
}

// set changes the hooks.
func (s *faults) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *faults) Cycle(ctx context.Context, c broker.Cycle) (broker.Grant, error) {
	s.mu.Lock()
	s.cycles = append(s.cycles, c)
	s.mu.Unlock()
	before, after, _ := s.hooks()
	if before != nil {
		if err := before(ctx, c); err != nil {
			return broker.Grant{}, err
		}
	}
	g, err := s.Store.Cycle(ctx, c)
	if after != nil && err == nil {
		if err := after(c, &g); err != nil {
			return broker.Grant{}, err
		}
	}
	return g, err
}

func (s *faults) Wait(ctx context.Context, queues []string) (string, error) {
	if _, _, wait := s.hooks(); wait != nil {
		if err := wait(ctx, queues); err != nil {
			return "", err
		}
	}
	return s.Store.Wait(ctx, queues)
}

// count is how many cycles there were.
func (s *faults) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.cycles)
}

// hang is what a store does that cannot be reached.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A logbook keeps the lines of a log: level, message and attributes.
type logbook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logbook) Enabled(context.Context, slog.Level) bool { return true }
func (l *logbook) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logbook) WithGroup(string) slog.Handler            { return l }

func (l *logbook) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	return nil
}

// grep returns the lines that contain text.
func (l *logbook) grep(text string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.lines), func(line string) bool { return !strings.Contains(line, text) })
}

// events remembers the ends of runs.
type events struct {
	mu   sync.Mutex
	list []Event
}

func (e *events) add(event *Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, *event)
}

func (e *events) all() []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}

// A tally counts what handlers do at once.
type tally struct {
	mu       sync.Mutex
	now, top int
	order    []string
}

// enter notes that a handler has begun; call what it returns at its end.
func (t *tally) enter(label string) (leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now++
	t.top = max(t.top, t.now)
	t.order = append(t.order, label)
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.now--
	}
}

func (t *tally) most() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.top
}

func (t *tally) begun() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.order)
}
