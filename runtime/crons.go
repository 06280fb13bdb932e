package taskqueue

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/scheduler"
)

// A CronInfo is a cron that a worker has, in whichever process.
type CronInfo struct {
	Name   string
	Spec   string
	Zone   string // empty: UTC
	Missed MissedPolicy
	Queue  string // where its tasks go
	Kind   string // of its tasks

	Last   time.Time // its last tick that became a task, or met its unique key; zero: none did
	Paused time.Time // since when; zero: it is not

	message broker.Message
}

// Next lists the n ticks after an instant, as if the cron were not paused.
func (c *CronInfo) Next(after time.Time, n int) ([]time.Time, error) {
	cron := Cron{Spec: c.Spec, Zone: c.Zone}
	return cron.Next(after, n)
}

// Crons lists the crons of all workers, by name. One that no worker has any more is
// listed for some minutes.
func (c *Client) Crons(ctx context.Context) ([]CronInfo, error) {
	return c.crons(ctx)
}

// crons lists the named crons, or all.
func (c *Client) crons(ctx context.Context, names ...string) ([]CronInfo, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	rows, err := c.broker.Records(ctx, cronsTable, names...)
	if err != nil {
		return nil, withCause(ctx, err)
	}
	states, err := scheduler.States(ctx, c.broker, names...)
	if err != nil {
		return nil, withCause(ctx, err)
	}
	var all []CronInfo
	for _, r := range rows {
		var row cronRow
		if json.Unmarshal(r.Data, &row) != nil {
			continue // of a release that has another form
		}
		info := CronInfo{
			Name: r.Name, Spec: row.Spec, Zone: row.Zone, Missed: row.Missed,
			Queue: row.Message.Queue, Kind: row.Message.Kind, message: row.Message,
		}
		if s := states[r.Name]; s.Paused {
			info.Paused = s.At
		}
		all = append(all, info)
	}
	return all, c.lastTicks(ctx, all)
}

// lastTicks fills in the last tick of each cron.
func (c *Client) lastTicks(ctx context.Context, crons []CronInfo) error {
	byQueue := make(map[string][]*CronInfo)
	for i := range crons {
		byQueue[crons[i].Queue] = append(byQueue[crons[i].Queue], &crons[i])
	}
	for queue, list := range byQueue {
		for part := range slices.Chunk(list, broker.MaxBatch) {
			names := make([]string, len(part))
			for i, x := range part {
				names[i] = x.Name
			}
			marks, err := c.broker.Marks(ctx, queue, names)
			if err != nil {
				return withCause(ctx, err)
			}
			for i, mark := range marks {
				if mark > 0 {
					part[i].Last = time.UnixMilli(mark).UTC()
				}
			}
		}
	}
	return nil
}

// cron is the cron of a name. The error is ErrNotFound if no worker has it.
func (c *Client) cron(ctx context.Context, name string) (CronInfo, error) {
	all, err := c.crons(ctx, name)
	switch {
	case err != nil:
		return CronInfo{}, err
	case len(all) == 0:
		return CronInfo{}, fmt.Errorf("%w: no worker has a cron %q", ErrNotFound, name)
	}
	return all[0], nil
}

// PauseCron leaves out the ticks of a cron in all processes, now and later, until
// ResumeCron. The error is ErrNotFound if no worker has it.
func (c *Client) PauseCron(ctx context.Context, name string) error {
	return c.setCron(ctx, name, true)
}

// ResumeCron ends a PauseCron. The ticks that were left out are not made up for,
// whatever the cron's policy is.
func (c *Client) ResumeCron(ctx context.Context, name string) error {
	return c.setCron(ctx, name, false)
}

// setCron pauses or resumes, unless it is so already.
func (c *Client) setCron(ctx context.Context, name string, paused bool) error {
	cron, err := c.cron(ctx, name)
	if err != nil || cron.Paused.IsZero() != paused {
		return err
	}
	now, err := scheduler.Ask(ctx, c.broker, "cron", cron.Queue)
	if err != nil {
		return withCause(ctx, err)
	}
	return withCause(ctx, scheduler.SetState(ctx, c.broker, name, scheduler.State{Paused: paused, At: now}))
}

// RunCron enqueues the task of a cron now, beside its ticks, also while it is
// paused; its header [CronTick] is now. Errors are those of Enqueue, and
// ErrNotFound if no worker has the cron.
func (c *Client) RunCron(ctx context.Context, name string) (ID, error) {
	cron, err := c.cron(ctx, name)
	if err != nil {
		return ID{}, err
	}
	m := cron.message
	if len(m.Payload) == 0 {
		return ID{}, fmt.Errorf("%w: the task of cron %q is too large to be known here, at most %d bytes are", ErrTooLarge, name, announcedPayload)
	}
	now := time.Now()
	m.ID = broker.NewID(m.Queue, now)
	for i, h := range m.Headers {
		if h.Key == CronTick {
			m.Headers[i].Value = now.Format(time.RFC3339Nano)
		}
	}
	c.lane(m.Queue)
	receipts, err := c.broker.Enqueue(ctx, []broker.Message{m})
	switch {
	case err != nil:
		return ID{}, c.undone(ctx, err)
	case len(receipts) > 0:
		return accepted(m.ID, receipts[0].Existing, withCause(ctx, receipts[0].Err))
	}
	return m.ID, nil
}
