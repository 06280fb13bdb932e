package taskqueue

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tqgen/taskqueue/runtime/internal/fleet"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// A scaler makes a worker one of its fleet's processes, and keeps what was
// decided.
type scaler struct {
	config    fleet.Config
	decisions decisions
}

// planScaler prepares the engine's plan for a fleet, which gives it its slots;
// nil, if their number is fixed.
func planScaler(c *Client, a Autoscale, plan *worker.Config) *scaler {
	if !a.on() {
		return nil
	}
	s := &scaler{}
	s.config = fleet.Config{
		Store: c.broker, Name: plan.Name, Controller: a.config(), Capacity: a.perProcess(),
		Initial: cmp.Or(a.Initial, a.Min, 1), Slots: plan.Slots,
		Queues: measuredQueues(plan), Log: plan.Log, Decided: s.decisions.add,
	}
	s.config.Kinds, s.config.Declared = tally(plan)
	for _, q := range plan.Queues {
		s.config.Served = append(s.config.Served, q.Name)
	}
	s.config.Fleet = cmp.Or(a.Fleet, fleetOf(s.config.Served))
	plan.Slots = 0
	return s
}

// size says between which bounds the slots of this process are.
func (s *scaler) size() string {
	return fmt.Sprintf("0 to %d", s.config.Capacity*s.config.Slots)
}

// run takes part in the fleet until ctx ends.
func (s *scaler) run(ctx context.Context, engine *worker.Engine) {
	config := s.config
	config.Engine = engine
	fleet.New(config).Run(ctx)
}

// fleetOf is the name of those that serve the same queues.
func fleetOf(queues []string) string {
	name := strings.Join(slices.Sorted(slices.Values(queues)), ".")
	if len(name) <= fleet.MaxName {
		return name
	}
	hash := fnv.New64a()
	hash.Write([]byte(name))
	return fmt.Sprintf("%.80s.%016x", name, hash.Sum64())
}

// tally makes the engine count the attempts of each kind, names the kinds, and says
// what a run of them is declared to take, in MB.
func tally(plan *worker.Config) (names []string, declared []float64) {
	for _, wire := range slices.Sorted(maps.Keys(plan.Kinds)) {
		k := plan.Kinds[wire]
		if k.Tally != nil {
			continue // another name of it
		}
		k.Tally = &worker.Tally{Started: make([]worker.Starts, len(plan.Queues))}
		for _, older := range k.Older {
			older.Tally = k.Tally
		}
		plan.Tallies = append(plan.Tallies, k.Tally)
		names, declared = append(names, k.Name), append(declared, float64(k.Memory)/(1<<20))
	}
	return names, declared
}

// measuredQueues are the queues, those first whose tasks go first.
func measuredQueues(plan *worker.Config) (queues []measure.Queue) {
	for _, q := range plan.Queues {
		queues = append(queues, measure.Queue{Name: q.Name, Weight: float64(q.Weight) / defaultWeight})
	}
	if !plan.Strict {
		slices.SortStableFunc(queues, func(a, b measure.Queue) int { return cmp.Compare(b.Weight, a.Weight) })
	}
	return queues
}

// decisions are the last ones.
type decisions struct {
	mu   sync.Mutex
	ring []Decision
	next int // the oldest, once the ring is full
}

const maxDecisions = 1000

func (d *decisions) add(one Decision) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ring) < maxDecisions {
		d.ring = append(d.ring, one)
		return
	}
	d.ring[d.next] = one
	d.next = (d.next + 1) % maxDecisions
}

// last returns the newest n, the newest first.
func (d *decisions) last(n int) []Decision {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]Decision, 0, max(0, min(n, len(d.ring))))
	for i := len(d.ring) - 1; len(all) < cap(all); i-- {
		all = append(all, d.ring[(d.next+i)%len(d.ring)])
	}
	return all
}
