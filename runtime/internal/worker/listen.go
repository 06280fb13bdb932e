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
		for n := 0; ; n++ {
			_, err := e.Store.Wait(ctx, names)
			if err == nil {
				break
			}
			if ctx.Err() != nil || errors.Is(err, broker.ErrClosed) {
				return
			}
			e.sleep(ctx, retryPause(n))
		}
		e.woken(q)
	}
}

// listenTo arms the listener of an idle queue; the caller holds mu.
func (e *Engine) listenTo(q *queue) {
	if q.ready || q.listening || e.draining {
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
	if e.draining {
		return
	}
	q.ready = true
	e.distribute()
	if q.quota == 0 && q.asking == 0 {
		q.passOn = true
		q.poke()
	}
}
