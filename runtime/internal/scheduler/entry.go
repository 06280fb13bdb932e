package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// An entry is a schedule and how far it has come. All but the schedule is
// Run's alone.
type entry struct {
	Schedule

	known bool      // the mark was read
	last  time.Time // ticks up to here are dealt with
	next  time.Time // the first one after last
	retry time.Time // not before; zero: no trouble
	tries int       // that failed in a row
}

// advance says that ticks up to one are dealt with.
func (x *entry) advance(to time.Time) {
	x.last, x.next = to, x.Ticks.Next(to)
	x.retry, x.tries = time.Time{}, 0
}

// wake is when something is to do.
func (x *entry) wake() time.Time {
	if x.retry.After(x.next) {
		return x.retry
	}
	return x.next
}

// recall reads the marks of entries that are new here. A schedule that never
// ran begins now.
func (e *Engine) recall(ctx context.Context, entries []*entry) error {
	fresh := map[string][]*entry{}
	for _, x := range entries {
		if !x.known {
			fresh[x.Queue] = append(fresh[x.Queue], x)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	for queue, list := range fresh {
		names := make([]string, len(list))
		for i, x := range list {
			names[i] = x.Name
		}
		marks, err := e.Store.Marks(ctx, queue, names)
		if err != nil {
			return fmt.Errorf("marks of queue %s: %w", queue, err)
		}
		for i, x := range list {
			e.begin(x, marks[i])
		}
	}
	return nil
}

func (e *Engine) begin(x *entry, mark int64) {
	now := e.clock.read()
	x.known = true
	if mark == 0 {
		x.advance(now)
		return
	}
	x.advance(time.UnixMilli(mark))
	if ahead := x.last.Sub(now); ahead > suspicious {
		e.Log.Warn("cron is silent: its last tick lies in the future; was the store's clock put back?", "cron", x.Name, "tick", x.last, "ahead", ahead)
	}
}

// due lists the ticks to send now, in their order.
func (e *Engine) due(x *entry, now time.Time) []time.Time {
	if x.next.After(now) || x.retry.After(now) {
		return nil
	}
	ticks := x.newest(now)
	first := ticks[0]
	if x.next.Before(first) {
		e.Log.Info("cron ticks were not sent in time here and are left out", "cron", x.Name, "from", x.next, "before", first)
	}
	if late := now.Sub(first); x.Missed == 0 && late > punctual {
		e.Log.Info("cron tick is left out: it was missed", "cron", x.Name, "tick", first, "late", late)
		x.advance(first)
		return nil
	}
	return ticks
}

// newest are the last ticks up to now, as many as are made up for; at least
// one, which must have come.
func (x *entry) newest(now time.Time) (ticks []time.Time) {
	tick := x.next
	if !x.Ticks.Next(tick).After(now) {
		tick = x.Ticks.Latest(x.last, now)
	}
	for range max(x.Missed, 1) {
		if tick.IsZero() {
			break
		}
		ticks = append(ticks, tick)
		tick = x.Ticks.Latest(x.last, tick.Add(-time.Millisecond))
	}
	slices.Reverse(ticks)
	return ticks
}
