package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
	"github.com/tqgen/taskqueue/runtime/internal/stats"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

var errCut = errors.New("the line is cut")

// A line is between a process and the store. It can be cut, and tables or logs
// behind it can be broken.
type line struct {
	*membroker.Broker
	counts func() []broker.QueueInfo

	mu     sync.Mutex
	cut    bool
	frozen string // a table whose plan cannot be written
}

func (l *line) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

func (l *line) down() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return errCut
	}
	return nil
}

func (l *line) Put(ctx context.Context, table string, r broker.Record) (uint64, error) {
	if err := l.down(); err != nil {
		return 0, err
	}
	l.mu.Lock()
	frozen := l.frozen
	l.mu.Unlock()
	if table == frozen && r.Name == planRow {
		return 0, broker.ErrFull
	}
	return l.Broker.Put(ctx, table, r)
}

func (l *line) Remove(ctx context.Context, table, name string, version uint64) error {
	if err := l.down(); err != nil {
		return err
	}
	return l.Broker.Remove(ctx, table, name, version)
}

func (l *line) Records(ctx context.Context, table string, names ...string) ([]broker.Record, error) {
	if err := l.down(); err != nil {
		return nil, err
	}
	return l.Broker.Records(ctx, table, names...)
}

func (l *line) Append(ctx context.Context, log string, keep int, lines ...[]byte) error {
	if err := l.down(); err != nil {
		return err
	}
	return l.Broker.Append(ctx, log, keep, lines...)
}

func (l *line) Queues(context.Context, ...string) ([]broker.QueueInfo, error) {
	return l.counts(), l.down()
}

// slots is an engine that does nothing but have slots.
type slots struct {
	mu     sync.Mutex
	n      int
	limits []int
	at     time.Time // when it was told limits, as with each plan
}

func (s *slots) Resize(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n = n
}

func (s *slots) Cap(limits []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits, s.at = slices.Clone(limits), time.Now()
}

func (*slots) Ceiling(int) {}
func (*slots) Room(int64)  {}

func (s *slots) Sample(into *worker.Sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*into = worker.Sample{
		Slots: s.n, Buffered: make([]int, 1), Waits: make([]stats.Durations, 1),
		Tallies: []worker.Tally{{Started: make([]worker.Starts, 1)}},
	}
}

func (s *slots) told() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *slots) workers(each int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n / each
}

// A member of the fleet under test.
type member struct {
	*Process
	line   *line
	engine *slots
	kill   func() // without a word
	stop   func()
	ended  chan struct{}
	back   time.Time // when its line was whole again
	mu     sync.Mutex
	seen   []autoscaler.Decision
}

func (m *member) last() (d autoscaler.Decision) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.seen) > 0 {
		d = m.seen[len(m.seen)-1]
	}
	return d
}

// A world is a fleet on one store, and how much waits in its queue.
type world struct {
	*testing.T
	store      *membroker.Broker
	controller autoscaler.Config
	members    []*member

	note func() string // where it is

	mu        sync.Mutex
	pending   int64
	scheduled int64
}

// bubble runs f with a fleet of 2 to 12 workers, in a bubble of testing/synctest.
func bubble(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, note: func() string { return "" }, store: membroker.New(membroker.Config{}), controller: autoscaler.DefaultConfig()}
		w.controller.MinWorkers, w.controller.MaxWorkers = 2, 12
		t.Cleanup(func() {
			for _, m := range w.members {
				m.stop()
			}
			if err := w.store.Close(); err != nil {
				t.Error(err)
			}
		})
		f(w)
	})
}

const (
	workerSlots = 5
	queueName   = "mail"
)

func (w *world) counts() []broker.QueueInfo {
	w.mu.Lock()
	defer w.mu.Unlock()
	return []broker.QueueInfo{{Queue: queueName, Pending: w.pending, Scheduled: w.scheduled}}
}

// load sets how many tasks wait: of one second each, as nothing else is known.
func (w *world) load(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = n
}

// join starts a process; changes may be made to its config.
func (w *world) join(changes ...func(*Config)) *member {
	w.Helper()
	m := &member{line: &line{Broker: w.store, counts: w.counts}, engine: &slots{}}
	c := Config{
		Store: m.line, Engine: m.engine, Fleet: "f", Name: fmt.Sprintf("p%d", len(w.members)),
		Controller: w.controller, Capacity: w.controller.MaxWorkers, Initial: w.controller.MinWorkers, Slots: workerSlots,
		Queues: []measure.Queue{{Name: queueName, Weight: 1}}, Served: []string{queueName}, Kinds: []string{"test.Mail"},
		Log: slog.New(slog.DiscardHandler),
		Decided: func(d autoscaler.Decision) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.seen = append(m.seen, d)
		},
	}
	for _, change := range changes {
		change(&c)
	}
	m.Process = New(c)
	ctx, cancel := context.WithCancel(context.Background())
	m.ended = make(chan struct{})
	go func() {
		defer close(m.ended)
		m.Run(ctx)
	}()
	m.stop = sync.OnceFunc(func() {
		cancel()
		<-m.ended
		m.engine.Resize(0)
	})
	m.kill = func() {
		m.line.set(func() { m.line.cut = true })
		m.stop()
	}
	w.members = append(w.members, m)
	synctest.Wait()
	return m
}

// sizes are the workers of all members that have not ended.
func (w *world) sizes() (sizes []int) {
	for _, m := range w.members {
		sizes = append(sizes, m.engine.workers(workerSlots))
	}
	return sizes
}

// cut cuts the line of a process, or makes it whole.
func (m *member) cut(off bool) {
	m.line.set(func() { m.line.cut = off })
	m.back = time.Now()
}

// reaches says that the process runs, and has looked since its line was cut.
func (m *member) reaches() bool {
	select {
	case <-m.ended:
		return false
	default:
		return m.line.down() == nil && (m.back.IsZero() || m.engine.told().After(m.back))
	}
}

// record is a row.
func record(name, data string) broker.Record {
	return broker.Record{Name: name, Data: []byte(data), If: broker.Any}
}

// margin is what a controller has learned of waits.
func (w *world) margin(c *autoscaler.Controller) (m struct {
	Memory struct {
		Margin struct{ Phi, Pressure float64 }
	}
}) {
	w.Helper()
	text, err := json.Marshal(c.State())
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil || m.Memory.Margin.Pressure == 0 {
		w.Fatalf("%+v %v", m, err)
	}
	return m
}

// pass lets time go by. At every moment there are at most max_workers, not
// counting processes that are cut off. It returns how many there were in the end.
func (w *world) pass(d time.Duration) (total int) {
	w.Helper()
	step := 100 * time.Millisecond
	if d > time.Minute {
		step = time.Second
	}
	for range d / step {
		time.Sleep(step)
		synctest.Wait()
		if total = w.reachable(); total > w.controller.MaxWorkers {
			w.Errorf("%s%v workers, at most %d are allowed", w.note(), w.sizes(), w.controller.MaxWorkers)
		}
	}
	return total
}

func (w *world) reachable() (total int) {
	for _, m := range w.members {
		if m.reaches() {
			total += m.engine.workers(workerSlots)
		}
	}
	return total
}

// leader is the process that leads.
func (w *world) leader() *member {
	w.Helper()
	v, err := (&Book{Store: w.store, Fleet: "f"}).Read(w.Context())
	if err != nil || v.Plan == nil {
		w.Fatalf("no plan: %+v %v", v, err)
	}
	for _, m := range w.members {
		if m.Name == v.Plan.Leader {
			return m
		}
	}
	w.Fatalf("%s leads, and is not here", v.Plan.Leader)
	return nil
}

// follower is one that does not.
func (w *world) follower() *member {
	w.Helper()
	leader := w.leader()
	for _, m := range w.members {
		if m != leader {
			return m
		}
	}
	w.Fatal("there is only a leader")
	return nil
}
