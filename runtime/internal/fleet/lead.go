package fleet

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
)

const (
	saveEvery    = 10 * time.Second // what was learned
	logEvery     = time.Minute      // a decision that changes nothing
	aheadFrom    = time.Second      // of start-up time; where workers start faster, what is due later can wait
	desiredLives = 10 * time.Minute // after that a fleet begins with its initial size
)

// A leader is what a process knows that decides for all.
type leader struct {
	controller *autoscaler.Controller
	sum        *measure.Sum
	starting   Starting
	desired    int
	savedAt    time.Time
	logged     autoscaler.Decision
}

// lead decides and writes the plan. It returns neither a plan nor an error if
// another process was faster.
func (p *Process) lead(ctx context.Context, now time.Time, v *View, mine *measure.Report) (*Plan, error) {
	if p.leading == nil {
		l, err := p.takeOver(ctx, now)
		if err != nil {
			return nil, err
		}
		p.leading = l
	}
	l := p.leading
	infos, err := l.sum.Look(ctx, p.Store)
	if err != nil {
		return nil, err
	}
	reports, err := p.book.Reports(ctx)
	if err != nil {
		return nil, err
	}
	reports[p.Name] = mine
	if l.controller.StartupTime() >= aheadFrom {
		if err := l.sum.LookAhead(ctx, p.Store, infos, now, l.controller.Horizon()); err != nil {
			return nil, err
		}
	}
	plan := p.decide(now, v, infos, reports)
	if v.Plan != nil {
		plan.Epoch = v.Plan.Epoch
	}
	if err := p.book.Lead(ctx, plan); err != nil {
		if errors.Is(err, broker.ErrStale) {
			p.leading, err = nil, nil
		}
		return nil, err
	}
	p.keep(ctx, now, plan)
	return plan, nil
}

// takeOver goes on where the last leader ended.
func (p *Process) takeOver(ctx context.Context, now time.Time) (*leader, error) {
	controller, err := autoscaler.New(p.Controller)
	if err != nil {
		return nil, err
	}
	state, err := p.book.Load(ctx)
	if err != nil && !errors.Is(err, ErrUnreadable) {
		return nil, err
	}
	if err != nil {
		p.Log.Warn("autoscaler learns anew", "fleet", p.Fleet, "error", err)
	}
	l := &leader{controller: controller, sum: measure.NewSum(p.Queues), desired: p.Initial}
	if state != nil && state.Learned != nil {
		controller.Restore(*state.Learned)
		controller.Rebase()
		l.starting = state.Starting
	}
	switch {
	case p.plan != nil:
		l.desired = p.plan.Desired
	case state != nil && now.Sub(state.At) < desiredLives:
		l.desired = state.Plan.Desired
	}
	l.desired = max(p.Controller.MinWorkers, min(p.Controller.MaxWorkers, l.desired))
	return l, nil
}

// decide makes a plan from what all processes have measured.
func (p *Process) decide(now time.Time, v *View, infos []broker.QueueInfo, reports map[string]*measure.Report) *Plan {
	l := p.leading
	capacity := 0
	for i := range v.Members {
		capacity += v.Members[i].Capacity
	}
	missing := max(0, l.desired-capacity)
	l.starting.Came(now, missing)
	l.starting.Ask(now, missing) // a process may have died
	o := l.sum.Observe(infos, reports, 1)
	w := &o.Workers
	w.Slots, w.Ready, w.Starting = p.Slots, min(l.desired, capacity), l.starting.Expected(now)
	w.Draining = draining(reports, p.Slots)
	w.Startups, w.StartupSeconds = l.starting.Startups, l.starting.Seconds
	d := l.controller.Decide(now, o)
	l.desired = d.To
	l.starting.Ask(now, max(0, d.To-capacity))
	return &Plan{
		Leader: p.Name, Desired: d.To, Min: p.Controller.MinWorkers, Max: p.Controller.MaxWorkers,
		PerProcess: p.Capacity, NeedMB: l.controller.NeedMB(), Decision: d,
		Slots: p.Slots, Target: p.Controller.Target, Startup: l.controller.StartupTime().Seconds(),
	}
}

// draining is how many workers finish what they have and take no more.
func draining(reports map[string]*measure.Report, slots int) (n int) {
	for _, r := range reports {
		n += (max(0, r.Active-r.Ready) + slots - 1) / slots
	}
	return n
}

// keep keeps the decision if it says something new, and now and then what was
// learned. Neither is worth more than an attempt.
func (p *Process) keep(ctx context.Context, now time.Time, plan *Plan) {
	l, d := p.leading, plan.Decision
	if d.To != d.From || !sameCaps(d.Caps, l.logged.Caps) || d.At.Sub(l.logged.At) >= logEvery {
		l.logged = d
		if err := p.book.Log(ctx, d); err != nil {
			p.Log.Debug("autoscaler keeps no history", "fleet", p.Fleet, "error", err)
		}
	}
	if now.Sub(l.savedAt) >= saveEvery {
		p.save(ctx, now, plan)
	}
}

// sameCaps says that the same types are held.
func sameCaps(a, b []autoscaler.Cap) bool {
	return slices.EqualFunc(a, b, func(a, b autoscaler.Cap) bool { return a.Type == b.Type && a.Brake == b.Brake })
}

// save keeps what was learned.
func (p *Process) save(ctx context.Context, now time.Time, plan *Plan) {
	l := p.leading
	learned := l.controller.State()
	if err := p.book.Save(ctx, &State{At: now, Plan: *plan, Starting: l.starting, Learned: &learned}); err != nil {
		p.Log.Debug("autoscaler keeps nothing of what it learned", "fleet", p.Fleet, "error", err)
		return
	}
	l.savedAt = now
}
