package tqtest

import (
	"context"
	"sync"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A store is a store in memory that tells when something has moved, and that has
// the faults that a test asks for.
type store struct {
	broker.Broker

	mu     sync.Mutex    // guards all that follows
	moved  chan struct{} // closed and renewed when something may have changed
	faults []fault
}

// Local is that of the store in memory: see membroker.
func (s *store) Local() bool { return true }

// A fault is what becomes of one send.
type fault struct {
	err  error
	lost bool // the messages are in, and only the reply is lost
}

// Enqueue adds messages, unless there is a fault.
func (s *store) Enqueue(ctx context.Context, messages []broker.Message) ([]broker.Receipt, error) {
	f, faulty := s.fault()
	if faulty && !f.lost {
		return receipts(len(messages), f.err), nil
	}
	found, err := s.Broker.Enqueue(ctx, messages)
	s.move()
	if faulty && err == nil {
		return receipts(len(messages), f.err), nil
	}
	return found, err
}

// Cycle is the store's.
func (s *store) Cycle(ctx context.Context, c broker.Cycle) (broker.Grant, error) {
	g, err := s.Broker.Cycle(ctx, c)
	if len(c.Settle) > 0 {
		s.move()
	}
	return g, err
}

// fault takes the next fault, if there is one.
func (s *store) fault() (f fault, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) == 0 {
		return f, false
	}
	f, s.faults = s.faults[0], s.faults[1:]
	return f, true
}

// move wakes everybody who waits for a change.
func (s *store) move() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.moved)
	s.moved = make(chan struct{})
}

// change is closed with the next change.
func (s *store) change() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.moved
}

// receipts tell that none of n messages is known to be in.
func receipts(n int, err error) []broker.Receipt {
	all := make([]broker.Receipt, n)
	for i := range all {
		all[i] = broker.Receipt{Index: i, Err: err}
	}
	return all
}
