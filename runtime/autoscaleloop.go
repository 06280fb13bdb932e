package taskqueue

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// A scaler is the loop around the controller: it observes, asks, acts and keeps.
type scaler struct {
	controller *autoscaler.Controller
	measured   measure.Config
	log        *slog.Logger
	decisions  decisions
}

// planScaler makes the loop of a worker and prepares the engine's plan for it;
// nil, if the number of workers is fixed.
func planScaler(c *Client, a Autoscale, plan *worker.Config) (*scaler, error) {
	if !a.on() {
		return nil, nil
	}
	controller, err := autoscaler.New(a.config())
	if err != nil {
		return nil, err
	}
	s := &scaler{controller: controller, log: plan.Log}
	s.measured = measure.Config{Store: c, Slots: plan.Slots, Queues: measuredQueues(plan), Kinds: tally(plan)}
	plan.Slots *= cmp.Or(a.Initial, a.Min, 1)
	return s, nil
}

// tally makes the engine count the attempts of each kind, and names the kinds.
func tally(plan *worker.Config) (names []string) {
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
		names = append(names, k.Name)
	}
	return names
}

// measuredQueues are the queues, those first whose tasks go first.
func measuredQueues(plan *worker.Config) (queues []measure.Queue) {
	for i, q := range plan.Queues {
		queues = append(queues, measure.Queue{Name: q.Name, Place: i, Weight: float64(q.Weight) / defaultWeight})
	}
	if !plan.Strict {
		slices.SortStableFunc(queues, func(a, b measure.Queue) int { return cmp.Compare(b.Weight, a.Weight) })
	}
	return queues
}

// run scales the engine until ctx ends.
func (s *scaler) run(ctx context.Context, engine *worker.Engine) {
	s.measured.Engine = engine
	observer := measure.New(s.measured)
	ticker := time.NewTicker(s.controller.Config().EvaluationInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.tick(ctx, observer, engine)
		}
	}
}

const observeTimeout = 2 * time.Second

// tick decides once. While the store does not answer all stays as it is: a
// decision on old figures would be a guess.
func (s *scaler) tick(ctx context.Context, observer *measure.Observer, engine *worker.Engine) {
	ctx, cancel := context.WithTimeout(ctx, observeTimeout)
	defer cancel()
	observation, err := observer.Observe(ctx)
	if err != nil {
		s.log.Debug("autoscaler holds", "error", err)
		return
	}
	d := s.controller.Decide(time.Now(), observation)
	s.decisions.add(d)
	if d.To == d.From {
		return
	}
	s.log.Info("workers scaled", "from", d.From, "to", d.To, "slots", d.To*s.measured.Slots, "why", d.String())
	engine.Resize(d.To * s.measured.Slots)
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
