package web

import (
	"net/http"
	"slices"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// maxRunning is how many runs of a worker of this process are listed.
const maxRunning = 200

type workersReply struct {
	Workers []workerView `json:"workers"` // of all processes, by name
	stamp
}

type workerView struct {
	Name      string        `json:"name"`
	Own       bool          `json:"own"` // of the process that answers; more is known of those
	Host      string        `json:"host"`
	PID       int           `json:"pid"`
	Program   string        `json:"program"` // its version
	StartedAt *time.Time    `json:"started_at"`
	HeardMS   float64       `json:"heard_ms"` // how long ago the store heard of it
	Running   bool          `json:"running"`
	Draining  bool          `json:"draining"`      // it is shutting down
	Stuck     bool          `json:"stuck"`         // own: every slot is held by a handler whose time is up
	Reaches   bool          `json:"reaches_store"` // own; of others: the store heard of it lately
	Slots     int           `json:"slots"`
	Active    int           `json:"active"`
	Buffered  *int          `json:"buffered"` // own: tasks that wait for a slot in the process
	Overdue   int           `json:"overdue"`  // handlers whose time is up; of others among those that are listed
	Done      int64         `json:"done"`
	Failed    int64         `json:"failed"`
	Panics    int64         `json:"panics"`
	Timeouts  int64         `json:"timeouts"`
	Lost      int64         `json:"lost"`
	Run       timesView     `json:"run"`  // of its runs
	Wait      timesView     `json:"wait"` // of the tasks that it ran
	Kinds     []string      `json:"kinds"`
	Queues    []workerQueue `json:"queues"` // in the order in which it serves them
	Runs      []runningView `json:"runs"`   // those that take longest first, at most 20; own: 200
}

type workerQueue struct {
	Queue  string `json:"queue"`
	Weight int    `json:"weight"`
	Active int    `json:"active"`
}

type runningView struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	Queue    string     `json:"queue"`
	Attempt  int        `json:"attempt"`
	Seconds  float64    `json:"seconds"` // so far
	Deadline *time.Time `json:"deadline"`
	Overdue  bool       `json:"overdue"`
}

func (h *handler) workers(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	if err != nil {
		return nil, err
	}
	reply := workersReply{Workers: []workerView{}, stamp: now()}
	for i := range v.announced {
		w := viewWorker(&v.announced[i])
		v.measure(&w)
		reply.Workers = append(reply.Workers, w)
	}
	return reply, nil
}

// viewWorker is what a worker has announced.
func viewWorker(w *taskqueue.WorkerInfo) workerView {
	view := workerView{
		Name: w.Name, Host: w.Host, PID: w.PID, Program: w.Version, StartedAt: instant(w.Started), HeardMS: milliseconds(w.Heard),
		Running: true, Draining: w.Draining, Reaches: w.Heard < 10*time.Second, Slots: w.Slots, Active: w.Active,
		Kinds: []string{}, Queues: []workerQueue{}, Runs: viewRuns(w.Running),
	}
	view.count(&w.Counts)
	for _, k := range w.Kinds {
		view.Kinds = append(view.Kinds, k.Name)
	}
	for _, q := range w.Queues {
		view.Queues = append(view.Queues, workerQueue{q.Name, q.Weight, q.Active})
	}
	for _, r := range w.Running {
		if r.Overdue {
			view.Overdue++
		}
	}
	return view
}

func (w *workerView) count(c *taskqueue.Counts) {
	w.Done, w.Failed, w.Panics, w.Timeouts, w.Lost = c.Done, c.Failed, c.Panics, c.Timeouts, c.Lost
}

// measure adds what the worker measured and, if it is of this process, how it is now.
func (v *look) measure(w *workerView) {
	if i := slices.IndexFunc(v.told, func(m taskqueue.WorkerMetrics) bool { return m.Worker == w.Name }); i >= 0 && len(v.told[i].Kinds) > 0 {
		w.Run, w.Wait = viewTimes(together(v.told[i].Kinds, runTimes)), viewTimes(together(v.told[i].Kinds, waitTimes))
	}
	i := slices.IndexFunc(v.workers, func(own workerState) bool { return own.Name() == w.Name })
	if i < 0 {
		return
	}
	own := &v.workers[i]
	s := &own.health.Stats
	w.Own, w.Running, w.Draining, w.Stuck, w.Reaches = true, own.health.Running, own.health.Draining, own.health.Stuck, own.health.Store == nil
	w.Slots, w.Active, w.Buffered, w.Overdue = s.Slots, s.Active, &s.Buffered, s.Overdue
	w.count(&s.Counts)
	w.Runs = viewRuns(own.Worker.Running(maxRunning))
}

func viewRuns(running []taskqueue.Running) []runningView {
	all := []runningView{}
	for _, r := range running {
		all = append(all, runningView{
			r.ID.String(), r.Kind, r.Queue, r.Attempt, max(time.Since(r.Started).Seconds(), 0), instant(r.Deadline), r.Overdue,
		})
	}
	return all
}

// withOwnWorkers are those that are announced, and those of this process that are not
// yet, or not any more.
func withOwnWorkers(announced []taskqueue.WorkerInfo, own []workerState) []taskqueue.WorkerInfo {
	all := slices.Clone(announced)
	for _, w := range own {
		if slices.ContainsFunc(all, func(i taskqueue.WorkerInfo) bool { return i.Name == w.Name() }) {
			continue
		}
		info := taskqueue.WorkerInfo{Name: w.Name()}
		for _, kind := range w.Kinds() {
			info.Kinds = append(info.Kinds, taskqueue.WorkerKind{Name: kind})
		}
		all = append(all, info)
	}
	return all
}

// fleetSlots are those of all workers, and how many are busy.
func (v *look) fleetSlots() (slots, busy int) {
	for i := range v.announced {
		w := &v.announced[i]
		if j := slices.IndexFunc(v.workers, func(own workerState) bool { return own.Name() == w.Name }); j >= 0 {
			continue
		}
		slots += w.Slots
		busy += w.Active
	}
	ownSlots, ownBusy := v.slots()
	return slots + ownSlots, busy + ownBusy
}
