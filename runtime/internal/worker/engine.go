package worker

import (
	"cmp"
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/stats"
)

// An Engine runs tasks. It runs once.
type Engine struct {
	Config

	base context.Context // of all runs: values, no end
	life context.Context // of all calls to the store; ends when Run is over
	kill context.CancelFunc

	mu        sync.Mutex
	work      sync.Cond // there is a run to take, or an executor to end; see wake
	asleep    int       // executors that wait for that
	waking    int       // of those that did, who have been told
	queues    []*queue
	active    []*Run // whose handlers have not returned
	split     splitter
	asks      []bool // scratch for split
	shares    []int
	slots     int
	memory    memory
	ceiling   int                      // of claimed and running tasks; see Ceiling
	pool      int                      // executors that live
	buffered  int                      // claimed, not begun
	gathering int                      // batches that wait for more tasks
	promised  int                      // capacity that fetchers may claim or are claiming
	prefetch  int                      // how much more than the slots may be claimed
	runTime   float64                  // nanoseconds of a run, averaged
	busy      time.Duration            // of runs that have ended
	skew      time.Duration            // the store's clock is ours and this
	suspects  int                      // held leases of tasks that may kill their worker
	suspector *queue                   // whose cycle under way may be granted a suspect
	unknown   map[broker.Shape]unknown // shapes without a handler here
	watchdog  watchdog
	deaths    []Death       // to tell of
	mourning  chan struct{} // closed when they are told; nil: there is none

	draining bool
	leaving  bool
	quiet    chan struct{} // closed when draining and no handler is left
	broken   chan error    // why the engine cannot go on; capacity 1
}

// ErrRanBefore is returned by a second Run.
var ErrRanBefore = errors.New("taskqueue: a worker runs once; make another one")

// New makes an engine that does nothing until Run.
func New(c Config) *Engine {
	e := &Engine{
		Config: c, slots: c.Slots, ceiling: math.MaxInt, memory: memory{room: cmp.Or(c.Room, math.MaxInt64)}, prefetch: max(c.Prefetch, 0),
		unknown: make(map[broker.Shape]unknown),
		quiet:   make(chan struct{}), broken: make(chan error, 1),
		asks: make([]bool, len(c.Queues)), shares: make([]int, len(c.Queues)),
	}
	e.work.L = &e.mu
	weights := make([]int, len(c.Queues))
	for i, q := range c.Queues {
		weights[i] = q.Weight
		e.queues = append(e.queues, newQueue(i, q.Name, c.Name))
		e.queues[i].idle = c.IdlePause
		if len(c.Tallies) > 0 {
			e.queues[i].waits = new(stats.Durations)
		}
	}
	e.split = newSplitter(c.Strict, weights)
	return e
}

// Run works until ctx ends, then drains: it returns within the grace and one
// second. The error is nil, unless the store was closed meanwhile.
func (e *Engine) Run(ctx context.Context) error {
	if !e.live(ctx) {
		return ErrRanBefore
	}
	defer e.kill()

	listening, deafen := context.WithCancel(e.life)
	defer deafen()
	var listeners, fetchers sync.WaitGroup
	e.begin()
	for _, q := range e.queues {
		listeners.Go(func() { e.listen(listening, q) })
		fetchers.Go(func() { e.fetch(q) })
	}

	grace, err := e.end(ctx)
	deafen()
	e.drain(grace)
	e.leave(&fetchers)
	listeners.Wait()
	return err
}

// live makes the engine's contexts, once.
func (e *Engine) live(ctx context.Context) (first bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.base != nil {
		return false
	}
	e.base = context.WithoutCancel(ctx)
	e.life, e.kill = context.WithCancel(e.base)
	return true
}

// end waits for a reason to stop, and says how much time there is for it.
func (e *Engine) end(ctx context.Context) (grace time.Duration, err error) {
	select {
	case <-ctx.Done():
		return e.Grace, nil
	case err := <-e.broken:
		return 0, err
	}
}

// begin opens the gates: every queue may have work.
func (e *Engine) begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watchdog.start(e.sweep)
	for _, q := range e.queues {
		q.ready = true
	}
	e.hire()
	e.distribute()
}

// Resize changes the number of slots; with 0 nothing is claimed. Running handlers
// go on.
func (e *Engine) Resize(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.slots = max(n, 0)
	e.adapt()
	if e.base == nil || e.draining {
		return
	}
	if e.slots == 0 {
		for _, q := range e.queues {
			e.withdraw(q)
			e.giveBack(q)
		}
	}
	e.hire()
	e.wakeAll()
	e.distribute()
}

// hire starts the executors that are missing; the caller holds mu.
func (e *Engine) hire() {
	for e.pool < e.slots {
		e.pool++
		go (&executor{engine: e}).work()
	}
}

// drain ends the engine's work: buffered leases go back at once, running
// handlers have until the end of the grace, then their contexts end, and those
// that still do not return are abandoned.
func (e *Engine) drain(grace time.Duration) {
	e.mu.Lock()
	e.draining = true
	for _, q := range e.queues {
		e.withdraw(q)
		e.giveBack(q)
		q.poke()
	}
	e.wakeAll()
	e.checkQuiet()
	e.mu.Unlock()
	if e.await(grace) {
		return
	}
	e.cancelAll(shutDown)
	if !e.await(cancelGrace) {
		e.abandon()
	}
}

// await waits until no handler is left.
func (e *Engine) await(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-e.quiet:
		return true
	case <-timer.C:
		return false
	}
}

// checkQuiet tells drain that the last handler has returned, and all deaths are told
// of; the caller holds mu.
func (e *Engine) checkQuiet() {
	if !e.draining || len(e.active) > 0 || e.mourning != nil {
		return
	}
	select {
	case <-e.quiet:
	default:
		close(e.quiet)
	}
}

func (e *Engine) cancelAll(end *ending) {
	e.mu.Lock()
	runs := append([]*Run(nil), e.active...)
	e.mu.Unlock()
	for _, r := range runs {
		r.cancel(end)
	}
}

// abandon gives back the leases of handlers that do not return.
func (e *Engine) abandon() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.active {
		r.abandoned = true
		r.queue.counts.Abandoned++
		e.Log.Error("task abandoned: its handler did not return at shutdown", r.attrs()...)
		for part := range r.parts {
			if r.epoch == r.queue.epoch {
				e.settle(r.queue, broker.Settle{Lease: part.Lease, Outcome: broker.Release})
			}
		}
	}
	e.active = nil
}

// leave ends the sessions, as far as the store answers in time, and the
// executors.
func (e *Engine) leave(fetchers *sync.WaitGroup) {
	e.mu.Lock()
	e.leaving = true
	for _, q := range e.queues {
		q.poke()
	}
	e.watchdog.stop()
	e.mu.Unlock()
	timer := time.AfterFunc(leaveTimeout, e.kill)
	defer timer.Stop()
	fetchers.Wait()
	e.mourned()
}
