package taskqueue

import (
	"context"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Server is one server of the store. See [broker.Server].
type Server = broker.Server

// Servers returns what the servers of the store say of themselves; nothing, if the
// store has none, as that in memory.
func (c *Client) Servers(ctx context.Context) ([]Server, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	reporter, ok := c.broker.(broker.Reporter)
	if !ok {
		return nil, nil
	}
	servers, err := reporter.Servers(ctx)
	return servers, withCause(ctx, err)
}

// Edit changes tasks from outside, at most 1000 at once, and returns a receipt for
// each that was not changed. See [broker.Edit].
func (c *Client) Edit(ctx context.Context, edits ...broker.Edit) ([]broker.Receipt, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	receipts, err := c.broker.Edit(ctx, edits)
	return receipts, withCause(ctx, err)
}
