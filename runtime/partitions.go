package taskqueue

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"sync/atomic"

	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	partitionsTable = "partitions"
	maxPartitions   = 1000
)

// Partitions are a queue that has outgrown one node of the store: several queues, each
// in a slot of its own. They are called NAME.n.0 to NAME.n.<n-1>, so the number is
// part of where a task lies and nobody can mistake it. Order, unique keys, limits
// and pauses hold in each of them; what must keep to its order, or be unique, needs
// the same key for [Partitions.For]. It is safe for concurrent use.
type Partitions struct {
	client *Client
	name   string
	n      int
	turn   atomic.Uint64
}

// Partitions returns the partitions of a queue, 1 to 1000: n of them if there are none
// yet, and those there are if n is 0. The number is kept in the store. The error is
// ErrInvalid if it is another one, which only Repartition changes, and ErrNotFound if
// n is 0 and nobody has said how many.
func (c *Client) Partitions(ctx context.Context, name string, n int) (*Partitions, error) {
	p := &Partitions{client: c, name: name, n: n}
	if err := p.check(0); err != nil {
		return nil, err
	}
	known, _, err := c.partitionsOf(ctx, name)
	if err == nil && known == 0 && n > 0 {
		if err = c.setPartitions(ctx, name, n, 0); errors.Is(err, broker.ErrStale) {
			known, _, err = c.partitionsOf(ctx, name) // somebody else did
		} else {
			known = n
		}
	}
	switch {
	case err != nil:
		return nil, withCause(ctx, err)
	case known == 0:
		return nil, fmt.Errorf("%w: nobody has said how many partitions queue %s has", ErrNotFound, name)
	case n > 0 && n != known:
		return nil, fmt.Errorf("%w: queue %s has %d partitions, not %d; Client.Repartition changes that", ErrInvalid, name, known, n)
	}
	p.n = known
	return p, nil
}

// Repartition changes the number of a queue's partitions while they are empty: it closes
// them to new tasks, which are refused with ErrFull from then on, waits until the
// workers have drained them, and returns the new ones. The old ones stay closed, so
// who still adds to them learns it. Let new workers serve the new ones, and producers
// ask for Partitions again. If ctx ends first the old ones are opened again and the
// error is its cause; if the process dies they stay closed until the next Repartition.
func (c *Client) Repartition(ctx context.Context, name string, n int) (*Partitions, error) {
	next := &Partitions{client: c, name: name, n: n}
	if err := next.check(1); err != nil {
		return nil, err
	}
	known, version, err := c.partitionsOf(ctx, name)
	if err != nil {
		return nil, withCause(ctx, err)
	}
	old := &Partitions{client: c, name: name, n: known}
	if known != n {
		err = errors.Join(old.drain(ctx), ctx.Err())
	}
	if err == nil {
		err = next.close(ctx, false)
	}
	if err == nil {
		err = c.setPartitions(ctx, name, n, version)
	}
	if err == nil {
		return next, nil
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainPatience)
	defer cancel()
	return nil, errors.Join(withCause(ctx, err), old.close(after, false))
}

// partitionsOf is how many a queue has, 0 if nobody has said, and the row's version.
func (c *Client) partitionsOf(ctx context.Context, name string) (n int, version uint64, err error) {
	if c.ctx.Err() != nil {
		return 0, 0, ErrClosed
	}
	rows, err := c.broker.Records(ctx, partitionsTable, name)
	if err != nil || len(rows) == 0 {
		return 0, 0, err
	}
	if n, err = strconv.Atoi(string(rows[0].Data)); err != nil || n < 1 || n > maxPartitions {
		return 0, 0, fmt.Errorf("%w: the number of partitions of queue %s in the store is %q", ErrState, name, rows[0].Data)
	}
	return n, rows[0].Version, nil
}

func (c *Client) setPartitions(ctx context.Context, name string, n int, version uint64) error {
	_, err := c.broker.Put(ctx, partitionsTable, broker.Record{Name: name, Data: strconv.AppendInt(nil, int64(n), 10), If: version})
	return err
}

func (p *Partitions) check(least int) error {
	if p.n < least || p.n > maxPartitions {
		return fmt.Errorf("%w: %d partitions of queue %s are outside %d to %d", ErrInvalid, p.n, p.name, least, maxPartitions)
	}
	return broker.CheckName("queue name", p.queue(max(p.n-1, 0)))
}

func (p *Partitions) queue(i int) string { return fmt.Sprintf("%s.%d.%d", p.name, p.n, i) }

// drain closes all and waits until they are empty.
func (p *Partitions) drain(ctx context.Context) error {
	if err := p.close(ctx, true); err != nil {
		return err
	}
	for _, q := range p.Names() {
		if _, err := p.client.drained(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// close closes all of them to new tasks, or opens them.
func (p *Partitions) close(ctx context.Context, is bool) error {
	for _, q := range p.Names() {
		if err := p.client.configure(ctx, q, func(s *broker.Settings) { s.Closed = is }); err != nil {
			return err
		}
	}
	return nil
}

// Names are those of the queues.
func (p *Partitions) Names() []string {
	names := make([]string, p.n)
	for i := range names {
		names[i] = p.queue(i)
	}
	return names
}

// For is the option that sends a task to the partition of a key: all with one key
// go to the same.
func (p *Partitions) For(key string) Option {
	h := fnv.New64a()
	h.Write([]byte(key))
	return Queue(p.queue(int(h.Sum64() % uint64(p.n))))
}

// Next is the option that sends a task to the partition whose turn it is.
func (p *Partitions) Next() Option {
	return Queue(p.queue(int(p.turn.Add(1) % uint64(p.n))))
}

// Queues are the partitions for WorkerConfig.Queues, each with the default weight.
func (p *Partitions) Queues() []QueueWeight {
	queues := make([]QueueWeight, p.n)
	for i, name := range p.Names() {
		queues[i] = QueueWeight{Name: name, Weight: defaultWeight}
	}
	return queues
}

// Info counts the tasks of all partitions together; Sessions is the most workers at
// one of them, Settings are those of the first.
func (p *Partitions) Info(ctx context.Context) (QueueInfo, error) {
	infos, err := p.client.Queues(ctx, p.Names()...)
	if err != nil {
		return QueueInfo{}, err
	}
	sum := QueueInfo{Queue: p.name}
	for i := range infos {
		if infos[i].Queue == p.queue(0) {
			sum.Settings = infos[i].Settings
		}
		sum.Add(&infos[i])
	}
	return sum, nil
}
