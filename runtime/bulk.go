package taskqueue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A BulkError says which jobs of an EnqueueAll were not accepted, and why. All
// others are in.
type BulkError struct {
	Errors map[int]error // by the job's index
	Total  int           // jobs in the call
}

// Error implements error. It names the first few jobs.
func (e *BulkError) Error() string {
	const shown = 3
	text := fmt.Sprintf("taskqueue: %d of %d jobs were not enqueued", len(e.Errors), e.Total)
	for i, index := range slices.Sorted(maps.Keys(e.Errors)) {
		if i == shown {
			return text + "; …"
		}
		text += fmt.Sprintf("; job %d: %v", index, e.Errors[index])
	}
	return text
}

// Unwrap returns the errors in the order of the jobs, so that errors.Is and
// errors.As look into them.
func (e *BulkError) Unwrap() []error {
	errs := make([]error, 0, len(e.Errors))
	for _, index := range slices.Sorted(maps.Keys(e.Errors)) {
		errs = append(errs, e.Errors[index])
	}
	return errs
}

// EnqueueAll adds jobs, in their order, in as few round trips as possible: up
// to 1,000 jobs or 8 MiB for one queue go in at once, all or none. It returns
// the id of each job; with an error, see [Client.Enqueue].
//
// All jobs are checked first: if one is bad, none is sent. The error is a
// *BulkError that holds one error for each bad job or each job that is not in,
// or a plain one (ErrClosed, ErrUnavailable) if nothing was done at all.
func (c *Client) EnqueueAll(ctx context.Context, jobs ...Job) ([]ID, error) {
	if len(jobs) == 0 {
		return nil, nil
	}
	if len(c.observers) == 0 {
		return c.enqueueAll(ctx, jobs)
	}
	ctx, done := c.observers.begin(ctx, jobs)
	ids, err := c.enqueueAll(ctx, jobs)
	done(ids, err)
	return ids, err
}

func (c *Client) enqueueAll(ctx context.Context, jobs []Job) ([]ID, error) {
	messages, err := c.prepareAll(ctx, jobs)
	if err != nil {
		return nil, err
	}
	if err := c.alive(ctx); err != nil {
		return nil, err
	}
	c.note(messages)
	receipts, err := c.broker.Enqueue(ctx, messages)
	if err != nil {
		return nil, c.undone(ctx, err)
	}
	return collect(ctx, messages, receipts)
}

// prepareAll encodes the jobs into one buffer.
func (c *Client) prepareAll(ctx context.Context, jobs []Job) ([]broker.Message, error) {
	var (
		messages = make([]broker.Message, len(jobs))
		ends     = make([]int, len(jobs))
		bad      = &BulkError{Errors: map[int]error{}, Total: len(jobs)}
		now      = time.Now()
		buffer   []byte
	)
	for i := range jobs {
		b, err := c.fill(ctx, buffer, &jobs[i], &messages[i], now)
		if err != nil {
			bad.Errors[i] = err
		} else {
			buffer = b
		}
		ends[i] = len(buffer)
	}
	start := 0
	for i, end := range ends {
		messages[i].Payload = buffer[start:end:end]
		start = end
	}
	bad.check(messages)
	if len(bad.Errors) > 0 {
		return nil, bad
	}
	return messages, nil
}

// check adds what is wrong with messages that were fine so far.
func (e *BulkError) check(messages []broker.Message) {
	for i := range messages {
		if e.Errors[i] != nil {
			continue
		}
		if err := messages[i].Check(); err != nil {
			e.Errors[i] = err
		}
	}
}

// note remembers the queues of messages, for Future.
func (c *Client) note(messages []broker.Message) {
	last := ""
	for i := range messages {
		if q := messages[i].Queue; q != last {
			c.lane(q)
			last = q
		}
	}
}

// collect turns receipts into ids and a BulkError.
func collect(ctx context.Context, messages []broker.Message, receipts []broker.Receipt) ([]ID, error) {
	ids := make([]ID, len(messages))
	for i := range messages {
		ids[i] = messages[i].ID
	}
	bad := &BulkError{Errors: map[int]error{}, Total: len(messages)}
	for _, r := range receipts {
		id, err := accepted(ids[r.Index], r.Existing, withCause(ctx, r.Err))
		ids[r.Index] = id
		bad.Errors[r.Index] = err
	}
	if len(bad.Errors) > 0 {
		return ids, bad
	}
	return ids, nil
}
