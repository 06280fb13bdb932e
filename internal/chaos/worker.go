package chaos

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A workerPlan is how a worker works.
type workerPlan struct {
	Slots int
	Lease time.Duration
	Grace time.Duration
	Old   bool // it does not know the kind Extra
	Cron  bool // it enqueues an Extra every second
}

// work runs a worker until the process is told to stop.
func (p *plan) work(ctx context.Context, client *taskqueue.Client, ledger *Ledger) error {
	tasks := work.Tasks(&handler{ledger: ledger, gates: gates(p.Dir, p.Name)})
	if p.Worker.Old {
		tasks = tasks[:1]
	}
	worker, err := taskqueue.NewWorker(client, taskqueue.WorkerConfig{
		Tasks:         plant(p.Fault, tasks),
		Queues:        []taskqueue.QueueWeight{{Name: queueName}},
		Concurrency:   p.Worker.Slots,
		Lease:         p.Worker.Lease,
		ShutdownGrace: p.Worker.Grace,
		Name:          p.Name,
		Logger:        logger(),
		Crons:         p.Worker.crons(),
	})
	if err != nil {
		return err
	}
	return worker.Run(ctx)
}

func (w *workerPlan) crons() []taskqueue.Cron {
	if !w.Cron {
		return nil
	}
	return []taskqueue.Cron{{Spec: "@every 1s", Missed: taskqueue.MissedAll, Job: work.Extra{}.Job()}}
}

// A handler does what tasks ask for and writes it down.
type handler struct {
	ledger *Ledger
	gates  []string // see gates
}

// Extra implements work.Handler.
func (h *handler) Extra(ctx context.Context, _ *work.Extra) error {
	i := taskqueue.Info(ctx)
	began := Record{Event: Began, ID: i.ID.String(), Worker: i.Worker, Token: i.Token, Attempt: i.Attempt, Lost: i.Lost, Note: i.Header(taskqueue.CronTick)}
	return errors.Join(h.ledger.Write(began), h.note(&i, Ended, Done))
}

var errPlanned = errors.New("a planned failure")

// Step implements work.Handler.
func (h *handler) Step(ctx context.Context, s *work.Step) (*work.Mark, error) {
	i := taskqueue.Info(ctx)
	if err := h.note(&i, Began, ""); err != nil {
		return nil, err
	}
	err := h.linger(ctx, s)
	how := Done
	switch {
	case interrupted(ctx, err):
		how = Interrupted
	case err != nil:
		how = Failed
	case i.Attempt <= s.Fails:
		how, err = Failed, errPlanned
	}
	if err := h.note(&i, Ended, how); err != nil {
		return nil, err
	}
	if errors.Is(err, errPlanned) {
		return nil, misbehave(s.Act)
	}
	return &work.Mark{Token: i.Token, Worker: i.Worker}, err
}

// interrupted reports whether a run ended for its worker's sake.
func interrupted(ctx context.Context, err error) bool {
	cause := context.Cause(ctx)
	return err != nil && (errors.Is(cause, taskqueue.ErrShutdown) || errors.Is(cause, taskqueue.ErrLeaseLost))
}

// linger takes the time that a task wants.
func (h *handler) linger(ctx context.Context, s *work.Step) error {
	switch s.Act {
	case work.Hold:
		return pass(ctx, h.gates)
	case work.Cling:
		return pass(context.Background(), h.gates)
	case work.Ignore:
		time.Sleep(s.For)
	case work.Spin:
		for end := time.Now().Add(s.For); time.Now().Before(end); {
			runtime.KeepAlive(s)
		}
	default:
		return sleep(ctx, s.For)
	}
	return nil
}

// misbehave fails in the way that a task wants.
func misbehave(act work.Act) error {
	switch act {
	case work.Panic:
		panic(errPlanned)
	case work.Goexit:
		runtime.Goexit()
	case work.Leak:
		go time.Sleep(time.Hour)
	}
	return errPlanned
}

func (h *handler) note(i *taskqueue.TaskInfo, event Event, how string) error {
	return h.ledger.Write(Record{
		Event: event, ID: i.ID.String(), Worker: i.Worker, Token: i.Token, Attempt: i.Attempt, Lost: i.Lost, How: how,
	})
}
