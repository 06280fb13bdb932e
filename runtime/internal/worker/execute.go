package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A finish is what an executor has to say about its last run.
type finish struct {
	run    *Run
	settle broker.Settle
	err    error
	at     time.Time
}

// execute is the life of an executor: it runs one task after the other until
// it is not needed. A handler that calls runtime.Goexit ends the goroutine;
// then another one takes its place, and settles that run first.
func (e *Engine) execute(exited *Run) {
	var current *Run
	defer func() {
		if current != nil {
			go e.execute(current)
		}
	}()
	var last finish
	if exited != nil {
		last = e.conclude(exited, nil, ErrGoexit)
	}
	var scratch []byte
	for {
		r := e.next(&last)
		if r == nil {
			return
		}
		current = r
		e.logStart(r)
		result, err := r.call(scratch[:0])
		if cap(result) <= maxScratch {
			scratch = result
		}
		last = e.conclude(r, result, err)
		current = nil
	}
}

const maxScratch = 64 << 10

// call runs the handler. A panic is an error; Goexit is not stopped.
func (r *Run) call(dst []byte) (result []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			result, err = dst, newPanic(v)
		}
	}()
	return r.kind.Run(r, r.Lease.Payload, dst)
}

// conclude decides what follows from the end of a run.
func (e *Engine) conclude(r *Run, result []byte, err error) finish {
	f := finish{run: r, at: time.Now(), err: err}
	end := r.end.Load()
	r.cancel(returned)
	if err == nil && len(result) > e.MaxResult {
		f.err = &Verdict{Outcome: broker.Dead, Err: fmt.Errorf("%w: the result of %s has %d bytes, at most %d are allowed",
			broker.ErrTooLarge, r.Lease.Kind, len(result), e.MaxResult)}
	}
	f.settle = decide(r.Lease, r.kind, f.err, end, rand.Float64())
	if f.settle.Outcome == broker.Done && len(result) > 0 && r.Lease.Retention > 0 {
		f.settle.Result = append([]byte(nil), result...)
	}
	e.logEnd(&f)
	e.report(&f)
	return f
}

// next settles the last run, if there was one, and waits for another; nil: the
// executor is not needed any more. It is the one critical section of a task.
func (e *Engine) next(last *finish) *Run {
	e.mu.Lock()
	defer e.mu.Unlock()
	if last.run != nil {
		e.end(last)
		e.distribute()
	}
	now := last.at
	for {
		if e.draining || e.pool > e.slots {
			e.pool--
			return nil
		}
		if r := e.take(); r != nil {
			if now.IsZero() {
				now = time.Now()
			}
			e.start(r, now)
			return r
		}
		now = time.Time{}
		e.work.Wait()
	}
}

// start puts a run among the active ones.
func (e *Engine) start(r *Run, now time.Time) {
	r.Started = now
	r.wait = max(now.Add(e.skew).Sub(r.Lease.Ready), 0)
	e.lastTake = now
	r.place = len(e.active)
	e.active = append(e.active, r)
	r.queue.running++
	if t := r.Lease.Timeout; t > 0 {
		r.deadline = now.Add(t)
		e.watchdog.watch(r.deadline, now)
	}
}

// end takes a run out of the active ones and settles it, if it is still ours
// to settle.
func (e *Engine) end(f *finish) {
	r := f.run
	if r.abandoned {
		return
	}
	last := len(e.active) - 1
	e.active[r.place] = e.active[last]
	e.active[r.place].place = r.place
	e.active[last] = nil
	e.active = e.active[:last]
	e.measure(f.at.Sub(r.Started))
	q := r.queue
	if r.epoch == q.epoch {
		q.running--
		f.settle.At = f.at.Add(e.skew)
		e.settle(q, f.settle)
		q.counts.failed(f, r)
	}
	e.checkQuiet()
}

// failed counts the ways to fail.
func (c *Counts) failed(f *finish, r *Run) {
	if f.err == nil {
		return
	}
	if r.end.Load() == timedOut {
		c.Timeouts++
	}
	if errors.Is(f.err, ErrPanic) {
		c.Panics++
	}
}

// measure keeps the average duration of runs, and with it the prefetch.
func (e *Engine) measure(d time.Duration) {
	ns := float64(max(d, 1))
	if e.runTime == 0 {
		e.runTime = ns
	}
	e.runTime += (ns - e.runTime) / 16
	e.adapt()
}

func (e *Engine) adapt() {
	if e.Prefetch == Adaptive {
		e.prefetch = adaptive(e.slots, e.runTime)
	}
}

// adaptive is the prefetch that keeps slots busy for prefetchAhead.
func adaptive(slots int, runTime float64) int {
	if runTime <= 0 || runTime > float64(prefetchAhead) {
		return 0
	}
	return int(min(float64(slots)*float64(prefetchAhead)/runTime, maxPrefetch))
}

// report tells the observer. What it does wrong is not the task's fault.
func (e *Engine) report(f *finish) {
	if e.OnFinish == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			e.Log.Error("OnFinish panicked", "error", newPanic(v))
		}
	}()
	r := f.run
	e.OnFinish(&Event{
		Lease: r.Lease, Outcome: f.settle.Outcome, Err: f.err,
		Wait: r.wait, Run: f.at.Sub(r.Started),
	})
}

func (r *Run) attrs() []any {
	l := r.Lease
	return []any{"id", l.ID, "kind", l.Kind, "queue", l.Queue, "attempt", int(l.Attempts) + 1}
}

func (e *Engine) logStart(r *Run) {
	if e.Log.Enabled(e.base, slog.LevelDebug) {
		e.Log.DebugContext(r, "task started", r.attrs()...)
	}
}

// logEnd logs a failure, and at debug level everything.
func (e *Engine) logEnd(f *finish) {
	s := &f.settle
	level, text := slog.LevelDebug, "task done"
	switch s.Outcome {
	case broker.Retry:
		level, text = slog.LevelWarn, "task failed; it will be retried"
	case broker.Dead:
		level, text = slog.LevelError, "task failed for good; it is a dead letter now"
	case broker.Discard:
		level, text = slog.LevelWarn, "task discarded"
	case broker.Release:
		text = "task given back"
	}
	if !e.Log.Enabled(e.base, level) {
		return
	}
	attrs := append(f.run.attrs(), "run_time", f.at.Sub(f.run.Started))
	if s.Outcome == broker.Retry || s.Outcome == broker.Release {
		attrs = append(attrs, "after", s.After)
	}
	if f.err != nil {
		attrs = append(attrs, "error", s.Reason)
	}
	e.Log.Log(context.WithoutCancel(f.run), level, text, attrs...)
}
