package scheduler

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqgen/taskqueue/internal/cron"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

// A fixture is a store in memory that notes what it takes, in a bubble of
// testing/synctest, which begins at 2000-01-01 in UTC, a Saturday.
type fixture struct {
	*testing.T
	broker.Broker
	log   *logbook
	ahead time.Duration // the store's clock is so much ahead of the bubble's

	mu     sync.Mutex
	taken  []taken
	calls  int
	sent   map[string]int                                   // messages of each schedule
	before func(ctx context.Context) error                  // what a call of the store returns, if not nil
	after  func(messages []broker.Message) []broker.Receipt // what is answered, though the messages are in
}

// A taken message is one that the store took for a tick.
type taken struct{ tick, at time.Time }

func bubble(t *testing.T, f func(x *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := &fixture{T: t, log: &logbook{}, sent: map[string]int{}}
		x.Broker = membroker.New(membroker.Config{Now: x.now})
		f(x)
	})
}

func (x *fixture) now() time.Time { return time.Now().Add(x.ahead) }

// fail makes calls fail, or not.
func (x *fixture) fail(before func(ctx context.Context) error, after func([]broker.Message) []broker.Receipt) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.before, x.after = before, after
}

func (x *fixture) enter(ctx context.Context) error {
	x.mu.Lock()
	x.calls++
	before := x.before
	x.mu.Unlock()
	if before != nil {
		return before(ctx)
	}
	return nil
}

func (x *fixture) Enqueue(ctx context.Context, messages []broker.Message) ([]broker.Receipt, error) {
	if err := x.enter(ctx); err != nil {
		return receipts(messages, err), nil
	}
	refused, err := x.Broker.Enqueue(ctx, messages)
	out := map[int]bool{}
	for _, r := range refused {
		out[r.Index] = true
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, m := range messages {
		x.sent[m.Once.Name]++
		if !m.Due.Equal(time.UnixMilli(m.Once.Seq)) {
			x.Errorf("tick %v is due at %v", m.Once, m.Due)
		}
		if !out[i] && err == nil {
			x.taken = append(x.taken, taken{m.Due.UTC(), x.now()})
		}
	}
	if x.after != nil {
		return x.after(messages), nil
	}
	return refused, err
}

func receipts(messages []broker.Message, err error) (list []broker.Receipt) {
	for i := range messages {
		list = append(list, broker.Receipt{Index: i, Err: fmt.Errorf("test: %w", err)})
	}
	return list
}

func (x *fixture) Cycle(ctx context.Context, c broker.Cycle) (broker.Grant, error) {
	if err := x.enter(ctx); err != nil {
		return broker.Grant{}, err
	}
	return x.Broker.Cycle(ctx, c)
}

func (x *fixture) Marks(ctx context.Context, queue string, names []string) ([]int64, error) {
	if err := x.enter(ctx); err != nil {
		return nil, err
	}
	return x.Broker.Marks(ctx, queue, names)
}

// ticks are those that were taken since the last call.
func (x *fixture) ticks() (list []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, t := range x.taken {
		list = append(list, t.tick.Format("01-02 15:04:05"))
	}
	x.taken = nil
	return list
}

// schedule makes a schedule of the queue "q" in a zone.
func (x *fixture) schedule(name, spec, zone string) Schedule {
	x.Helper()
	location, err := cron.Zone(zone)
	if err != nil {
		x.Fatal(err)
	}
	ticks, err := cron.Parse(spec, location)
	if err != nil {
		x.Fatal(err)
	}
	return Schedule{Name: name, Queue: "q", Ticks: ticks, Make: func(context.Context, time.Time) (broker.Message, error) { return message(), nil }}
}

func message() broker.Message {
	return broker.Message{ID: broker.NewID("q", time.Now()), Queue: "q", Kind: "k", Payload: []byte{1}, Max: 1}
}

// engine makes an engine with schedules.
func (x *fixture) engine(schedules ...Schedule) *Engine {
	x.Helper()
	e := New(Config{Store: x, Name: "test", Log: slog.New(slog.NewTextHandler(x.log, nil))})
	for _, s := range schedules {
		if err := e.Add(s); err != nil {
			x.Fatal(err)
		}
	}
	return e
}

// run lets engines work until the returned function is called.
func (x *fixture) run(engines ...*Engine) (stop func()) {
	x.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	for _, e := range engines {
		work.Go(func() {
			if err := e.Run(ctx); err != nil {
				x.Errorf("Run: %v", err)
			}
		})
	}
	synctest.Wait()
	stop = sync.OnceFunc(func() {
		cancel()
		work.Wait()
	})
	x.Cleanup(stop)
	return stop
}

// pass lets time go by, and whatever happens in it.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// A logbook is what was logged at level info and above.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// expect holds the lines since the last call against the messages that they
// should have, in that order.
func (x *fixture) expect(messages ...string) {
	x.Helper()
	x.log.mu.Lock()
	text := x.log.buf.String()
	x.log.buf.Reset()
	x.log.mu.Unlock()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if text == "" {
		lines = nil
	}
	good := len(lines) == len(messages)
	for i := 0; good && i < len(lines); i++ {
		good = strings.Contains(lines[i], messages[i])
	}
	if !good {
		x.Errorf("logged:\n%s\nwant lines with %q", text, messages)
	}
}
