// Package contest runs controllers against each other, over traces and seeds.
package contest

import (
	"context"
	"fmt"
	"sync"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/peer"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/workload"
)

// Ours is the name of this project's controller.
const Ours = "taskqueue"

// A Contest is what to run.
type Contest struct {
	Workloads []workload.Workload
	Seeds     []int64
	Peers     []peer.Peer

	// Config of our controller; the bounds and targets are those of each trace.
	Config autoscaler.Config
	// Parallel is how many traces run at the same time; 0 means one.
	Parallel int
	// Done is told about every trace; it may be nil. It is called from one
	// goroutine at a time.
	Done func(trace string, seed int64)
}

// A Row is how one controller did on one trace, seed by seed.
type Row struct {
	Trace, Controller string
	Runs              []sim.Result
}

// Run returns a row for every trace and controller, ours first, in the order of
// the contest.
func (c *Contest) Run(ctx context.Context) ([]Row, error) {
	rows := c.rows()
	jobs := make(chan int)
	var group sync.WaitGroup
	var mutex sync.Mutex
	var failed error
	for range max(1, c.Parallel) {
		group.Go(func() {
			for job := range jobs {
				err := c.job(job, rows)
				mutex.Lock()
				if err != nil && failed == nil {
					failed = err
				}
				if c.Done != nil {
					c.Done(c.Workloads[job/len(c.Seeds)].Name, c.Seeds[job%len(c.Seeds)])
				}
				mutex.Unlock()
			}
		})
	}
	for job := range len(c.Workloads) * len(c.Seeds) {
		if ctx.Err() != nil {
			break
		}
		jobs <- job
	}
	close(jobs)
	group.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return rows, failed
}

func (c *Contest) rows() []Row {
	var rows []Row
	for _, w := range c.Workloads {
		rows = append(rows, Row{w.Name, Ours, make([]sim.Result, len(c.Seeds))})
		for _, p := range c.Peers {
			rows = append(rows, Row{w.Name, p.Name, make([]sim.Result, len(c.Seeds))})
		}
	}
	return rows
}

// job runs every controller on one trace. Jobs write to different results.
func (c *Contest) job(job int, rows []Row) error {
	w, seed := job/len(c.Seeds), job%len(c.Seeds)
	tr := c.Workloads[w].Make(c.Seeds[seed])
	oracle := OracleSeconds(c.Workloads[w].Name, tr)
	rows = rows[w*(1+len(c.Peers)):]
	ours, err := sim.NewProduct(Ours, sim.Fit(c.Config, tr), nil)
	if err != nil {
		return fmt.Errorf("trace %s: %w", tr.Name, err)
	}
	rows[0].Runs[seed] = scored(tr, ours, oracle)
	for i, p := range c.Peers {
		rows[1+i].Runs[seed] = scored(tr, p.New(tr), oracle)
	}
	return nil
}

func scored(tr *sim.Trace, controller sim.Controller, oracle float64) sim.Result {
	r := sim.Run(tr, controller, sim.Options{})
	r.OracleSeconds = oracle
	return r
}

// OracleSeconds is what a clairvoyant pays for a trace: looked up for the
// workloads of the comparison, computed for all others.
func OracleSeconds(name string, tr *sim.Trace) float64 {
	if s, ok := pinned(name, tr.Seed); ok {
		return s
	}
	return sim.Oracle(tr).WorkerSeconds
}
