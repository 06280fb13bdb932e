package contest

import (
	"fmt"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/peer"
)

// A Simulation is one trace, run with our controller and with peers.
type Simulation struct {
	Summaries []Summary             // ours first
	Runs      []sim.Result          // in the same order, with their courses
	Decisions []autoscaler.Decision // ours, one for every tick
}

// Simulate runs a trace with a config, whose bounds and targets are replaced by
// the trace's, and with peers. OracleSeconds is what the cost is measured
// against; see the function of that name.
func Simulate(tr *sim.Trace, c autoscaler.Config, peers []peer.Peer, oracleSeconds float64) (*Simulation, error) {
	s := &Simulation{}
	ours, err := sim.NewProduct(Ours, sim.Fit(c, tr), func(d autoscaler.Decision) { s.Decisions = append(s.Decisions, d) })
	if err != nil {
		return nil, fmt.Errorf("trace %s: %w", tr.Name, err)
	}
	s.run(Ours, tr, ours, oracleSeconds)
	for _, p := range peers {
		s.run(p.Name, tr, p.New(tr), oracleSeconds)
	}
	return s, nil
}

func (s *Simulation) run(name string, tr *sim.Trace, c sim.Controller, oracleSeconds float64) {
	r := sim.Run(tr, c, sim.Options{Course: true})
	r.OracleSeconds = oracleSeconds
	s.Runs = append(s.Runs, r)
	s.Summaries = append(s.Summaries, Summarize(name, []sim.Result{r}))
}
