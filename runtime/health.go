package taskqueue

import (
	"context"
	"sync"
	"time"
)

// Counts are the ends of runs since a worker began, as the store accepted them.
type Counts struct {
	Done      int64 // finished
	Failed    int64 // runs that failed: Retried + Dead
	Retried   int64 // failed, to run again
	Dead      int64 // failed for good
	Discarded int64 // dropped by Discard
	Released  int64 // given back without a failure
	Lost      int64 // runs that counted for nothing, as their lease was lost
	Unknown   int64 // parked because no handler is known
	Panics    int64 // failures by panic
	Timeouts  int64 // failures by timeout
	Abandoned int64 // handlers that had not returned when Run did
}

// Claims count what came of asking the store for tasks: the decisions of the claim
// loop. A worker claims what it has slots for, so little is Returned.
type Claims struct {
	Asked    int64 // requests for tasks
	Vain     int64 // of those, that got none
	Granted  int64 // tasks
	Begun    int64 // of those, whose runs began
	Returned int64 // of those, given back as there was no slot for them after all
}

// Stats are a worker's state at one instant.
type Stats struct {
	Counts
	Claims   Claims
	Slots    int // handlers that may run at once
	Active   int // handlers that run
	Buffered int // tasks that wait for a slot in this process
	Overdue  int // handlers that have not returned although their time is up
	Prefetch int // how many tasks may wait in this process

	RunTime time.Duration     // of a run, averaged with more weight on the last ones
	Queues  map[string]Counts // by the name of the queue
}

// Stats returns a snapshot.
func (w *Worker) Stats() Stats {
	s := w.engine.Stats()
	stats := Stats{
		Counts: Counts(s.Counts), Claims: Claims(s.Claims), Slots: s.Slots, Active: s.Active, Buffered: s.Buffered,
		Overdue: s.Overdue, Prefetch: s.Prefetch, RunTime: s.RunTime,
		Queues: make(map[string]Counts, len(s.Queues)),
	}
	for name, counts := range s.Queues {
		stats.Queues[name] = Counts(counts)
	}
	return stats
}

// Health says whether a worker can do its work.
type Health struct {
	Running  bool          // Run was called and has not returned
	Draining bool          // its context has ended
	Store    error         // why the store does not answer; nil: it does
	Latency  time.Duration // of the store's answer
	Stuck    bool          // every slot is held by a handler whose time is up
	Stats    Stats
}

// OK reports whether the worker takes and runs tasks.
func (h Health) OK() bool { return h.Running && !h.Draining && h.Store == nil && !h.Stuck }

// Health asks the store for an answer and looks at the slots.
func (w *Worker) Health(ctx context.Context) Health {
	start := time.Now()
	_, err := w.client.Queues(ctx, w.queues[0])
	h := Health{Store: err, Latency: time.Since(start), Stats: w.Stats()}
	engine := w.engine.Stats()
	h.Running, h.Draining = w.state.running(), engine.Draining
	h.Stuck = h.Stats.Slots > 0 && h.Stats.Overdue >= h.Stats.Slots // a fleet may need no slots here
	if h.Store == nil {
		h.Store = engine.Outage
	}
	return h
}

// A runState knows whether Run was called and has returned.
type runState struct {
	mu           sync.Mutex
	begun, ended bool
}

func (s *runState) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := !s.begun
	s.begun = true
	return first
}

func (s *runState) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

func (s *runState) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun && !s.ended
}
