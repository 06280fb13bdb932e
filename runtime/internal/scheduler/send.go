package scheduler

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/backoff"
)

// A shot is a message on its way, for a tick of an entry.
type shot struct {
	entry *entry
	tick  time.Time
}

// send enqueues all ticks that are due. The error is that of a store that
// cannot be reached; nothing is lost by it.
func (e *Engine) send(ctx context.Context, entries []*entry) error {
	messages, shots := e.load(ctx, entries)
	if len(messages) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	receipts, err := e.Store.Enqueue(ctx, messages)
	if err != nil {
		return err
	}
	refused := make(map[int]error, len(receipts))
	for _, r := range receipts {
		refused[r.Index] = r.Err
	}
	stuck := make(map[*entry]bool)
	for i, s := range shots {
		if trouble := e.account(s, messages[i].ID, refused[i], stuck); trouble != nil {
			err = trouble
		}
	}
	return err
}

// load makes the messages of the ticks that are due.
func (e *Engine) load(ctx context.Context, entries []*entry) (messages []broker.Message, shots []shot) {
	now := e.clock.read()
	for _, x := range entries {
		for _, tick := range e.due(x, now) {
			m, err := x.Make(ctx, tick)
			m.Delay, m.Due = 0, tick
			m.Once = broker.Once{Name: x.Name, Seq: tick.UnixMilli()}
			if err == nil {
				err = m.Check()
			}
			if err != nil {
				e.Log.Error("cron tick is left out: its task cannot be made", "cron", x.Name, "tick", tick, "error", err)
				x.advance(tick)
				continue
			}
			messages = append(messages, m)
			shots = append(shots, shot{x, tick})
		}
	}
	return messages, shots
}

// account notes what became of a shot. Once one of an entry is stuck the later
// ones of it do not count. It returns the trouble with the store, if so.
func (e *Engine) account(s shot, id broker.ID, err error, stuck map[*entry]bool) error {
	x := s.entry
	if stuck[x] {
		return nil
	}
	log := e.Log.With("cron", x.Name, "tick", s.tick)
	switch {
	case err == nil:
		log.Debug("cron tick", "id", id)
	case errors.Is(err, broker.ErrStale):
		log.Debug("cron tick: another process was first")
	case errors.Is(err, broker.ErrDuplicate):
		log.Info("cron tick without a task: an earlier one holds its unique key")
	case errors.Is(err, broker.ErrFull):
		stuck[x] = true
		e.delay(x, log, err)
		return nil
	default:
		stuck[x] = true
		return err
	}
	x.advance(s.tick)
	return nil
}

// delay lets an entry wait for room in its queue.
func (e *Engine) delay(x *entry, log *slog.Logger, err error) {
	x.tries++
	if x.tries == 1 {
		log.Warn("cron tick has to wait", "error", err)
	}
	x.retry = e.clock.read().Add(patience.Delay(x.tries, rand.Float64()))
}

// patience is how long to wait after what did not work.
var patience = backoff.Policy{Base: 500 * time.Millisecond, Max: 5 * time.Second, Factor: 2, Jitter: 0.2}

// An outage is a time in which the store cannot be used. Its beginning and its
// end are worth a line each.
type outage struct{ tries int }

// pause is how long to wait after an error; without one the outage is over.
func (o *outage) pause(log *slog.Logger, err error) time.Duration {
	switch {
	case err == nil && o.tries > 0:
		log.Info("cron has its store again", "failures", o.tries)
		o.tries = 0
	case err != nil:
		if o.tries++; o.tries == 1 {
			log.Warn("cron cannot reach its store; it goes on trying", "error", err)
		}
		return patience.Delay(o.tries, rand.Float64())
	}
	return 0
}
