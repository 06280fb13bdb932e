package fleet

import (
	"context"
	"time"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
)

// A local is what a process knows that decides for itself.
type local struct {
	controller *autoscaler.Controller
	sum        *measure.Sum
}

// alone decides for this process, because nobody leads and it cannot either. It
// keeps to its part of the fleet's bounds, and takes an equal part of the queues
// for its own.
func (p *Process) alone(ctx context.Context, now time.Time, v *View, mine *measure.Report) {
	if p.local == nil {
		config := p.Controller
		config.MinWorkers = 1 // of them all; see below
		controller, err := autoscaler.New(config)
		if err != nil {
			return
		}
		p.Log.Warn("autoscaler has no leader: this process decides for itself", "fleet", p.Fleet)
		p.local = &local{controller, measure.NewSum(p.Queues)}
	}
	infos, err := p.local.sum.Look(ctx, p.Store)
	if err != nil {
		p.Log.Debug("autoscaler holds", "fleet", p.Fleet, "error", err)
		return
	}
	o := p.local.sum.Observe(infos, map[string]*measure.Report{p.Name: mine}, 1/float64(len(v.Members)))
	o.Workers.Slots, o.Workers.Ready = p.Slots, p.workers
	d := p.local.controller.Decide(now, o)
	p.Decided(d)
	me, _ := v.find(p.Name)
	least, most := v.shares(p.Controller.MinWorkers), v.shares(p.Controller.MaxWorkers)
	shares := make([]int, len(v.Members))
	for i := range v.Members {
		shares[i] = v.Members[i].Workers
	}
	shares[me] = max(least[me], min(most[me], d.To))
	p.move(ctx, now, v, shares, p.Controller.MaxWorkers)
}
