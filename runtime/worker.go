package taskqueue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/scheduler"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// A WorkerConfig says what a worker does. Only Tasks is needed.
type WorkerConfig struct {
	// Tasks are what the worker can run: the generated Tasks functions return
	// them. Tasks of any other kind, or of another version of it, are parked: they
	// wait, without an attempt spent, for a worker that knows them.
	Tasks []Task

	// Queues are served in this order where Strict is set, else by weight.
	// Default: the client's queues by priority, and every other queue that is
	// named in the settings of Tasks.
	Queues []QueueWeight

	// Strict serves a queue only while all before it are empty. Otherwise each
	// queue with work gets its share of the capacity, and none starves.
	Strict bool

	// Concurrency is the number of slots: handlers that run at once. Default
	// 10, at most 100000.
	Concurrency int

	// Autoscale lets the number of slots follow the work, in steps of
	// Concurrency. Default: off.
	Autoscale Autoscale

	// Prefetch is how many tasks may wait in the process for a slot: a number
	// up to 1000, NoPrefetch, or by default Adaptive.
	Prefetch int

	// IdleDelay is the pause after a claim that got nothing although there seemed to
	// be work, because others were faster, before the queue is asked again: less load
	// for the store, and later starts. Default 0: none, but where that happens time
	// after time; at most 1m.
	IdleDelay time.Duration

	// Lease is how long the worker's tasks are its own after it was last heard
	// of: when it dies they run elsewhere after that time. It is renewed all
	// the time, so handlers may take longer. Default 12s; 1s to 1h.
	Lease time.Duration

	// ShutdownGrace is how long running handlers may take once Run's context
	// has ended, before their contexts end too. Default 30s; NoGrace: no time.
	ShutdownGrace time.Duration

	// UnknownKindAge is when a task becomes a dead letter because no worker
	// has a handler for it: that long after it was made and after this worker
	// first met its kind. Until then it is parked. Default 24h.
	UnknownKindAge time.Duration

	// MaxResultBytes bounds an encoded result. A larger one makes its task a
	// dead letter. Default 1 MiB, at most 16 MiB.
	MaxResultBytes int

	// Name begins the worker's name in the store; random characters follow.
	// Default: host name and process id. It follows [A-Za-z0-9_.:-]{1,100}.
	Name string

	// Crons enqueue jobs at the ticks of their schedules while the worker runs.
	// They need not be jobs that this worker runs.
	Crons []Cron

	// Promote says how delayed tasks become pending when they are due. A worker knows
	// when that is in the queues that it serves, and looks then; Interval is for those
	// that no worker serves.
	Promote Promote

	// History keeps so many of the tasks that ended last in the store, of all workers
	// together: who wants to look back calls Client.History. It costs about 250 bytes
	// each and a write a second. Default 0: none; at most 100000.
	History int

	// Middleware wraps each run, the first one outermost.
	Middleware []Middleware

	// Logger gets failures (warn), dead letters (error), start and stop (info)
	// and each task (debug). Default: slog.Default().
	Logger *slog.Logger

	// OnFinish is called after each run, from the goroutine that ran it: it
	// must be safe for concurrent use, and what it takes, the slot waits.
	OnFinish func(Event)

	// OnDead is called when this worker has made a task a dead letter. It may tell
	// somebody. After a run that was the last (Permanent, or no attempt is left) it is
	// called as OnFinish is, before the store has heard of it: twice, if that is lost
	// and the task runs again. What dies without the end of a run is told by the
	// worker that finds out, one after the other, beside its runs: a task whose
	// workers vanished with it five times in a row, ErrLost, and one that nobody knew
	// for UnknownKindAge, ErrUnknownKind. Of a task whose bytes cannot be read the log
	// alone tells, as it has no kind.
	OnDead func(ctx context.Context, d DeadTask)
}

// Promote says how delayed tasks become pending: in queues that have no worker by one
// worker of all. The zero value is good.
type Promote struct {
	// Interval is how long it looks at nothing at most: the due times that it knows
	// wake it earlier, so only what is added meanwhile can be late by that much. 1 s
	// to 1 h. Default 1 s, and 5 s while there is no such queue. With more than 20
	// queues it is at least half a second for each one more.
	Interval time.Duration

	// Batch is how many tasks become pending in one call of the store, which is
	// repeated while more are due. 1 to 500. Default 500.
	Batch int
}

// A DeadTask is a task that has just become a dead letter.
type DeadTask struct {
	TaskInfo
	Payload []byte // not to be changed
	Err     error  // of the last run, or ErrLost or ErrUnknownKind
}

// A QueueWeight is a queue that a worker serves.
type QueueWeight struct {
	Name   string
	Weight int // 1 to 1000; default: that of the client's QueueTable
}

const (
	// Adaptive as WorkerConfig.Prefetch, the default, prefetches about two
	// milliseconds of work, and nothing where handlers take longer than that.
	Adaptive = 0
	// NoPrefetch as WorkerConfig.Prefetch: a task is claimed when a slot is free.
	NoPrefetch = -1
	// NoGrace as WorkerConfig.ShutdownGrace: handlers' contexts end at once.
	NoGrace time.Duration = -1
)

const (
	defaultConcurrency = 10
	maxConcurrency     = 100_000
	maxPrefetch        = 1000
	maxIdleDelay       = time.Minute
	defaultLease       = 12 * time.Second
	defaultGrace       = 30 * time.Second
	defaultUnknownAge  = 24 * time.Hour
	defaultResultBytes = 1 << 20
	maxWorkerName      = 100
)

// An Outcome says how a run ended. See [broker.Outcome].
type Outcome = broker.Outcome

// The outcomes of runs.
const (
	Done      = broker.Done    // finished
	Retried   = broker.Retry   // failed; it runs again
	Released  = broker.Release // given back without a failure: snoozed or interrupted
	Dead      = broker.Dead    // failed for good
	Discarded = broker.Discard // dropped by Discard
)

// An Event is a run that has ended.
type Event struct {
	ID      ID
	Kind    string
	Queue   string
	Attempt int // 1 for the first run
	Outcome Outcome
	Err     error         // what the handler returned, or ErrPanic, ErrGoexit …
	Wait    time.Duration // from when the task could run until it did
	Run     time.Duration // of the handler
}

// A Worker runs tasks. Make it with NewWorker. It is safe for concurrent use.
type Worker struct {
	client    *Client
	engine    *worker.Engine
	crons     *scheduler.Engine
	promoter  scheduler.Promoter
	board     *cronBoard
	parkings  *parkings
	history   *historian // nil: none is kept
	scaler    *scaler    // nil: the number of slots is fixed
	guarded   bool       // the memory of runs is looked after, and the scaler does not do it
	metrics   *Metrics
	schemas   map[string]string // by the names of kinds
	log       *slog.Logger
	queues    []string
	served    []worker.Queue
	kinds     []string // sorted
	announced []WorkerKind
	name      string
	limits    map[string]declaration // by queue
	state     runState
}

// NewWorker makes a worker that takes tasks from the client's store once it
// runs. The error, ErrInvalid, lists everything that is wrong with the config.
func NewWorker(c *Client, config WorkerConfig) (*Worker, error) {
	if c == nil {
		return nil, fmt.Errorf("%w: NewWorker needs a client; see Open", ErrInvalid)
	}
	metrics := new(Metrics)
	history := newHistorian(c, &config)
	plan, err := planWorker(c, &config, metrics, history)
	tended := &tended{Broker: c.broker}
	w := &Worker{
		client: c, metrics: metrics, history: history, log: plan.Log, name: plan.Name, board: newCronBoard(c.broker, plan.Log),
		crons:    scheduler.New(scheduler.Config{Store: tended, Name: plan.Name, Log: plan.Log}),
		promoter: scheduler.Promoter{Store: tended, Name: plan.Name, Log: plan.Log, Rest: max(c.period(), promoterRest), Interval: config.Promote.Interval, Batch: config.Promote.Batch},
	}
	if err := errors.Join(err, w.addCrons(config.Crons)); err != nil {
		return nil, err
	}
	guarded := planMemory(&plan, config.Autoscale.on())
	w.scaler = planScaler(c, config.Autoscale, &plan)
	if w.guarded = guarded && w.scaler == nil; w.guarded {
		tally(&plan)
	}
	w.parkings = newParkings(c.broker, plan.Queues, plan.Log)
	plan.OnPark = w.parkings.note
	w.engine, w.schemas = worker.New(plan), schemasOf(config.Tasks)
	w.parkings.engine, tended.engine = w.engine, w.engine
	w.kinds, w.announced = slices.Sorted(maps.Keys(plan.Kinds)), kindsOf(config.Tasks, plan.Unfit)
	w.served = plan.Queues
	for _, q := range plan.Queues {
		w.queues = append(w.queues, q.Name)
	}
	w.limits = declare(w.queues, &c.queues, config.Tasks)
	return w, nil
}

// Run takes and runs tasks until ctx ends. Then it takes no more, gives back
// what it has not begun, and lets running handlers finish within the grace;
// after that their contexts end with the cause ErrShutdown, and what still does
// not return is given back as well. No attempt is spent on any of it. Run
// returns nil within the grace and one second; an error if the client was
// closed under it. It runs once.
func (w *Worker) Run(ctx context.Context) error {
	if !w.state.begin() {
		return worker.ErrRanBefore
	}
	defer w.state.end()
	w.log.Info("worker started", "worker", w.name, "slots", w.size(), "queues", w.queues)
	err := w.run(ctx)
	s := w.engine.Stats()
	w.log.Info("worker stopped", "worker", w.name, "done", s.Done, "failed", s.Failed, "released", s.Released, "abandoned", s.Abandoned)
	return err
}

// run runs tasks with crons and the autoscaler beside it. A closed store ends
// all.
func (w *Worker) run(ctx context.Context) error {
	told := publisher{store: w.client.broker, worker: w.name, metrics: w.metrics, schemas: w.schemas, log: w.log}
	gone, leave := context.WithCancel(context.WithoutCancel(ctx))
	var announcing sync.WaitGroup
	defer announcing.Wait()
	defer told.last(ctx)
	defer leave()
	ctx, cancel := context.WithCancel(ctx)
	announcing.Go(func() { newAnnouncer(w).run(gone, ctx) })
	if w.history != nil {
		announcing.Go(func() { w.history.run(gone) })
	}
	var ticking sync.WaitGroup
	defer ticking.Wait()
	defer cancel()
	if !w.client.publishLimits(ctx, w.limits, w.log, publishTries) {
		ticking.Go(func() { w.client.publishLimits(ctx, w.limits, w.log, math.MaxInt) })
	}
	ticking.Go(func() { _ = w.crons.Run(ctx) })
	ticking.Go(func() { w.promoter.Run(ctx) })
	if w.scaler != nil {
		ticking.Go(func() { w.scaler.run(ctx, w.engine) })
	}
	if w.guarded {
		ticking.Go(func() { guard(ctx, w.engine) })
	}
	ticking.Go(func() { told.run(ctx) })
	return w.engine.Run(ctx)
}

// Metrics are what the worker measures of its runs. See also [Client.Metrics].
func (w *Worker) Metrics() *Metrics { return w.metrics }

// size says in the log how many slots there are.
func (w *Worker) size() string {
	if w.scaler != nil {
		return w.scaler.size()
	}
	return fmt.Sprint(w.engine.Stats().Slots)
}

// Name is the worker's name in the store, unique for each worker.
func (w *Worker) Name() string { return w.name }

// Active is the number of handlers that are running now.
func (w *Worker) Active() int { return w.engine.Active() }

// Resize changes the number of slots: 1 to 100000. When it shrinks, running
// handlers finish first. A worker with Autoscale refuses it.
func (w *Worker) Resize(slots int) error {
	if w.scaler != nil {
		return fmt.Errorf("%w: Resize: the autoscaler sets the number of slots of this worker", ErrInvalid)
	}
	if err := checkConcurrency(slots); err != nil {
		return err
	}
	w.engine.Resize(slots)
	return nil
}

// observe adapts the engine's events.
func observe(metrics *Metrics, history *historian, config *WorkerConfig) func(*worker.Event) {
	finish, dead := config.OnFinish, config.OnDead
	return func(e *worker.Event) {
		event := Event{
			ID: e.Lease.ID, Kind: e.Lease.Kind, Queue: e.Lease.Queue, Attempt: int(e.Lease.Attempts) + 1,
			Outcome: e.Outcome, Err: e.Err, Wait: e.Wait, Run: e.Run,
		}
		metrics.Observe(event)
		if history != nil {
			history.add(event)
		}
		if finish != nil {
			finish(event)
		}
		if dead != nil && e.Outcome == broker.Dead {
			dead(context.WithoutCancel(e.Task), DeadTask{infoOf(e.Task, time.Time{}), e.Lease.Payload, e.Err})
		}
	}
}

// withDefaults fills the zero fields.
func (c WorkerConfig) withDefaults() WorkerConfig {
	c.Concurrency = cmp.Or(c.Concurrency, defaultConcurrency)
	c.Lease = cmp.Or(c.Lease, defaultLease)
	c.ShutdownGrace = cmp.Or(c.ShutdownGrace, defaultGrace)
	c.UnknownKindAge = cmp.Or(c.UnknownKindAge, defaultUnknownAge)
	c.MaxResultBytes = cmp.Or(c.MaxResultBytes, defaultResultBytes)
	if c.Name == "" {
		c.Name = processName()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}
