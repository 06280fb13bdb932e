// Package workload makes the traces that autoscalers are compared on: steady
// and daily load, steps and flash crowds, batches, schedules, drifting service
// times, failing and saturated downstreams, priorities, memory, long tasks.
package workload

import (
	"fmt"
	"strings"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
)

// A Workload makes traces; one seed gives one trace.
type Workload struct {
	Name string
	Make func(seed int64) *sim.Trace
}

// A recipe fills a trace.
type recipe struct {
	name     string
	duration float64
	fill     func(b *builder)
}

func (r recipe) workload() Workload {
	return Workload{r.name, func(seed int64) *sim.Trace {
		b := begin(r.name, seed, r.duration)
		r.fill(b)
		return b.done()
	}}
}

// All lists the workloads of the comparison.
func All() []Workload {
	var all []Workload
	for _, group := range [][]recipe{rates(), batches(), failures(), memories(), services()} {
		for _, r := range group {
			all = append(all, r.workload())
		}
	}
	return all
}

// Named returns the workload of that name. Its error lists the names there are.
func Named(name string) (Workload, error) {
	var names []string
	for _, w := range append(All(), Unseen()...) {
		if w.Name == name {
			return w, nil
		}
		names = append(names, w.Name)
	}
	return Workload{}, fmt.Errorf("there is no trace %q; there are %s", name, strings.Join(names, ", "))
}
