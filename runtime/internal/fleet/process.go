package fleet

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
)

// A Store is what a process needs of a broker.
type Store interface {
	broker.Records
	measure.Store
	measure.Lister
}

// An Engine runs tasks in as many slots as it is told. See [worker.Engine].
type Engine interface {
	Bounded
	Resize(slots int)
	Cap(limits []int)
}

// A Config says what a process does. All fields are needed.
type Config struct {
	Store      Store
	Engine     Engine
	Fleet      string
	Name       string // of the process, unique
	Controller autoscaler.Config
	Capacity   int             // workers that this process may have
	Initial    int             // workers of a fleet of which nothing is known
	Slots      int             // of a worker
	Queues     []measure.Queue // those first whose tasks go first
	Served     []string        // the same, in the engine's order
	Kinds      []string        // of the engine's tallies, in their order
	Declared   []float64       // MB that a run of each of them says it takes; 0: nothing is said
	Log        *slog.Logger
	Decided    func(autoscaler.Decision) // is told each decision of the fleet, once
}

// Timing.
const (
	tickTimeout  = 2 * time.Second
	leaveTimeout = 500 * time.Millisecond
	localAfter   = 30 * time.Second // without a leader
	quiet        = 3 * time.Second  // in which a process that was away does not grow
)

// A Process is one worker process of a fleet.
type Process struct {
	Config
	book   Book
	meter  *measure.Meter
	needed atomic.Int64 // bytes, of a task

	workers   int       // that it has
	announced time.Time // when it said so last; zero: never
	growFrom  time.Time // it does not grow before
	plan      *Plan     // the last one that was seen
	planAt    time.Time // when that was
	leading   *leader   // nil: somebody else does
	local     *local    // nil: there is a plan
}

// New makes a process that has no workers yet.
func New(c Config) *Process {
	meter := measure.NewMeter(measure.MeterConfig{Engine: c.Engine, Queues: c.Served, Kinds: c.Kinds, Declared: c.Declared, Slots: c.Slots}, measure.NewMemory())
	interval := c.Controller.EvaluationInterval
	return &Process{
		Config: c, meter: meter,
		book: Book{Store: c.Store, Fleet: c.Fleet, Life: max(shortestLife, lostTicks*interval)},
	}
}

// Run takes part in the fleet until ctx ends, and then leaves it. The engine
// keeps the slots that it has.
func (p *Process) Run(ctx context.Context) {
	var guard sync.WaitGroup
	defer guard.Wait()
	guard.Go(func() { (&Guard{p.Engine, p.need}).Run(ctx) })
	defer p.leave()
	ticker := time.NewTicker(p.Controller.EvaluationInterval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		p.tick(ctx)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// tick looks, leads if nobody else does, and follows. While the store does not
// answer all stays as it is: a decision on old figures would be a guess.
func (p *Process) tick(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, tickTimeout)
	defer cancel()
	now := time.Now()
	report, err := p.meter.Measure(now)
	if err == nil {
		err = p.act(ctx, now, report)
	}
	if err != nil {
		p.Log.Debug("autoscaler holds", "fleet", p.Fleet, "error", err)
	}
}

func (p *Process) act(ctx context.Context, now time.Time, report *measure.Report) error {
	if err := p.show(ctx, now); err != nil {
		return err
	}
	view, err := p.book.Read(ctx)
	if err != nil {
		return err
	}
	view.put(p.self())
	plan, err := view.Plan, error(nil)
	if plan == nil || plan.Leader == p.Name {
		plan, err = p.lead(ctx, now, &view, report)
	} else {
		p.leading = nil
	}
	switch {
	case plan != nil:
		p.see(now, plan)
		p.follow(ctx, now, &view)
	case p.lost(now, err):
		p.alone(ctx, now, &view, report)
	}
	return errors.Join(err, p.book.Report(ctx, p.Name, report))
}

// see takes in the plan of this tick.
func (p *Process) see(now time.Time, plan *Plan) {
	if p.plan == nil || !plan.Decision.At.Equal(p.plan.Decision.At) {
		p.Decided(plan.Decision)
	}
	p.plan, p.planAt, p.local = plan, now, nil
	p.needed.Store(int64(plan.NeedMB * megabyte))
}

// need is what a task takes, in MB, as far as the plan says it.
func (p *Process) need() float64 { return float64(p.needed.Load()) / megabyte }

// lost says that there has been no leader for too long, and that this process
// cannot be it.
func (p *Process) lost(now time.Time, err error) bool {
	if p.plan == nil {
		return err != nil
	}
	return now.Sub(p.planAt) > localAfter
}

// self is what this process says of itself.
func (p *Process) self() Member {
	return Member{Name: p.Name, Capacity: p.Capacity, Workers: p.workers, Slots: p.Slots}
}

// show announces this process when that is due: before it looks at the others, so
// that of any two at least one sees the other. One that was away for so long that
// others may have its workers does not grow for a while: there may be more like it.
func (p *Process) show(ctx context.Context, now time.Time) error {
	age := now.Sub(p.announced)
	if age < p.book.Life/3 {
		return nil
	}
	if !p.announced.IsZero() && age > p.book.Life*4/5 {
		p.growFrom = now.Add(quiet)
	}
	return p.announce(ctx, p.workers)
}

// put puts a member into a view, or renews it.
func (v *View) put(m Member) {
	i, found := v.find(m.Name)
	if !found {
		v.Members = slices.Insert(v.Members, i, m)
	}
	v.Members[i] = m
}

func (v *View) find(name string) (int, bool) {
	return slices.BinarySearchFunc(v.Members, name, func(m Member, name string) int { return strings.Compare(m.Name, name) })
}

// announce says how many workers this process has, or is about to have.
func (p *Process) announce(ctx context.Context, workers int) error {
	m, now := p.self(), time.Now()
	m.Workers = workers
	err := p.book.Announce(ctx, m)
	if err == nil {
		p.announced = now
	}
	return err
}

// resize gives this process so many workers.
func (p *Process) resize(workers int) {
	if workers == p.workers {
		return
	}
	attrs := []any{"from", p.workers, "to", workers, "slots", workers * p.Slots}
	if p.plan != nil {
		attrs = append(attrs, "fleet", p.plan.Desired, "why", p.plan.Decision.String())
	}
	p.Log.Info("workers scaled", attrs...)
	p.workers = workers
	p.Engine.Resize(workers * p.Slots)
}

// leave lets others have the workers, and the lead, at once.
func (p *Process) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	var epoch uint64
	if p.leading != nil && p.plan != nil {
		epoch = p.plan.Epoch
		p.save(ctx, time.Now(), p.plan)
	}
	if err := p.book.Leave(ctx, p.Name, epoch); err != nil {
		p.Log.Debug("autoscaler leaves without a word", "fleet", p.Fleet, "error", err)
	}
}
