package brokertest

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A clerk is a store that is wrong about records in what its functions do.
type clerk struct {
	broker.Broker
	put    func(r *broker.Record)
	remove func(version *uint64) (skip bool)
	rows   func(rows []broker.Record)
	keep   func(keep *int)
}

func (c *clerk) Put(ctx context.Context, table string, r broker.Record) (uint64, error) {
	if c.put != nil {
		c.put(&r)
	}
	return c.Broker.Put(ctx, table, r)
}

func (c *clerk) Remove(ctx context.Context, table, name string, version uint64) error {
	if c.remove != nil && c.remove(&version) {
		return nil
	}
	return c.Broker.Remove(ctx, table, name, version)
}

func (c *clerk) Records(ctx context.Context, table string, names ...string) ([]broker.Record, error) {
	rows, err := c.Broker.Records(ctx, table, names...)
	if c.rows != nil {
		c.rows(rows)
	}
	return rows, err
}

func (c *clerk) Append(ctx context.Context, log string, keep int, lines ...[]byte) error {
	if c.keep != nil {
		c.keep(&keep)
	}
	return c.Broker.Append(ctx, log, keep, lines...)
}

func clerks(c clerk) func(broker.Broker) broker.Broker {
	return func(b broker.Broker) broker.Broker {
		c := c
		c.Broker = b
		return &c
	}
}

func recordMutants() map[string]func(broker.Broker) broker.Broker {
	return map[string]func(broker.Broker) broker.Broker{
		"a row is written over any version": clerks(clerk{put: func(r *broker.Record) { r.If = broker.Any }}),
		"a row lives for good":              clerks(clerk{put: func(r *broker.Record) { r.TTL = 0 }}),
		"a row lives a millisecond more": clerks(clerk{put: func(r *broker.Record) {
			if r.TTL > 0 {
				r.TTL += time.Millisecond
			}
		}}),
		"a row is removed at any version": clerks(clerk{remove: func(v *uint64) bool { *v = broker.Any; return false }}),
		"a row is not removed":            clerks(clerk{remove: func(*uint64) bool { return true }}),
		"rows are in no order":            clerks(clerk{rows: slices.Reverse[[]broker.Record]}),
		"a log keeps one line too many":   clerks(clerk{keep: func(keep *int) { *keep++ }}),
	}
}

// allMutants are the stores that the machine must see through.
func allMutants() map[string]func(broker.Broker) broker.Broker {
	all := maps.Clone(mutants)
	maps.Copy(all, recordMutants())
	return all
}
