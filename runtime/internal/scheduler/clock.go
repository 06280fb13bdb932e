package scheduler

import (
	"context"
	"sync/atomic"
	"time"
)

// A clock is what is known of the store's clock: what it showed when ours
// showed something. As an answer takes time to come, it is never ahead.
type clock struct {
	now    func() time.Time
	answer atomic.Pointer[answer]
}

type answer struct{ ours, stores time.Time }

// read is the store's time; ours before the first answer.
func (c *clock) read() time.Time {
	now := c.now()
	if a := c.answer.Load(); a != nil {
		return a.stores.Add(now.Sub(a.ours))
	}
	return now
}

// old reports whether the store should be asked.
func (c *clock) old() bool {
	a := c.answer.Load()
	return a == nil || c.now().Sub(a.ours) > resync
}

// suspicious is a difference between two machines' clocks that is worth a word.
const suspicious = 5 * time.Second

// synchronize asks the store for its time if the last answer is old.
func (e *Engine) synchronize(ctx context.Context, queue string) error {
	if !e.clock.old() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	stores, err := Ask(ctx, e.Store, e.Name, queue)
	if err != nil {
		return err
	}
	first := e.clock.answer.Load() == nil
	now := e.clock.now()
	e.clock.answer.Store(&answer{now, stores})
	if off := now.Sub(stores); first && off.Abs() > suspicious {
		e.Log.Warn("clocks differ: cron goes by the store's", "ahead", off.Round(time.Millisecond))
	}
	return nil
}
