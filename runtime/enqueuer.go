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

// EnqueuerConfig adjusts an Enqueuer. The zero value is fine.
type EnqueuerConfig struct {
	// Buffer is how many jobs may wait to be sent. Default 10,000; at most
	// 1,000,000.
	Buffer int

	// Refuse lets Enqueue fail with ErrFull while the buffer is full. Otherwise it
	// waits for room, until its context ends.
	Refuse bool

	// Linger is how long the first job of a batch waits for others: 0 to 1m.
	// Default 0: what comes while a batch is under way is the next one.
	Linger time.Duration

	// Drain is how long Run goes on sending after its context has ended. Default
	// 10s; at most 5m.
	Drain time.Duration

	// Failed is told of each job that is not in, or may not be, one after the
	// other, with an error of [Client.Enqueue]. Without it nobody is.
	Failed func(job Job, id ID, err error)
}

const (
	defaultBuffer = 10_000
	maxBuffer     = 1_000_000
	defaultDrain  = 10 * time.Second
	maxDrain      = 5 * time.Minute
)

// An Enqueuer adds jobs to their queues behind the caller's back: many of them in
// one round trip, in their order. While the store cannot be reached it keeps what it
// has. It is safe for concurrent use.
type Enqueuer struct {
	client *Client
	config EnqueuerConfig
	state  runState

	mu      sync.Mutex
	waiting []parcel
	room    chan struct{} // closed when there is room, and made anew when there is not
	wake    chan struct{} // there is something to send; capacity 1
	closed  bool
	sent    int64
	failed  int64
}

// A parcel is a job that is on its way.
type parcel struct {
	job     Job
	message broker.Message
}

// NewEnqueuer makes an enqueuer, which sends once it runs. The error is ErrInvalid.
func NewEnqueuer(c *Client, config EnqueuerConfig) (*Enqueuer, error) {
	config.Buffer, config.Drain = cmp.Or(config.Buffer, defaultBuffer), cmp.Or(config.Drain, defaultDrain)
	switch {
	case c == nil:
		return nil, fmt.Errorf("%w: NewEnqueuer needs a client; see Open", ErrInvalid)
	case config.Buffer < 1 || config.Buffer > maxBuffer:
		return nil, fmt.Errorf("%w: EnqueuerConfig: Buffer %d is outside 1 to %d", ErrInvalid, config.Buffer, maxBuffer)
	case config.Linger < 0 || config.Linger > maxLinger:
		return nil, fmt.Errorf("%w: EnqueuerConfig: Linger %v is outside 0 to %v", ErrInvalid, config.Linger, maxLinger)
	case config.Drain < 0 || config.Drain > maxDrain:
		return nil, fmt.Errorf("%w: EnqueuerConfig: Drain %v is outside 0 to %v", ErrInvalid, config.Drain, maxDrain)
	}
	return &Enqueuer{client: c, config: config, wake: make(chan struct{}, 1)}, nil
}

// Enqueue checks a job, encodes it and returns the id that its task will have. It
// does not wait for the store, also before Run. The error is ErrInvalid or
// ErrTooLarge for a bad job, ErrFull or the cause of ctx if there is no room,
// ErrClosed once the context of Run has ended.
func (e *Enqueuer) Enqueue(ctx context.Context, job Job) (ID, error) {
	p := parcel{job: job}
	payload, err := e.client.fill(ctx, nil, &job, &p.message, time.Now())
	if err != nil {
		return ID{}, err
	}
	p.message.Payload = payload
	if err := p.message.Check(); err != nil {
		return ID{}, err
	}
	for {
		room, err := e.add(p)
		switch {
		case err != nil:
			return ID{}, err
		case room == nil:
			e.client.lane(p.message.Queue)
			return p.message.ID, nil
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ID{}, fmt.Errorf("%w: the buffer of the enqueuer: %w", ErrFull, context.Cause(ctx))
		}
	}
}

// add buffers a parcel; room says when to try again, nil: it is in.
func (e *Enqueuer) add(p parcel) (room <-chan struct{}, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return nil, ErrClosed
	case len(e.waiting) < e.config.Buffer:
		e.waiting = append(e.waiting, p)
		e.poke()
		return nil, nil //nolint:nilnil // no room is needed
	case e.config.Refuse:
		return nil, fmt.Errorf("%w: %d jobs wait in the buffer of the enqueuer", ErrFull, len(e.waiting))
	case e.room == nil:
		e.room = make(chan struct{})
	}
	return e.room, nil
}

func (e *Enqueuer) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// EnqueuerStats are an enqueuer's state at one instant.
type EnqueuerStats struct {
	Waiting int   // jobs in the buffer, those under way included
	Sent    int64 // that are in
	Failed  int64 // of which Failed was told
}

// Stats returns a snapshot.
func (e *Enqueuer) Stats() EnqueuerStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	return EnqueuerStats{len(e.waiting), e.sent, e.failed}
}

// Run sends until ctx ends; then it takes nothing more and sends what it has, for as
// long as Drain. The error is ErrClosed if the client was closed under it, and nil
// otherwise: Failed is told of what could not be sent. It runs once.
func (e *Enqueuer) Run(ctx context.Context) error {
	if !e.state.begin() {
		return errors.New("taskqueue: an enqueuer runs once; make another one")
	}
	defer e.state.end()
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(e.config.Drain, stop) })()
	for e.rest(ctx) {
		e.send(sending)
	}
	e.shut()
	for sending.Err() == nil && e.client.ctx.Err() == nil && e.Stats().Waiting > 0 {
		e.send(sending)
	}
	e.giveUp()
	if e.client.ctx.Err() != nil {
		return ErrClosed
	}
	return nil
}

// shut takes nothing more.
func (e *Enqueuer) shut() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.freeRoom()
}

// rest waits for something to send; false: it is over.
func (e *Enqueuer) rest(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-e.client.ctx.Done():
		return false
	case <-e.wake:
	}
	if e.config.Linger > 0 && e.Stats().Waiting < broker.MaxBatch {
		pause(ctx, e.client.ctx, e.config.Linger)
	}
	return true
}

// send sends a batch; those of it that the store was not there for again and again,
// until ctx ends.
func (e *Enqueuer) send(ctx context.Context) {
	batch, messages := e.batch()
	left := make([]int, len(messages)) // indexes in the batch
	for i := range left {
		left[i] = i
	}
	outcomes := make([]outcomeOf, len(batch))
	for tries := 1; len(left) > 0; tries++ {
		receipts, err := e.client.broker.Enqueue(ctx, messages)
		again := e.note(outcomes, left, receipts, err)
		if len(again) == 0 || ctx.Err() != nil || e.client.ctx.Err() != nil {
			break
		}
		messages, left = pick(messages, left, again), again
		pause(ctx, e.client.ctx, min(time.Duration(tries)*50*time.Millisecond, time.Second))
	}
	e.settle(batch, outcomes)
}

// An outcomeOf a job is its error, and the task that is in instead, if so.
type outcomeOf struct {
	existing ID
	err      error
}

// note takes the answer about the jobs at the indexes left, and returns those that
// nothing was done for.
func (e *Enqueuer) note(outcomes []outcomeOf, left []int, receipts []broker.Receipt, err error) (again []int) {
	for _, i := range left {
		outcomes[i] = outcomeOf{err: e.client.undone(context.Background(), err)}
	}
	for _, r := range receipts {
		outcomes[left[r.Index]] = outcomeOf{r.Existing, r.Err}
	}
	for _, i := range left {
		if errors.Is(outcomes[i].err, ErrUnavailable) {
			again = append(again, i)
		}
	}
	return again
}

// pick is those of the messages at the indexes left that are to be sent again.
func pick(messages []broker.Message, left, again []int) (some []broker.Message) {
	for i, index := range left {
		if slices.Contains(again, index) {
			some = append(some, messages[i])
		}
	}
	return some
}

// batch is what goes at once: the first jobs that wait. They keep their room.
func (e *Enqueuer) batch() (batch []parcel, messages []broker.Message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	bytes := 0
	for i := range e.waiting {
		bytes += len(e.waiting[i].message.Payload)
		if i == broker.MaxBatch || i > 0 && bytes > broker.MaxBatchBytes {
			break
		}
		messages = append(messages, e.waiting[i].message)
	}
	return e.waiting[:len(messages):len(messages)], messages
}

// settle forgets a batch and tells of what is not in.
func (e *Enqueuer) settle(batch []parcel, outcomes []outcomeOf) {
	failed := 0
	for i, o := range outcomes {
		if o.err == nil {
			continue
		}
		failed++
		if e.config.Failed != nil {
			id, err := accepted(batch[i].message.ID, o.existing, o.err)
			e.config.Failed(batch[i].job, id, err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent += int64(len(batch) - failed)
	e.failed += int64(failed)
	clear(batch)
	e.waiting = e.waiting[len(batch):]
	if len(e.waiting) > 0 {
		e.poke()
	}
	e.freeRoom()
}

func (e *Enqueuer) freeRoom() {
	if e.room != nil {
		close(e.room)
		e.room = nil
	}
}

// giveUp tells of all that could not be sent.
func (e *Enqueuer) giveUp() {
	err := fmt.Errorf("%w: not sent before the enqueuer ended", ErrUnavailable)
	if e.client.ctx.Err() != nil {
		err = ErrClosed
	}
	for {
		batch, _ := e.batch()
		if len(batch) == 0 {
			return
		}
		e.settle(batch, slices.Repeat([]outcomeOf{{err: err}}, len(batch)))
	}
}
