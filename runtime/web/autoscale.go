package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// scaleReply is what KEDA's metrics-api trigger reads: valueLocation desired,
// targetValue 1.
type scaleReply struct {
	Desired int    `json:"desired"` // processes that there should be, at least 1
	Workers int    `json:"workers"` // that the fleet should have, in all processes
	Fleet   string `json:"fleet"`
	Leader  string `json:"leader"` // empty: nobody decides now, and the last decision holds
	stamp
}

// scale says how many processes a fleet should have.
func (h *handler) scale(r *http.Request) (any, error) {
	fleets, err := h.client.Fleets(r.Context())
	if err != nil {
		return nil, err
	}
	f, err := chosen(fleets, r.URL.Query().Get("fleet"))
	return scaleReply{f.Processes, f.Desired, f.Name, f.Leader, now()}, err
}

// chosen is the fleet of that name, or the only one.
func chosen(fleets []taskqueue.Fleet, name string) (taskqueue.Fleet, error) {
	var names []string
	for _, f := range fleets {
		if f.Name == name || name == "" && len(fleets) == 1 {
			return f, nil
		}
		names = append(names, f.Name)
	}
	if name == "" && len(fleets) > 1 {
		return taskqueue.Fleet{}, fmt.Errorf("%w: which fleet? Add ?fleet= and one of %s", taskqueue.ErrInvalid, strings.Join(names, ", "))
	}
	return taskqueue.Fleet{}, fmt.Errorf("%w: no worker with an autoscaler is of a fleet %q", taskqueue.ErrNotFound, name)
}

type fleetsReply struct {
	Fleets []fleetView `json:"fleets"` // by name
	stamp
}

// A fleetView is the processes that share an autoscaler.
type fleetView struct {
	Name             string        `json:"name"`
	Leader           string        `json:"leader"`            // the member that decides; empty: nobody does now
	DesiredWorkers   int           `json:"desired_workers"`   // of all processes together
	DesiredProcesses int           `json:"desired_processes"` // that there should be
	MinWorkers       int           `json:"min_workers"`
	MaxWorkers       int           `json:"max_workers"`
	PerProcess       int           `json:"workers_per_process"` // at most
	Workers          int           `json:"workers"`             // that there are
	Members          []memberView  `json:"members"`             // by name; those that died are in it for some seconds
	Decision         *decisionView `json:"decision"`            // the last one; null: there was none
}

type memberView struct {
	Worker  string `json:"worker"`
	Workers int    `json:"workers"` // that it has
	Slots   int    `json:"slots"`   // of all of them together
	Most    int    `json:"most"`    // workers that it may have
}

// A decisionView is a number of workers, and why.
type decisionView struct {
	At       time.Time   `json:"at"`
	From     int         `json:"from"`   // workers
	To       int         `json:"to"`     // workers
	Wanted   int         `json:"wanted"` // before hysteresis and bounds
	Term     string      `json:"term"`   // what decided: hold, steady, pressure, schedule, reserve, errors, memory, bounds
	Reason   string      `json:"reason"` // in words
	Steady   float64     `json:"steady_slots"`
	Pressure float64     `json:"pressure_slots"`
	Reserve  float64     `json:"reserve_slots"`
	Offered  float64     `json:"offered_erlang"`
	Starting int         `json:"starting"`       // workers in start-up
	Wait     float64     `json:"wait_s"`         // predicted
	Target   float64     `json:"target_s"`       // of the wait
	Margin   float64     `json:"learned_margin"` // 0: the configured utilization, 1: Erlang's size, 2: lean
	Signals  signalsView `json:"signals"`
	Brakes   []string    `json:"brakes"` // kinds that are held, at what and why
}

// signalsView are the five measured metrics.
type signalsView struct {
	QueuePressure     signalView `json:"queue_pressure"`     // predicted wait ÷ target
	WorkerUtilization signalView `json:"worker_utilization"` // busy ÷ available slot time
	TaskComplexity    signalView `json:"task_complexity"`    // run time ÷ its baseline
	ErrorRate         signalView `json:"error_rate"`         // of the worst kind
	MemoryPerWorker   signalView `json:"memory_per_worker"`  // MB
}

type signalView struct {
	Value     float64 `json:"value"`
	Threshold float64 `json:"threshold"` // of now: they adapt
	Over      bool    `json:"over"`
}

func viewFleet(f *taskqueue.Fleet) fleetView {
	v := fleetView{
		Name: f.Name, Leader: f.Leader, DesiredWorkers: f.Desired, DesiredProcesses: f.Processes,
		MinWorkers: f.Min, MaxWorkers: f.Max, PerProcess: f.PerProcess, Members: []memberView{},
	}
	for _, m := range f.Members {
		v.Workers += m.Workers
		v.Members = append(v.Members, memberView{m.Name, m.Workers, m.Workers * m.Slots, m.Most})
	}
	if !f.Decision.At.IsZero() {
		v.Decision = new(viewDecision(&f.Decision))
	}
	return v
}

func viewDecision(d *taskqueue.Decision) decisionView {
	v := decisionView{
		At: d.At.UTC(), From: d.From, To: d.To, Wanted: d.Wanted, Term: string(d.Term), Reason: d.String(),
		Steady: d.Steady, Pressure: d.Pressure, Reserve: d.Reserve, Offered: d.Offered, Starting: d.Starting,
		Wait: d.Wait, Target: d.Target, Margin: d.Margin, Brakes: []string{},
		Signals: signalsView{
			viewSignal(d.Signals.QueuePressure), viewSignal(d.Signals.Utilization), viewSignal(d.Signals.Complexity),
			viewSignal(d.Signals.ErrorRate), viewSignal(d.Signals.MemoryPerWorker),
		},
	}
	for _, c := range d.Caps {
		v.Brakes = append(v.Brakes, c.String())
	}
	return v
}

func viewSignal(s taskqueue.Signal) signalView { return signalView{s.Value, s.Threshold, s.Over()} }

func (h *handler) fleets(r *http.Request) (any, error) {
	fleets, err := h.client.Fleets(r.Context())
	views := []fleetView{}
	for i := range fleets {
		views = append(views, viewFleet(&fleets[i]))
	}
	return fleetsReply{views, now()}, err
}

type decisionsReply struct {
	Decisions []decisionView `json:"decisions"` // the newest first
	stamp
}

func (h *handler) decisions(r *http.Request) (any, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	decisions, err := h.client.FleetDecisions(r.Context(), r.PathValue("fleet"), limit)
	views := []decisionView{}
	for i := range decisions {
		views = append(views, viewDecision(&decisions[i]))
	}
	return decisionsReply{views, now()}, err
}

// recommend says in words what the autoscalers decided last; nil: there is none.
func recommend(fleets []taskqueue.Fleet) *string {
	var lines []string
	for i := range fleets {
		if f := &fleets[i]; !f.Decision.At.IsZero() {
			lines = append(lines, f.Name+": "+f.Decision.String())
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return new(strings.Join(lines, "\n"))
}

// report is what the autoscalers together make of the workers; nil: there is none.
func report(fleets []taskqueue.Fleet) *scalingReport {
	if len(fleets) == 0 {
		return nil
	}
	r := &scalingReport{}
	change := 0
	for i := range fleets {
		for _, m := range fleets[i].Members {
			r.CurrentWorkers += m.Workers
		}
		change += cmp.Compare(fleets[i].Decision.To, fleets[i].Decision.From)
	}
	r.RecommendedAction = [...]string{"scale_down", "maintain", "scale_up"}[1+cmp.Compare(change, 0)]
	return r
}

// scales writes what the fleets should have: for the external metrics of a
// HorizontalPodAutoscaler, and to see what the autoscaler sees.
func (x exposition) scales(fleets []taskqueue.Fleet) {
	for _, g := range []struct {
		name, help string
		of         func(*taskqueue.Fleet) float64
	}{
		{"taskqueue_autoscaler_desired_processes", "Processes that a fleet should have.", func(f *taskqueue.Fleet) float64 { return float64(f.Processes) }},
		{"taskqueue_autoscaler_desired_workers", "Workers that a fleet should have.", func(f *taskqueue.Fleet) float64 { return float64(f.Desired) }},
		{"taskqueue_autoscaler_workers", "Workers that a fleet has.", func(f *taskqueue.Fleet) float64 { return float64(viewFleet(f).Workers) }},
		{"taskqueue_autoscaler_leaders", "1 if a process of the fleet decides.", func(f *taskqueue.Fleet) float64 { return float64(truth(f.Leader != "")) }},
		{"taskqueue_autoscaler_queue_pressure", "Predicted wait ÷ its target.", func(f *taskqueue.Fleet) float64 { return f.Decision.Signals.QueuePressure.Value }},
		{"taskqueue_autoscaler_utilization", "Busy ÷ available time of slots.", func(f *taskqueue.Fleet) float64 { return f.Decision.Signals.Utilization.Value }},
		{"taskqueue_autoscaler_complexity", "Run time ÷ its baseline.", func(f *taskqueue.Fleet) float64 { return f.Decision.Signals.Complexity.Value }},
		{"taskqueue_autoscaler_error_rate", "Failed attempts ÷ all, of the worst kind.", func(f *taskqueue.Fleet) float64 { return f.Decision.Signals.ErrorRate.Value }},
		{"taskqueue_autoscaler_offered_erlang", "Slots that what arrives keeps busy.", func(f *taskqueue.Fleet) float64 { return f.Decision.Offered }},
	} {
		x.head(g.name, "gauge", g.help)
		for i := range fleets {
			x.sample(g.name, g.of(&fleets[i]), "fleet", fleets[i].Name)
		}
	}
}
