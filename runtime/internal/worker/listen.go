package worker

import (
	"context"
	"errors"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// listen is the life of a queue's listener: when it is armed it waits until
// there may be work, and tells the fetcher.
func (e *Engine) listen(ctx context.Context, q *queue) {
	names := []string{q.name}
	for {
		select {
		case <-q.arm:
		case <-ctx.Done():
			return
		}
		heard := e.waitFor(ctx, q, names)
		if ctx.Err() != nil {
			return
		}
		e.woken(q) // a store that was closed tells the fetcher
		if !heard {
			return
		}
	}
}

// deafAfter is how many failures of Wait in a row are worth a line in the log.
const deafAfter = 3

// waitFor waits until there may be work; false: there will be none any more.
// While Wait fails and cycles do not, work is found by looking for it.
func (e *Engine) waitFor(ctx context.Context, q *queue, names []string) bool {
	for n := 1; ; n++ {
		_, err := e.Store.Wait(ctx, names)
		if err == nil {
			return true
		}
		if ctx.Err() != nil || errors.Is(err, broker.ErrClosed) {
			return false
		}
		e.unheard(q)
		if n == deafAfter {
			e.Log.Warn("cannot wait for tasks; looking for them now and then", "queue", q.name, "every", pollInterval, "error", err)
		}
		e.sleep(ctx, retryPause(n))
	}
}

// listenTo arms the listener of an idle queue; the caller holds mu.
func (e *Engine) listenTo(q *queue) {
	if q.ready || q.paused || q.listening || e.draining {
		return
	}
	q.listening = true
	q.arm <- struct{}{}
}

// woken notes that a queue may have work. Without capacity for it, one cycle
// is made all the same: it lets the store wake another worker.
func (e *Engine) woken(q *queue) {
	e.mu.Lock()
	defer e.mu.Unlock()
	q.listening = false
	q.ready, q.hinted = true, true
	e.distribute()
	if q.quota == 0 && (q.asking == 0 || e.draining) {
		q.passOn = true
		q.poke()
	}
}
