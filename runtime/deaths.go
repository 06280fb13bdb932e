package taskqueue

import (
	"context"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// A tended store is that of crons and promoters, whose visits to a queue take tasks
// from workers that have vanished, as cycles of workers do: what they find dead is
// told, too.
type tended struct {
	broker.Broker
	engine *worker.Engine
}

// Cycle implements broker.Queue.
func (t *tended) Cycle(ctx context.Context, c broker.Cycle) (broker.Grant, error) {
	grant, err := t.Broker.Cycle(ctx, c)
	t.engine.Mourn(grant.Died)
	return grant, err
}

// observeDeath adapts the engine's deaths: those without the end of a run.
func observeDeath(name string, history *historian, config *WorkerConfig) func(context.Context, *worker.Death) {
	dead, log := config.OnDead, config.Logger
	return func(ctx context.Context, d *worker.Death) {
		info := infoOfMessage(d.Message, name, log)
		if history != nil {
			history.add(Event{ID: info.ID, Kind: info.Kind, Queue: info.Queue, Attempt: info.Attempt, Outcome: broker.Dead, Err: d.Err})
		}
		if dead != nil {
			dead(ctx, DeadTask{info, d.Message.Payload, d.Err})
		}
	}
}
