// Package scheduler enqueues tasks at the ticks of cron schedules. It knows the
// store's contract and functions, no types of tasks.
//
// Any number of engines may have the same schedules. Each of them sends each
// tick, and the store takes the first one only (broker.Once), so nobody needs
// to lead and nothing is lost while one engine lives. What was missed while
// none did is found by the mark that the last tick left in the store.
//
// The store's clock decides when a tick has come. An engine asks for it before
// it sends, unless it did so within a minute, and counts on from the answer
// with its own monotonic clock; so it does not matter what time its machine
// believes it is. A message is due at its tick by the store's clock, in any case.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/internal/cron"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Store is the part of a broker that a scheduler needs.
type Store interface {
	broker.Cycler
	broker.Records
	Enqueue(ctx context.Context, messages []broker.Message) ([]broker.Receipt, error)
	Marks(ctx context.Context, queue string, names []string) ([]int64, error)
}

// A Schedule is what happens at which ticks. The caller has checked it.
type Schedule struct {
	Name  string // of the ticks in the store; unique in an engine
	Queue string // where the messages go and the mark is kept
	Ticks *cron.Schedule

	// Missed is how many ticks are made up for that no engine has sent in
	// time: the newest ones. With 0 the newest is sent if it is no older than
	// a minute.
	Missed int

	// Make makes the message of a tick. Its Once and Due are filled in. After
	// an error the tick is left out.
	Make func(ctx context.Context, tick time.Time) (broker.Message, error)
}

// A Config says what an engine does. All fields are needed.
type Config struct {
	Store Store
	Name  string // of this process, as for a session
	Log   *slog.Logger
}

// A Tick is an instant at which a schedule runs.
type Tick struct {
	Name string
	At   time.Time // in the schedule's zone
}

const (
	punctual    = time.Minute      // a tick that is sent within it was not missed
	resync      = time.Minute      // an older answer about the store's clock is not trusted
	maxSleep    = 30 * time.Minute // machines sleep, too, and their clocks with them
	callTimeout = 10 * time.Second
)

// An Engine sends ticks while it runs. Its methods may be called at any time,
// concurrently.
type Engine struct {
	Config
	clock clock // Run's, but for its reading
	poked chan struct{}

	mu      sync.Mutex
	entries []*entry
}

// New makes an engine that sends nothing until Run.
func New(c Config) *Engine {
	return &Engine{Config: c, clock: clock{now: time.Now}, poked: make(chan struct{}, 1)}
}

// Add begins with a schedule. The error is ErrInvalid if there is one of that
// name.
func (e *Engine) Add(s Schedule) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.find(s.Name) >= 0 {
		return fmt.Errorf("%w: there is a schedule %q already", broker.ErrInvalid, s.Name)
	}
	e.entries = append(e.entries, &entry{Schedule: s})
	e.poke()
	return nil
}

// Remove ends a schedule and reports whether there was one of that name. A tick
// that is under way may still be sent.
func (e *Engine) Remove(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := e.find(name)
	if i < 0 {
		return false
	}
	e.entries = slices.Delete(e.entries, i, i+1)
	e.poke()
	return true
}

func (e *Engine) find(name string) int {
	return slices.IndexFunc(e.entries, func(x *entry) bool { return x.Name == name })
}

// poke tells Run that the schedules have changed.
func (e *Engine) poke() {
	select {
	case e.poked <- struct{}{}:
	default:
	}
}

// changed is what Run works on from now on; pokes of before are done with.
func (e *Engine) changed() []*entry {
	select {
	case <-e.poked:
	default:
	}
	return e.list()
}

// Next lists the next n ticks of all schedules together, in their order.
func (e *Engine) Next(n int) []Tick {
	now := e.clock.read()
	var all []Tick
	for _, x := range e.list() {
		at := now
		for range n {
			at = x.Ticks.Next(at)
			all = append(all, Tick{x.Name, at})
		}
	}
	slices.SortStableFunc(all, func(a, b Tick) int { return a.At.Compare(b.At) })
	return all[:min(n, len(all))]
}

func (e *Engine) list() []*entry {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.entries)
}

// Run sends ticks until ctx ends. The error is nil, unless the store was closed
// meanwhile. What the store does not take for now is tried again.
func (e *Engine) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var trouble outage
	for ctx.Err() == nil {
		wait, err := e.step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, broker.ErrClosed):
			return err
		}
		if pause := trouble.pause(e.Log, err); err != nil {
			wait = pause
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-e.poked:
		}
	}
	return nil
}

// step sends what is due and returns how long nothing is to do then.
func (e *Engine) step(ctx context.Context) (wait time.Duration, err error) {
	entries := e.changed()
	if len(entries) == 0 {
		return maxSleep, nil
	}
	if err := e.synchronize(ctx, entries[0].Queue); err != nil {
		return 0, err
	}
	if err := e.recall(ctx, entries); err != nil {
		return 0, err
	}
	if err := e.obey(ctx, entries); err != nil {
		return 0, err
	}
	if err := e.send(ctx, entries); err != nil {
		return 0, err
	}
	now := e.clock.read()
	wait = maxSleep
	for _, x := range entries {
		wait = min(wait, x.wake().Sub(now))
	}
	return wait, nil
}
