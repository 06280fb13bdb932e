package taskqueue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/internal/fleet"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
)

// A Fleet is the worker processes that share the workers of an autoscaler; see
// [Autoscale].
type Fleet struct {
	Name       string
	Leader     string // the member that decides; empty: none, and Desired is the last that was
	Desired    int    // workers, of all processes together
	Processes  int    // that there should be: at least 1, and enough for Desired
	Min, Max   int    // bounds of Desired
	PerProcess int    // workers that a process runs at most
	Slots      int    // of a worker
	Target     ScaleTarget
	Startup    time.Duration // measured: from asking for more workers to their first word; 0 where processes have room
	Decision   Decision
	Members    []FleetMember // by name; those that died are in it for some seconds
}

// A FleetMember is a worker process of a fleet.
type FleetMember struct {
	Name    string // of the worker
	Workers int    // that it has
	Slots   int    // of one of them
	Most    int    // workers that it may have
}

// Fleets returns the fleets that the store knows, by name: those without a member,
// too. What they decided is in FleetDecisions.
func (c *Client) Fleets(ctx context.Context) ([]Fleet, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	states, err := fleet.States(ctx, c.broker)
	if err != nil {
		return nil, err
	}
	all := make([]Fleet, 0, len(states))
	for _, name := range slices.Sorted(maps.Keys(states)) {
		view, err := (&fleet.Book{Store: c.broker, Fleet: name}).Read(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, fleetNow(name, states[name], &view))
	}
	return all, nil
}

// fleetNow is what is known of a fleet: from its plan, or the last one.
func fleetNow(name string, last *fleet.State, v *fleet.View) Fleet {
	f := Fleet{Name: name, Processes: 1}
	plan := v.Plan
	if plan != nil {
		f.Leader = plan.Leader
	} else if last != nil {
		plan = &last.Plan
	}
	if plan != nil {
		f.Desired, f.Min, f.Max, f.PerProcess, f.Decision = plan.Desired, plan.Min, plan.Max, plan.PerProcess, plan.Decision
		f.Slots, f.Target, f.Startup = plan.Slots, plan.Target, time.Duration(plan.Startup*float64(time.Second))
		f.Processes = max(1, (plan.Desired+max(plan.PerProcess, 1)-1)/max(plan.PerProcess, 1))
	}
	for _, m := range v.Members {
		f.Members = append(f.Members, FleetMember{Name: m.Name, Workers: m.Workers, Slots: m.Slots, Most: m.Capacity})
	}
	return f
}

// FleetDecisions returns the last decisions of a fleet, of all its processes,
// earlier ones, too, the newest first: those that changed the number of workers or
// the brakes, and one a minute of the others. 10,000 are kept; limit is 1 to that.
func (c *Client) FleetDecisions(ctx context.Context, name string, limit int) ([]Decision, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	if limit < 1 || limit > fleet.KeptDecisions {
		return nil, fmt.Errorf("%w: %d decisions are outside 1 to %d", ErrInvalid, limit, fleet.KeptDecisions)
	}
	return (&fleet.Book{Store: c.broker, Fleet: name}).History(ctx, limit)
}

// A FleetReport is what one process of a fleet has measured, in counters that begin
// anywhere: only what they grow by means something.
type FleetReport = measure.Report

// FleetReports returns what the processes of a fleet have measured up to the last
// second or so, by the names of their workers.
func (c *Client) FleetReports(ctx context.Context, name string) (map[string]*FleetReport, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	return (&fleet.Book{Store: c.broker, Fleet: name}).Reports(ctx)
}
