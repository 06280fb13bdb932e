package scheduler

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A State is what somebody has said about a schedule, for all processes.
type State struct {
	Paused bool      `json:"paused"`
	At     time.Time `json:"at"` // since when, by the store's clock; ticks up to then of one that goes on are dealt with
}

const statesTable = "cron-states"

// States reads the states of the named schedules, or all. One of which nothing was
// said has none.
func States(ctx context.Context, store broker.Records, names ...string) (map[string]State, error) {
	rows, err := store.Records(ctx, statesTable, names...)
	if err != nil {
		return nil, err
	}
	states := make(map[string]State, len(rows))
	for _, r := range rows {
		var s State
		if json.Unmarshal(r.Data, &s) == nil {
			states[r.Name] = s
		}
	}
	return states, nil
}

// SetState says how a schedule goes on.
func SetState(ctx context.Context, store broker.Records, name string, s State) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = store.Put(ctx, statesTable, broker.Record{Name: name, Data: data, If: broker.Any})
	return err
}

// Ask asks the store for its time.
func Ask(ctx context.Context, store broker.Cycler, name, queue string) (time.Time, error) {
	grant, err := visit(ctx, store, name, queue, 0)
	return grant.Now, err
}

// visit tends a queue under a name that is new each time.
func visit(ctx context.Context, store broker.Cycler, name, queue string, promote int) (broker.Grant, error) {
	return broker.Tend(ctx, store, queue, fmt.Sprintf("%.100s.%08x", name, rand.Uint32()), promote)
}

// obey leaves out the ticks of schedules that are paused, and those up to when one
// was resumed. It asks the store only if a tick has come.
func (e *Engine) obey(ctx context.Context, entries []*entry) error {
	now := e.clock.read()
	var names []string
	for _, x := range entries {
		if !x.wake().After(now) {
			names = append(names, x.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	states, err := States(ctx, e.Store, names...)
	if err != nil {
		return fmt.Errorf("states of crons: %w", err)
	}
	for _, x := range entries {
		s, said := states[x.Name]
		switch {
		case said && s.Paused:
			e.skip(x, now)
		case said && s.At.After(x.last):
			x.advance(s.At)
		}
	}
	return nil
}

// skip leaves out what has come.
func (e *Engine) skip(x *entry, now time.Time) {
	if x.next.After(now) {
		return
	}
	ticks := x.newest(now)
	e.Log.Debug("cron ticks are left out: it is paused", "cron", x.Name, "tick", ticks[len(ticks)-1])
	x.advance(ticks[len(ticks)-1])
}
