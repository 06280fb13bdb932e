package taskqueue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// ClientConfig adjusts a client. The zero value is what [Open] uses.
type ClientConfig struct {
	// Queues adds queues, or replaces the settings of the standard ones.
	Queues []QueueConfig

	// MaxPayloadBytes bounds an encoded task. Default 1 MiB, at most 16 MiB.
	MaxPayloadBytes int

	// Prepare changes each job before it is enqueued, one after the other.
	Prepare []Preparer

	// Backpressure holds producers back where a queue is full. Default: Enqueue
	// fails at once.
	Backpressure Backpressure

	// Observers are told of each job that is enqueued, one after the other.
	Observers []Observer
}

const defaultPayloadBytes = 1 << 20

// A Client enqueues tasks and reads their outcomes. It is safe for concurrent
// use; share one in a process.
type Client struct {
	broker     broker.Broker
	queues     QueueTable
	maxPayload int
	preparers  []Preparer
	observers  observers
	hold       Backpressure
	pressure   pressure

	local      bool     // the store lives in this process
	announcers sync.Map // *announcer → true: those of the workers that run

	ctx     context.Context // ends with Close
	stop    context.CancelFunc
	work    sync.WaitGroup // goroutines that Close waits for
	lanes   sync.Map       // queue name → *lane: where concurrent sends meet
	entries sync.Pool      // *entry

	watchMu sync.Mutex
	watches map[string]*watch // by queue, while somebody waits
	closed  bool              // guarded by watchMu
}

// NewClient makes a client of a store, which it closes in its Close. Most
// programs call [Open].
func NewClient(store broker.Broker, config ClientConfig) (*Client, error) {
	if store == nil {
		return nil, fmt.Errorf("%w: NewClient needs a store", ErrInvalid)
	}
	queues, err := NewQueueTable(config.Queues...)
	if n := config.MaxPayloadBytes; n < 0 || n > broker.MaxPayloadBytes {
		err = errors.Join(err, fmt.Errorf("%w: MaxPayloadBytes %d is outside 1 to %d", ErrInvalid, n, broker.MaxPayloadBytes))
	}
	if err = errors.Join(err, config.Backpressure.check()); err != nil {
		return nil, err
	}
	c := &Client{
		broker: store, queues: queues,
		maxPayload: cmp.Or(config.MaxPayloadBytes, defaultPayloadBytes),
		watches:    make(map[string]*watch),
		preparers:  slices.Clone(config.Prepare),
		observers:  slices.Clone(config.Observers),
		hold:       config.Backpressure.withDefaults(),
	}
	if l, ok := store.(interface{ Local() bool }); ok {
		c.local = l.Local()
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.entries.New = func() any { return new(entry) }
	return c, nil
}

// Close ends what the client has under way and closes its store. Calls that
// are waiting return ErrClosed; so do later ones. Closing twice is fine.
func (c *Client) Close() error {
	c.watchMu.Lock()
	again := c.closed
	c.closed = true
	c.watchMu.Unlock()
	if again {
		return nil
	}
	c.stop()
	err := c.broker.Close()
	c.work.Wait()
	return err
}

// start runs f in a goroutine that Close waits for, unless the client is
// closed already.
func (c *Client) start(f func()) bool {
	c.watchMu.Lock()
	defer c.watchMu.Unlock()
	if c.closed {
		return false
	}
	c.work.Go(f)
	return true
}

// QueueTable returns the queues that the client knows, with their settings.
func (c *Client) QueueTable() QueueTable { return c.queues }

// Enqueue adds a job to its queue and returns the task's id. Concurrent calls
// for one queue share round trips; a lone call waits for nobody.
//
// The error is ErrInvalid or ErrTooLarge for a bad job, a *DuplicateError if
// its unique key is held (the ID is then that of the task that is in), ErrFull
// or ErrUnavailable if nothing was done, or ErrUnknown if no answer came: the
// task may be in or not, and its ID is returned. To repeat safely, use WithID
// or Unique from the start. If ctx ends, the error wraps its cause, too.
func (c *Client) Enqueue(ctx context.Context, job Job) (ID, error) {
	if len(c.observers) > 0 {
		return c.observed(ctx, job)
	}
	return c.enqueue(ctx, job)
}

func (c *Client) enqueue(ctx context.Context, job Job) (ID, error) {
	e := c.entries.Get().(*entry)
	if err := c.prepare(ctx, &job, e); err != nil {
		c.recycle(e)
		return ID{}, err
	}
	if err := c.alive(ctx); err != nil {
		c.recycle(e)
		return ID{}, err
	}
	id := e.message().ID
	owned, existing, err := c.lane(e.message().Queue).send(ctx, e)
	if errors.Is(err, ErrFull) {
		owned, existing, err = c.held(ctx, e, owned, err)
	}
	if owned {
		c.recycle(e)
	}
	return accepted(id, existing, err)
}

// accepted is what Enqueue returns for a task that was sent.
func accepted(id, existing ID, err error) (ID, error) {
	switch {
	case err == nil || errors.Is(err, ErrUnknown):
		return id, err
	case errors.Is(err, ErrDuplicate):
		return existing, &DuplicateError{Existing: existing}
	}
	return ID{}, err
}

// alive reports why nothing should be sent, if so.
func (c *Client) alive(ctx context.Context) error {
	if c.ctx.Err() != nil {
		return ErrClosed
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
	}
	return nil
}

// prepare checks and encodes a job in the caller's goroutine.
func (c *Client) prepare(ctx context.Context, job *Job, e *entry) error {
	m := e.message()
	payload, err := c.fill(ctx, e.buffer[:0], job, m, time.Now())
	if err != nil {
		return err
	}
	e.buffer, m.Payload = payload, payload
	return m.Check()
}

// fill fills m from a job and appends its payload to buffer.
func (c *Client) fill(ctx context.Context, buffer []byte, job *Job, m *broker.Message, now time.Time) ([]byte, error) {
	if len(c.preparers) > 0 {
		prepared, err := c.prepared(ctx, *job)
		if err != nil {
			return nil, err
		}
		job = &prepared
	}
	if err := job.message(m, &c.queues, now); err != nil {
		return nil, err
	}
	return c.encode(job, buffer)
}

// encode appends the payload of a job to buffer and checks its size.
func (c *Client) encode(job *Job, buffer []byte) ([]byte, error) {
	before := len(buffer)
	buffer, err := job.payload.MarshalMsg(buffer)
	if err != nil {
		return nil, fmt.Errorf("%w: %s cannot be encoded: %w", ErrInvalid, job.kind.Name, err)
	}
	if n := len(buffer) - before; n > c.maxPayload {
		return nil, fmt.Errorf("%w: the payload of %s has %d bytes, at most %d are allowed (ClientConfig.MaxPayloadBytes); pass a reference to large data",
			ErrTooLarge, job.kind.Name, n, c.maxPayload)
	}
	return buffer, nil
}

// maxPooledBytes keeps rare large payloads from staying in the pool.
const maxPooledBytes = 64 << 10

func (c *Client) recycle(e *entry) {
	*e.message() = broker.Message{}
	if cap(e.buffer) > maxPooledBytes {
		e.buffer = nil
	}
	c.entries.Put(e)
}
