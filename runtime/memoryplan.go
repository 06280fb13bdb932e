package taskqueue

import (
	"context"
	"fmt"

	"github.com/tqgen/taskqueue/runtime/internal/fleet"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// planMemory leaves out kinds of which a run needs more memory than this process may
// have, so that other workers get their tasks. It says whether the memory of runs is to
// be looked after: there is a limit, and a kind says what it needs.
func planMemory(plan *worker.Config, scales bool) (guards bool) {
	if !scales && !declares(plan) {
		return false
	}
	measure.Heed()
	most := fleet.Most()
	if most == 0 {
		return false
	}
	plan.Room = most
	for name, k := range plan.Kinds {
		if k.Memory > most {
			delete(plan.Kinds, name)
			if plan.Unfit == nil {
				plan.Unfit = make(map[string]string)
			}
			plan.Unfit[name] = fmt.Sprintf("a run takes %d MB, and this process may use %d", k.Memory>>20, most>>20)
			plan.Log.Warn("a kind of task is too large for this process: its tasks are left to others", "kind", name, "why", plan.Unfit[name])
		}
	}
	return declares(plan)
}

// declares says that a kind says what it needs.
func declares(plan *worker.Config) bool {
	for _, k := range plan.Kinds {
		if k.Memory > 0 {
			return true
		}
	}
	return false
}

// guard looks after the memory that runs take, until ctx ends.
func guard(ctx context.Context, engine *worker.Engine) {
	(&fleet.Guard{Engine: engine, Need: func() float64 { return 0 }}).Run(ctx)
}
