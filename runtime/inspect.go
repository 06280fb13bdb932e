package taskqueue

import (
	"context"
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// QueueInfo counts the tasks of a queue. See [broker.QueueInfo].
type QueueInfo = broker.QueueInfo

// An Entry is what the store knows of a task. See [broker.Entry].
type Entry = broker.Entry

// A State is where a task is. See [broker.State].
type State = broker.State

// The states of tasks.
const (
	Pending        = broker.Pending   // waits for a worker
	Scheduled      = broker.Scheduled // waits for its time
	Parked         = broker.Parked    // waits for a worker that knows its kind
	Active         = broker.Active    // runs
	StateDone      = broker.StateDone
	StateDead      = broker.StateDead // a dead letter
	StateDiscarded = broker.StateDiscarded
)

// A ListQuery asks for tasks in one state. See [broker.ListQuery].
type ListQuery = broker.ListQuery

// A Page is part of a list. See [broker.Page].
type Page = broker.Page

// Queues counts the tasks of the named queues, or of all that the store knows,
// sorted by name.
func (c *Client) Queues(ctx context.Context, names ...string) ([]QueueInfo, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	return c.broker.Queues(ctx, names...)
}

// Find reports where a task is. The error is ErrNotFound if the store does not
// have it (any more). In a queue with more than 10,000 pending tasks one that
// is far from its turn may not be found.
func (c *Client) Find(ctx context.Context, id ID) (Entry, error) {
	entry, err := c.locate(ctx, id)
	if err == nil && entry.State == broker.StateUnknown {
		err = fmt.Errorf("%w: %v", ErrNotFound, id)
	}
	return entry, err
}

// DeadLetters lists dead tasks of a queue with their payloads and failures,
// the newest first: at most limit, 1 to 1000.
func (c *Client) DeadLetters(ctx context.Context, queue string, limit int) ([]Entry, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	page, err := c.broker.List(ctx, broker.ListQuery{Queue: queue, State: broker.StateDead, Limit: limit})
	return page.Entries, err
}

// List returns a page of a queue's tasks that are pending, scheduled or dead: the
// next to run first, and of the dead the newest.
func (c *Client) List(ctx context.Context, q ListQuery) (Page, error) {
	if c.ctx.Err() != nil {
		return Page{}, ErrClosed
	}
	page, err := c.broker.List(ctx, q)
	return page, withCause(ctx, err)
}

// locate is find for callers that may have closed the client.
func (c *Client) locate(ctx context.Context, id ID) (Entry, error) {
	if c.ctx.Err() != nil {
		return Entry{}, ErrClosed
	}
	return c.find(ctx, id)
}

// find looks for a task in each queue that its id may belong to.
func (c *Client) find(ctx context.Context, id ID) (Entry, error) {
	queues, err := c.queuesOf(ctx, id)
	if err != nil || len(queues) == 0 {
		return Entry{Ref: broker.Ref{ID: id}}, err
	}
	refs := make([]broker.Ref, len(queues))
	for i, q := range queues {
		refs[i] = broker.Ref{Queue: q, ID: id}
	}
	entries, err := c.broker.Find(ctx, refs)
	if err != nil {
		return Entry{Ref: refs[0]}, err
	}
	for _, e := range entries {
		if e.State != broker.StateUnknown {
			return e, nil
		}
	}
	return entries[0], nil
}

// queuesOf returns the queues that the id may belong to: nearly always one. It
// asks the store only about an id of a queue that this client never used.
func (c *Client) queuesOf(ctx context.Context, id ID) ([]string, error) {
	found := c.knownQueuesOf(id)
	if len(found) > 0 {
		return found, nil
	}
	infos, err := c.broker.Queues(ctx)
	for _, q := range infos {
		if id.Of(q.Queue) {
			found = append(found, q.Queue)
		}
	}
	return found, err
}

// knownQueuesOf returns those of the client's queues that the id may belong to.
func (c *Client) knownQueuesOf(id ID) (found []string) {
	for _, q := range c.queues.order {
		if id.Of(q.Name) {
			found = append(found, q.Name)
		}
	}
	c.lanes.Range(func(key, _ any) bool {
		if _, listed := c.queues.byName[key.(string)]; !listed && id.Of(key.(string)) {
			found = append(found, key.(string))
		}
		return true
	})
	return found
}

// poll looks once for the outcome of a task.
func (c *Client) poll(ctx context.Context, id ID) (data []byte, done bool, err error) {
	entry, err := c.locate(ctx, id)
	if err != nil {
		return nil, false, err
	}
	if entry.State == broker.StateUnknown {
		gone, err := c.gone(ctx, entry.Ref)
		if err != nil || !gone {
			return nil, false, err
		}
	}
	return outcome(&entry)
}

// outcome is what a future returns for an entry. A task that is not there has
// ended, too.
func outcome(e *Entry) (data []byte, done bool, err error) {
	switch e.State {
	case broker.StateDone:
		return e.Result, true, nil
	case broker.StateDead, broker.StateDiscarded:
		return nil, true, &TaskError{ID: e.ID, State: e.State, Reason: e.Reason}
	case broker.StateUnknown:
		return nil, true, fmt.Errorf("%w: %v", ErrNotFound, e.ID)
	}
	return nil, false, nil
}

// gone reports whether a task that Find did not find cannot be pending out of
// Find's sight.
func (c *Client) gone(ctx context.Context, ref broker.Ref) (bool, error) {
	if ref.Queue == "" {
		return true, nil
	}
	infos, err := c.broker.Queues(ctx, ref.Queue)
	if err != nil || infos[0].Pending > broker.FindLimit {
		return false, err
	}
	entries, err := c.broker.Find(ctx, []broker.Ref{ref})
	return err == nil && entries[0].State == broker.StateUnknown, err
}

// result returns when the task has ended.
func (c *Client) result(ctx context.Context, id ID) ([]byte, error) {
	queues, err := c.awaitQueues(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(queues) == 0 {
		return nil, fmt.Errorf("%w: %v is of no queue that the store knows", ErrNotFound, id)
	}
	w, err := c.watch(c.home(ctx, id, queues))
	if err != nil {
		return nil, err
	}
	return w.await(ctx, id)
}

// awaitQueues is queuesOf, repeated while the store is away.
func (c *Client) awaitQueues(ctx context.Context, id ID) ([]string, error) {
	for {
		queues, err := c.queuesOf(ctx, id)
		switch {
		case err == nil:
			return queues, nil
		case c.ctx.Err() != nil:
			return nil, ErrClosed
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		}
		pause(ctx, c.ctx, watchBackoff)
	}
}

// home picks the queue of a task whose id fits several.
func (c *Client) home(ctx context.Context, id ID, queues []string) string {
	if len(queues) == 1 {
		return queues[0]
	}
	if entry, err := c.find(ctx, id); err == nil && entry.Queue != "" {
		return entry.Queue
	}
	return queues[0]
}

// pause waits for d; false if one of the contexts ended first.
func pause(a, b context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-a.Done():
	case <-b.Done():
	}
	return false
}
