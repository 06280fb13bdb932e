// Package membroker is a broker in this process' memory. It is three things:
// the store behind mem:// (the embedded default), the store of tests, and the
// executable form of the contract in package broker, which property tests
// compare other stores with. So it is written to be read: state.go has the
// nouns, and each verb has its own file.
package membroker

import (
	"context"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Config configures a broker. The zero value is ready to use.
type Config struct {
	// Now is the store's clock. The default is time.Now. It must be safe for
	// concurrent use and should keep pace with real time between jumps, as
	// Wait sleeps in real time until something is due.
	Now func() time.Time
}

// A Broker keeps tasks in memory. It is safe for concurrent use and starts no
// goroutines. Tasks are gone with it.
type Broker struct {
	clock func() time.Time
	done  chan struct{} // closed by Close

	mu     sync.Mutex // guards all that follows, and what is in it
	closed bool
	queues map[string]*queue
	tables map[string]*table
	logs   map[string][][]byte // the oldest line first
}

var _ broker.Broker = (*Broker)(nil)

// New makes an empty broker.
func New(c Config) *Broker {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Broker{
		clock: c.Now, done: make(chan struct{}),
		queues: map[string]*queue{}, tables: map[string]*table{}, logs: map[string][][]byte{},
	}
}

// Local reports that the store lives in this process alone: what others would do
// only to hear of each other is left out.
func (b *Broker) Local() bool { return true }

// Close ends every Wait and Watch and lets go of all tasks. Closing again does
// nothing. It never fails.
func (b *Broker) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		b.queues, b.tables, b.logs = nil, nil, nil
		close(b.done)
	}
	return nil
}

// enter locks the broker for one step, unless there is a reason not to take it.
func (b *Broker) enter(ctx context.Context) error {
	b.mu.Lock()
	err := ctx.Err()
	if b.closed {
		err = broker.ErrClosed
	}
	if err != nil {
		b.mu.Unlock()
	}
	return err
}

func (b *Broker) now() time.Time { return b.clock().Truncate(time.Millisecond) }

// queue returns the named queue, which begins to exist with its first mention.
func (b *Broker) queue(name string) *queue {
	q := b.queues[name]
	if q == nil {
		q = newQueue(name)
		b.queues[name] = q
	}
	return q
}

// after is the instant that lies d after now.
func after(now time.Time, d time.Duration) time.Time {
	return now.Add(d.Truncate(time.Millisecond))
}
