package taskqueue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// Backpressure says how producers are held back by a queue that is full: one whose
// limit (see [Client.Limit] and [QueueConfig].MaxTasks) is reached, or whose store has
// no memory left. EnqueueAll and crons are not held back.
type Backpressure struct {
	// Wait is how long Enqueue waits for room, at most, before it fails with
	// ErrFull; its context may end it earlier. Default 0: not at all.
	Wait time.Duration

	// Delay is the pause between two tries: 1ms to 1m. Default 100ms.
	Delay time.Duration
}

const defaultHoldDelay = 100 * time.Millisecond

func (b Backpressure) withDefaults() Backpressure {
	b.Delay = cmp.Or(b.Delay, defaultHoldDelay)
	return b
}

func (b Backpressure) check() error {
	switch {
	case b.Wait < 0:
		return fmt.Errorf("%w: Backpressure: Wait %v is negative", ErrInvalid, b.Wait)
	case b.Delay != 0 && (b.Delay < time.Millisecond || b.Delay > time.Minute):
		return fmt.Errorf("%w: Backpressure: Delay %v is outside 1ms to 1m", ErrInvalid, b.Delay)
	}
	return nil
}

// PressureStats count what full queues did to the Enqueue calls of a client.
type PressureStats struct {
	Held    int64 // calls that had to wait for room, and got in
	Refused int64 // that failed with ErrFull
	Waiting int64 // that wait now
}

type pressure struct{ held, refused, waiting atomic.Int64 }

// Pressure returns a snapshot.
func (c *Client) Pressure() PressureStats {
	p := &c.pressure
	return PressureStats{p.held.Load(), p.refused.Load(), p.waiting.Load()}
}

// held sends an entry that was refused with ErrFull again and again.
func (c *Client) held(ctx context.Context, e *entry, owned bool, full error) (bool, ID, error) {
	c.pressure.waiting.Add(1)
	defer c.pressure.waiting.Add(-1)
	var existing ID
	err := full
	for until := time.Now().Add(c.hold.Wait); owned && errors.Is(err, ErrFull); {
		if !time.Now().Before(until) || !pause(ctx, c.ctx, min(c.hold.Delay, time.Until(until))) || ctx.Err() != nil {
			c.pressure.refused.Add(1)
			return owned, ID{}, withCause(ctx, err)
		}
		owned, existing, err = c.lane(e.message().Queue).send(ctx, e)
	}
	if err == nil {
		c.pressure.held.Add(1)
	}
	return owned, existing, err
}
