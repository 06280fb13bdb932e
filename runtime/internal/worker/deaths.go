package worker

import (
	"context"
	"errors"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// ErrLost is why a task died whose runs never ended.
var ErrLost = errors.New("taskqueue: lost: its worker vanished in each of the last runs")

// A Death is that of a task without the end of a run: this worker took it from
// workers that had vanished, or it was too old for a kind that nobody knows.
type Death struct {
	Message *broker.Message // before it, but for its Lost
	Err     error
}

// Mourn tells of tasks that a cycle has found dead.
func (e *Engine) Mourn(died []broker.Message) {
	if len(died) == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range died {
		e.mourn(Death{&died[i], ErrLost})
	}
}

// mourn has OnDeath called, one death after the other and by a goroutine that lives
// while there are any: whoever found out is needed for other things. The caller
// holds mu.
func (e *Engine) mourn(d Death) {
	m := d.Message
	e.Log.Error("task is a dead letter now", "id", m.ID, "kind", m.Kind, "queue", m.Queue, "lost", m.Lost, "error", d.Err)
	if e.OnDeath == nil {
		return
	}
	e.deaths = append(e.deaths, d)
	if e.mourning == nil {
		e.mourning = make(chan struct{})
		go e.tellDeaths()
	}
}

// tellDeaths is the life of that goroutine. An observer that calls runtime.Goexit
// ends it; then it goes on in another one.
func (e *Engine) tellDeaths() {
	told := false
	defer func() {
		if !told {
			go e.tellDeaths()
		}
	}()
	for {
		d, ctx := e.nextDeath()
		if ctx == nil {
			told = true
			return
		}
		e.tellDeath(ctx, &d)
	}
}

// nextDeath is the next one to tell of; without a context there is none.
func (e *Engine) nextDeath() (d Death, ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.deaths) == 0 {
		close(e.mourning)
		e.deaths, e.mourning = nil, nil
		e.checkQuiet()
		return d, nil
	}
	d, e.deaths = e.deaths[0], e.deaths[1:]
	if e.base == nil {
		return d, context.Background() // Run is about to begin
	}
	return d, e.base
}

func (e *Engine) tellDeath(ctx context.Context, d *Death) {
	defer func() {
		if v := recover(); v != nil {
			e.Log.Error("OnDead panicked", "error", newPanic(v))
		}
	}()
	e.OnDeath(ctx, d)
}

// mourned waits until all deaths are told, or the engine's life ends.
func (e *Engine) mourned() {
	e.mu.Lock()
	told := e.mourning
	e.mu.Unlock()
	if told == nil {
		return
	}
	select {
	case <-told:
	case <-e.life.Done():
	}
}
