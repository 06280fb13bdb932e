package taskqueue

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

const (
	parkingsTable = "parkings"
	parkingsTTL   = time.Minute
)

// parkings are where workers tell each other that they have parked tasks of a queue:
// in a busy queue others learn of it with their next cycle, in an idle one there is
// none for long.
type parkings struct {
	store   broker.Records
	engine  *worker.Engine
	serves  map[string]bool
	changed chan struct{} // there is something to tell; capacity 1
	seen    map[string]uint64
	trouble

	mu    sync.Mutex
	fresh map[string]bool      // queues with something to tell
	told  map[string]time.Time // when that was done last
}

func newParkings(store broker.Records, queues []worker.Queue, log *slog.Logger) *parkings {
	p := &parkings{
		store: store, serves: make(map[string]bool), changed: make(chan struct{}, 1), trouble: trouble{log: log},
		seen: make(map[string]uint64), fresh: make(map[string]bool), told: make(map[string]time.Time),
	}
	for _, q := range queues {
		p.serves[q.Name] = true
	}
	return p
}

// note is the engine's OnPark. The first of several is told at once, the others
// with the next round.
func (p *parkings) note(queue string, _ broker.Shape) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fresh[queue] = true
	if time.Since(p.told[queue]) < announcePeriod {
		return
	}
	p.told[queue] = time.Now()
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// exchange tells what is new here, and hears what is new elsewhere.
func (p *parkings) exchange(ctx context.Context) {
	p.tell(ctx)
	ctx, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	rows, err := p.store.Records(ctx, parkingsTable)
	if err != nil {
		return // the next round hears of it
	}
	for _, r := range rows {
		if p.serves[r.Name] && p.seen[r.Name] != r.Version {
			p.seen[r.Name] = r.Version
			p.engine.Look(r.Name)
		}
	}
}

func (p *parkings) tell(ctx context.Context) {
	for _, queue := range p.news() {
		version, err := p.put(ctx, p.store, parkingsTable, broker.Record{Name: queue, TTL: parkingsTTL, If: broker.Any})
		p.trouble.note("cannot tell other workers of parked tasks; they find them later", err)
		if err != nil {
			p.note(queue, broker.Shape{})
			return
		}
		p.seen[queue] = version
	}
}

func (p *parkings) news() (queues []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for queue := range p.fresh {
		queues = append(queues, queue)
	}
	clear(p.fresh)
	return queues
}
