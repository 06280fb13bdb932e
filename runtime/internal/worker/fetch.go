package worker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// fetch is the life of a queue's fetcher: it cycles when there is a reason to,
// and ends with the session.
func (e *Engine) fetch(q *queue) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for e.life.Err() == nil {
		c, sleep := e.plan(q)
		if sleep > 0 {
			timer.Reset(sleep)
			e.rest(q, timer)
			continue
		}
		grant, err := e.ask(q, c)
		switch {
		case err == nil:
			e.absorb(q, c, grant)
		case refused(err):
			e.fenced(q, c)
		default:
			e.give(q, c, err)
			return
		}
		if c.Leave {
			return
		}
	}
}

// rest sleeps until the timer fires or somebody pokes the queue.
func (e *Engine) rest(q *queue, timer *time.Timer) {
	select {
	case <-q.signal:
	case <-timer.C:
	case <-e.life.Done():
	}
}

// plan decides whether to cycle now, and with what, or how long to sleep.
func (e *Engine) plan(q *queue) (c *broker.Cycle, sleep time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	q.sleeping = false
	if q.paused && !q.pauseTo.After(now) {
		q.paused = false
		e.distribute()
	}
	if e.stalled(q, now) <= 0 {
		e.yield(q)
	}
	if sleep = e.due(q, now); sleep > 0 {
		q.sleeping = true
		e.listenTo(q)
		return nil, sleep
	}
	e.reopen(q, now)
	return e.cycle(q, now), 0
}

// yield lets other workers have what is stuck in the buffer.
func (e *Engine) yield(q *queue) {
	e.runTime = max(e.runTime, float64(stallAfter))
	e.adapt()
	e.giveBack(q)
}

// due is how long the next cycle has time; 0 or less: none.
func (e *Engine) due(q *queue, now time.Time) time.Duration {
	if e.leaving || q.passOn || q.quota > 0 && !e.beginning() {
		return 0
	}
	next := min(q.last.Add(e.heartbeat(q, now)).Sub(now), e.stalled(q, now), q.settleIn(now))
	if q.paused {
		next = min(next, q.pauseTo.Sub(now))
	}
	if q.again > 0 && !e.draining && e.free() > 0 {
		next = min(next, q.last.Add(q.again).Sub(now))
	}
	if q.rivals.After(now) && !e.draining && e.free() > 0 {
		next = min(next, q.last.Add(rivalPause).Sub(now))
	}
	if len(q.telling) > 0 {
		next = min(next, q.tellAt.Sub(now))
	}
	return next
}

// settleIn is how long what is finished has time to wait for more.
func (q *queue) settleIn(now time.Time) time.Duration {
	switch n := len(q.finished); {
	case n == 0:
		return time.Hour
	case n >= broker.MaxBatch, q.running+q.buffer.len() == 0:
		return 0
	}
	return q.first.Add(linger).Sub(now)
}

// stalled is how long until the queue's buffer counts as stuck behind runs
// that turned out long: then others shall have the tasks.
func (e *Engine) stalled(q *queue, now time.Time) time.Duration {
	if q.buffer.len() == 0 || e.Prefetch != Adaptive {
		return time.Hour
	}
	return q.moved.Add(stallAfter).Sub(now)
}

// cycle makes the next cycle; the caller holds mu.
func (e *Engine) cycle(q *queue, now time.Time) *broker.Cycle {
	lease := e.Lease
	if e.resting(q, now) {
		lease = e.idleLease()
	} else if free := e.free(); free > 0 && q.quota == 0 && !q.paused && !e.draining && !e.contended(q) {
		q.quota = min(free, broker.MaxBatch)
		e.promised += q.quota
	}
	q.seq++
	q.asking, q.quota, q.passOn = q.quota, 0, false
	q.hoped, q.hinted = q.ready, false
	c := &broker.Cycle{
		Session: broker.Session{Worker: q.session, Queue: q.name},
		Seq:     q.seq, Lease: lease, Settle: q.outgoing(), Progress: q.told(),
		Want: broker.Want{Max: q.asking}, Promote: e.Promote,
	}
	if q.asking > 0 {
		c.Unpark, q.unpark = q.unpark, nil
		c.Want.Max = min(q.asking+q.extra, broker.MaxBatch)
	}
	c.Leave = e.leaving && len(q.finished) == 0
	if q.asking > 0 && e.suspects == 0 && e.suspector == nil {
		c.Want.Suspects = true
		e.suspector = q
	}
	return c
}

// contended reports whether another queue may need capacity, which is the
// splitter's to divide then.
func (e *Engine) contended(by *queue) bool {
	for _, q := range e.queues {
		if q != by && q.wants() {
			return true
		}
	}
	return false
}

// outgoing takes the settles of one cycle from finished.
func (q *queue) outgoing() []broker.Settle {
	n, bytes := 0, 0
	for n < len(q.finished) && n < broker.MaxBatch {
		bytes += len(q.finished[n].Result)
		if n > 0 && bytes > broker.MaxBatchBytes {
			break
		}
		n++
	}
	if n == 0 {
		return nil
	}
	out := q.finished[:n:n]
	q.finished = append(q.spare[:0], q.finished[n:]...)
	q.spare = nil
	return out
}

// ask cycles until there is an answer. A cycle that got none is repeated as it
// was, for as long as the process lives: only so nothing is done twice.
func (e *Engine) ask(q *queue, c *broker.Cycle) (broker.Grant, error) {
	for n := 0; ; n++ {
		ctx, cancel := context.WithTimeout(e.life, min(e.Lease/2, 5*time.Second))
		grant, err := e.Store.Cycle(ctx, *c)
		cancel()
		if err == nil || refused(err) {
			e.answered(q)
			return grant, err
		}
		if errors.Is(err, broker.ErrClosed) {
			return grant, err
		}
		if e.life.Err() != nil {
			return grant, e.life.Err()
		}
		e.unanswered(q, err)
		e.sleep(e.life, retryPause(n))
	}
}

// refused tells an answer that the session is over from no answer at all.
func refused(err error) bool {
	return errors.Is(err, broker.ErrFenced) || errors.Is(err, broker.ErrStale)
}

// retryPause grows from about 10 ms to about half a second.
func retryPause(n int) time.Duration {
	d := min(10*time.Millisecond<<min(n, 6), 500*time.Millisecond)
	return d/2 + rand.N(d)
}

func (e *Engine) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// unanswered notes that the store is away, and says so once. Other queues get
// the capacity that this one has asked for: their store may be another one.
func (e *Engine) unanswered(q *queue, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.outage() == nil {
		e.Log.Error("task store does not answer; trying on", "queue", q.name, "error", err)
	}
	q.outage = err
	e.withdraw(q)
	e.stopAsking(q)
	e.distribute()
}

// answered notes that the store is back.
func (e *Engine) answered(q *queue) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if q.outage == nil {
		return
	}
	q.outage = nil
	if e.outage() == nil {
		e.Log.Info("task store answers again", "queue", q.name)
	}
}

// give ends the engine, as no cycle can succeed any more. What the session
// holds goes to other workers when its lease lapses.
func (e *Engine) give(q *queue, c *broker.Cycle, err error) {
	e.mu.Lock()
	held := q.held
	e.mu.Unlock()
	if held > 0 {
		e.Log.Error("leases not given back: the store does not answer; they will lapse",
			"queue", q.name, "leases", held, "settled", len(c.Settle), "error", err)
	}
	select {
	case e.broken <- fmt.Errorf("taskqueue: worker stopped: %w", err):
	default:
	}
}

// fenced begins a new session: other workers have, or will get, all that the
// old one held.
func (e *Engine) fenced(q *queue, c *broker.Cycle) {
	e.mu.Lock()
	lost := e.disown(q)
	held := q.held
	q.counts.Lost += int64(len(c.Settle))
	e.newSession(q)
	q.held, q.running, q.ready = 0, 0, true
	q.last = time.Now()
	e.stopAsking(q)
	e.distribute()
	e.mu.Unlock()
	if held > 0 {
		e.Log.Warn("session lost: the worker was out of touch for longer than its lease",
			"queue", q.name, "leases", held, "running", len(lost))
	}
	for _, r := range lost {
		r.cancel(leaseLost)
	}
}

// disown forgets the leases of a queue's session and returns those that run.
func (e *Engine) disown(q *queue) (lost []*Run) {
	for len(q.open) > 0 {
		e.shut(q, 0)
	}
	for q.buffer.len() > 0 {
		for part := range q.buffer.pop().parts {
			e.forget(part.Lease)
		}
		e.buffered--
	}
	q.counts.Lost += int64(len(q.finished))
	q.finished = nil
	for _, r := range e.active {
		if r.queue != q || r.epoch != q.epoch {
			continue
		}
		for part := range r.parts {
			e.forget(part.Lease)
			q.counts.Lost++
		}
		lost = append(lost, r)
	}
	return lost
}

// stopAsking closes the account of the cycle that is under way.
func (e *Engine) stopAsking(q *queue) {
	e.promised -= q.asking
	q.asking = 0
	if e.suspector == q {
		e.suspector = nil
	}
}
