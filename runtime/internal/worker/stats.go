package worker

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Counts are the ends of runs since the engine was made.
type Counts struct {
	Done, Failed, Retried, Dead, Discarded int64 // as settled
	Released                               int64 // given back without a failure
	Lost                                   int64 // runs whose lease was lost
	Unknown                                int64 // tasks without a handler here
	Panics, Timeouts                       int64
	Abandoned                              int64 // handlers that had not returned when the worker ended
}

// Claims count what came of asking for tasks.
type Claims struct {
	Asked    int64 // cycles that asked for tasks
	Vain     int64 // of those, that got none
	Granted  int64 // tasks
	Begun    int64 // of those, whose runs began
	Returned int64 // of those, given back as there was no slot for them after all
}

func (c *Claims) add(o *Claims) {
	c.Asked += o.Asked
	c.Vain += o.Vain
	c.Granted += o.Granted
	c.Begun += o.Begun
	c.Returned += o.Returned
}

// Stats are an engine's state at one instant.
type Stats struct {
	Counts
	Claims                  Claims
	Slots, Active, Buffered int
	Overdue                 int // handlers that have not returned though their time is up
	Prefetch                int
	RunTime                 time.Duration // of a run, averaged with more weight on the last ones
	Draining                bool
	Outage                  error             // why the store does not answer; nil: it does
	Queues                  map[string]Counts // by queue
}

// Stats returns a snapshot.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := Stats{
		Slots: e.slots, Active: len(e.active), Buffered: e.buffered, Prefetch: e.prefetch,
		RunTime: time.Duration(e.runTime), Draining: e.draining, Outage: e.outage(),
		Queues: make(map[string]Counts, len(e.queues)),
	}
	for _, r := range e.active {
		if r.overdue {
			s.Overdue++
		}
	}
	for _, q := range e.queues {
		s.Queues[q.name] = q.counts
		s.Counts.add(&q.counts)
		s.Claims.add(&q.claims)
	}
	return s
}

// A Running is a run whose handler has not returned.
type Running struct {
	Lease    *broker.Lease
	Started  time.Time
	Deadline time.Time // zero: none
	Overdue  bool
}

// Running lists the runs whose handlers have not returned, in no order.
func (e *Engine) Running() []Running {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]Running, len(e.active))
	for i, r := range e.active {
		all[i] = Running{Lease: r.Lease, Started: r.Started, Deadline: r.deadline, Overdue: r.overdue}
	}
	return all
}

// Active is the number of handlers that are running.
func (e *Engine) Active() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.active)
}

func (c *Counts) add(o *Counts) {
	c.Done += o.Done
	c.Retried += o.Retried
	c.Dead += o.Dead
	c.Discarded += o.Discarded
	c.Released += o.Released
	c.Failed += o.Failed
	c.Lost += o.Lost
	c.Panics += o.Panics
	c.Timeouts += o.Timeouts
	c.Unknown += o.Unknown
	c.Abandoned += o.Abandoned
}

// settled counts an outcome.
func (c *Counts) settled(o broker.Outcome) {
	switch o {
	case broker.Done:
		c.Done++
	case broker.Retry:
		c.Retried++
		c.Failed++
	case broker.Dead:
		c.Dead++
		c.Failed++
	case broker.Discard:
		c.Discarded++
	case broker.Release:
		c.Released++
	}
}

// outage is the error of the first queue whose cycles get no answer.
func (e *Engine) outage() error {
	for _, q := range e.queues {
		if q.outage != nil {
			return q.outage
		}
	}
	return nil
}
