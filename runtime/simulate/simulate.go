package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/config"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/contest"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/peer"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/picture"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/workload"
)

// Options say what to simulate. Only Trace is needed.
type Options struct {
	// Config is a configuration file, whose table autoscaler is used. Default:
	// the defaults; the environment does not count.
	Config string

	// OwnTargets keeps the bounds and the wait and latency targets of the
	// configuration. Default: those of the trace, by which it is scored.
	OwnTargets bool

	// Trace is one of Traces, or a file.
	Trace string

	// Seed draws the trace, the start-up delays and the failures. Default: that
	// of the file, or 1.
	Seed int64

	// Compare names other controllers; see Controllers.
	Compare []string

	// JSON prints the result as JSON instead of as a table.
	JSON bool

	// Explain prints each change of size with its reason, too.
	Explain bool

	// SVG is a file to draw the runs to. Default: none.
	SVG string
}

// Run simulates and writes the outcome to out.
func Run(ctx context.Context, o Options, out io.Writer) error {
	settings, err := o.settings()
	if err != nil {
		return err
	}
	tr, err := o.trace(settings)
	if err != nil {
		return err
	}
	peers, err := o.peers()
	if err != nil {
		return err
	}
	oracle := contest.OracleSeconds(o.pinned(), tr)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s, err := contest.Simulate(tr, settings, peers, oracle)
	if err != nil {
		return err
	}
	if err := o.draw(tr, s); err != nil {
		return err
	}
	return o.print(out, tr, s)
}

// settings is the controller's configuration.
func (o *Options) settings() (autoscaler.Config, error) {
	c := config.Default()
	if o.Config != "" {
		var err error
		if c, err = config.Load(config.Options{File: o.Config, Environ: []string{}}); err != nil {
			return autoscaler.Config{}, err
		}
	}
	a := c.Autoscale()
	return controllerConfig(&a), nil
}

// controllerConfig is what the controller makes of the worker's setting.
func controllerConfig(a *taskqueue.Autoscale) autoscaler.Config {
	t := a.Tuning
	return autoscaler.Config{
		MinWorkers: a.Min, MaxWorkers: a.Max,
		ScaleUpCount: t.ScaleUpCount, ScaleDownCount: t.ScaleDownCount, Triggers: t.Triggers,
		AdaptiveThresholds: t.AdaptiveThresholds, LearningRate: t.LearningRate, AdaptationWindow: t.AdaptationWindow,
		ScaleUpCooldown: t.ScaleUpCooldown, ScaleDownCooldown: t.ScaleDownCooldown, ConsecutiveSignals: t.ConsecutiveSignals,
		Target: t.Target, EvaluationInterval: t.EvaluationInterval,
	}
}

// trace is what to run over. It gets the targets of the configuration if those
// are to count.
func (o *Options) trace(c autoscaler.Config) (*sim.Trace, error) {
	tr, err := load(o.Trace, o.Seed)
	if err != nil || !o.OwnTargets {
		return tr, err
	}
	tr.Min, tr.Max = c.MinWorkers, c.MaxWorkers
	tr.Init = max(tr.Min, min(tr.Max, tr.Init))
	tr.Wait, tr.Latency = c.Target.QueueWait.Seconds(), c.Target.P95Latency.Seconds()
	return tr, nil
}

// pinned is the name under which the clairvoyant's cost of a trace is kept; it
// is computed where there is none.
func (o *Options) pinned() string {
	if o.OwnTargets || isFile(o.Trace) {
		return ""
	}
	return o.Trace
}

// load reads a file or makes one of the known traces.
func load(name string, seed int64) (*sim.Trace, error) {
	if !isFile(name) {
		w, err := workload.Named(name)
		if err != nil {
			return nil, fmt.Errorf("--trace: %w; or name a file", err)
		}
		return w.Make(max(seed, 1)), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--trace: %w", err)
	}
	defer f.Close()
	tr, err := sim.ReadTrace(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if seed != 0 {
		tr.Seed = seed
	}
	return tr, nil
}

// isFile tells a file from a known trace: those have no dots, slashes, or files
// of their name beside us.
func isFile(name string) bool {
	if _, err := workload.Named(name); err == nil {
		return false
	}
	_, err := os.Stat(name)
	return err == nil
}

// Traces are the names of the traces that come with the simulator: those that
// the controller was compared with others on, and then those that nothing was
// tuned on.
func Traces() (names []string) {
	for _, w := range append(workload.All(), workload.Unseen()...) {
		names = append(names, w.Name)
	}
	return names
}

// Controllers are the names that Options.Compare takes: hpa, keda, kpa, seed and
// aws are the best set-ups of those systems.
func Controllers() []string {
	names := []string{"hpa", "keda", "kpa", "seed", "aws"}
	for _, p := range peer.All() {
		names = append(names, p.Name)
	}
	return names
}

func (o *Options) peers() (all []peer.Peer, err error) {
	for _, name := range o.Compare {
		p, err := peer.Named(name)
		if err != nil {
			return nil, fmt.Errorf("--compare: %w", err)
		}
		all = append(all, p)
	}
	return all, nil
}

// draw writes the picture.
func (o *Options) draw(tr *sim.Trace, s *contest.Simulation) error {
	if o.SVG == "" {
		return nil
	}
	strips := make([]picture.Strip, len(s.Runs))
	for i := range s.Runs {
		sum := &s.Summaries[i]
		strips[i] = picture.Strip{
			Name:   fmt.Sprintf("%s: score %.2f, cost %.2f×, %.1f %% late, %.0f reversals", sum.Controller, sum.Score, sum.Cost, sum.Late, sum.Reversals),
			Course: s.Runs[i].Course,
		}
	}
	f, err := os.Create(o.SVG)
	if err != nil {
		return fmt.Errorf("--svg: %w", err)
	}
	if err := errors.Join(picture.Write(f, tr, strips), f.Close()); err != nil {
		return fmt.Errorf("--svg: %w", err)
	}
	return nil
}

// A report is what JSON prints.
type report struct {
	Trace         string            `json:"trace"`
	Seed          int64             `json:"seed"`
	Seconds       float64           `json:"seconds"`
	Tasks         int64             `json:"tasks"`
	OracleSeconds float64           `json:"oracle_worker_seconds"` // what a clairvoyant pays
	Controllers   []contest.Summary `json:"controllers"`           // ours first
	Decisions     []change          `json:"decisions,omitempty"`
}

// A change is a decision that changed the size.
type change struct {
	At     float64 `json:"at_s"`
	From   int     `json:"from"`
	To     int     `json:"to"`
	Term   string  `json:"term"`
	Reason string  `json:"reason"`
}

func (o *Options) print(out io.Writer, tr *sim.Trace, s *contest.Simulation) error {
	r := report{
		Trace: tr.Name, Seed: tr.Seed, Seconds: tr.Duration, Tasks: s.Runs[0].Tasks,
		OracleSeconds: s.Runs[0].OracleSeconds, Controllers: s.Summaries,
	}
	if o.Explain {
		r.Decisions = changes(s.Decisions)
	}
	if o.JSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.table(out)
}

func changes(decisions []autoscaler.Decision) (all []change) {
	for _, d := range decisions {
		if d.To != d.From {
			all = append(all, change{sim.At(d.At), d.From, d.To, string(d.Term), d.String()})
		}
	}
	return all
}

func (r *report) table(out io.Writer) error {
	fmt.Fprintf(out, "%s, seed %d: %d tasks in %.0f s; a clairvoyant pays %.0f worker-seconds\n", r.Trace, r.Seed, r.Tasks, r.Seconds, r.OracleSeconds)
	for _, c := range r.Decisions {
		fmt.Fprintf(out, "%7.0f s  %s\n", c.At, c.Reason)
	}
	return contest.WriteTable(out, r.Controllers)
}
