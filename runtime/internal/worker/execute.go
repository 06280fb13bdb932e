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

// An executor runs one task after the other.
type executor struct {
	engine  *Engine
	run     *Run     // whose handler is running; nil: none
	last    *Run     // what next has to settle; nil: nothing
	ends    []finish // of its tasks
	scratch []byte   // for results
	event   Event    // for OnFinish
}

const maxScratch = 64 << 10

// A finish is what an executor has to say about its last run.
type finish struct {
	run      *Run
	settle   broker.Settle
	err      error
	at       time.Time
	panicked bool
	timedOut bool
}

// work is the life of an executor: it ends when the executor is not needed. A
// handler that calls runtime.Goexit ends the goroutine; then the executor goes
// on in another one where it was. So it does for an observer that does that.
func (x *executor) work() {
	needed := true
	defer func() {
		if needed {
			go x.work()
		}
	}()
	if x.run != nil {
		x.conclude(nil, ErrGoexit)
	}
	for x.next() {
		x.engine.logStart(x.run)
		result, err := x.run.call(x.scratch[:0])
		x.conclude(result, err)
		x.keep(cap(result))
	}
	needed = false
}

// keep lets scratch grow to what a result needed. It never takes a handler's
// memory, which may be somebody else's too.
func (x *executor) keep(size int) {
	if size > cap(x.scratch) && size <= maxScratch {
		x.scratch = make([]byte, 0, size)
	}
}

// call runs the handler. A panic is an error; Goexit is not stopped.
func (r *Run) call(dst []byte) (result []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			result, err = dst, newPanic(v)
		}
	}()
	if r.batch != nil {
		r.runBatch()
		return dst, nil
	}
	return r.kind.Run(r, r.Lease.Payload, dst)
}

// conclude decides what follows from the end of a run.
func (x *executor) conclude(result []byte, err error) {
	r, now := x.run, time.Now()
	r.cancel(returned)
	x.run, x.last, x.ends = nil, r, x.ends[:0]
	if r.batch == nil {
		x.ends = append(x.ends, finish{run: r, at: now, err: err})
	} else {
		for i, part := range r.batch.runs {
			part.end.CompareAndSwap(nil, r.end.Load())
			x.ends = append(x.ends, finish{run: part, at: now, err: r.batch.err(i, err)})
		}
	}
	for i := range x.ends {
		f := &x.ends[i]
		f.judge(x.engine.MaxResult, result)
		x.engine.logEnd(f)
		x.report(f)
	}
}

// judge decides how the task goes on. The methods of a handler's error are its
// code, too: if they panic, that is how the run failed.
func (f *finish) judge(maxResult int, result []byte) {
	defer func() {
		if v := recover(); v != nil {
			f.err = newPanic(v)
			f.decide()
		}
	}()
	if f.err == nil && len(result) > maxResult {
		f.err = &Verdict{Outcome: broker.Dead, Err: fmt.Errorf("%w: the result of %s has %d bytes, at most %d are allowed",
			broker.ErrTooLarge, f.run.Lease.Kind, len(result), maxResult)}
	}
	f.decide()
	if f.settle.Outcome == broker.Done && len(result) > 0 && f.run.Lease.Retention > 0 {
		f.settle.Result = append([]byte(nil), result...)
	}
}

func (f *finish) decide() {
	end := f.run.end.Load()
	f.settle = decide(f.run.Lease, f.run.kind, f.err, end, rand.Float64())
	f.timedOut = f.err != nil && end == timedOut
	f.panicked = f.err != nil && errors.Is(f.err, ErrPanic)
}

// next settles the last run, if there was one, and waits for another; false:
// the executor is not needed any more. It is the one critical section of a
// task.
func (x *executor) next() bool {
	e, now := x.engine, time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if x.last != nil {
		e.retire(x.last, x.ends)
		x.last = nil
		clear(x.ends)
		e.distribute()
	}
	for {
		if e.draining || e.pool > e.slots {
			e.pool--
			e.wake()
			return false
		}
		if x.run = e.takeFresh(now); x.run != nil {
			e.start(x.run, now)
			e.wake()
			e.begun()
			return true
		}
		e.doze()
		now = time.Now()
	}
}

// takeFresh is take, but for what has waited too long.
func (e *Engine) takeFresh(now time.Time) *Run {
	for {
		r := e.take()
		if r == nil {
			return nil
		}
		switch late := now.Add(e.skew); {
		case !e.sift(r, func(l *broker.Lease) error { return expired(l, late) }):
		case r.kind.Tally.full():
			e.hold(r, now, r.kind.Tally.backlog(r.kind.Tally.limit))
		case !e.fits(r.kind, now):
			e.refuse(r, now)
		default:
			return r
		}
	}
}

// start puts a run among the active ones.
func (e *Engine) start(r *Run, now time.Time) {
	r.Started = now
	r.queue.moved = now
	r.place = len(e.active)
	e.active = append(e.active, r)
	r.queue.running++
	e.memory.reserve(r)
	if t := r.kind.Tally; t != nil {
		t.Running++
	}
	for part := range r.parts {
		part.Started = now
		part.queue.claims.Begun++
		part.wait = max(now.Add(e.skew).Sub(part.Lease.Ready), 0)
		part.counted()
	}
	if t := r.timeout(); t > 0 {
		r.deadline = now.Add(t)
		e.watchdog.watch(r.deadline, now)
	}
}

// retire takes a run out of the active ones and settles it, if it is still
// ours to settle.
func (e *Engine) retire(r *Run, ends []finish) {
	if r.abandoned {
		return
	}
	e.remove(r)
	e.memory.reserved -= r.kind.Memory
	e.measure(ends[0].at.Sub(r.Started))
	q, ours := r.queue, r.epoch == r.queue.epoch
	if t := r.kind.Tally; t != nil {
		t.Running--
	}
	if ours {
		q.running--
	}
	for i := range ends {
		f := &ends[i]
		if t := r.kind.Tally; t != nil {
			t.count(f, len(ends))
		}
		if ours {
			f.settle.At = f.at.Add(e.skew)
			e.settle(q, f.settle)
			q.counts.failed(f)
		}
	}
	if ours && r.kind.Prompt {
		q.hurry()
	}
	e.checkQuiet()
}

// remove fills the place of an active run with the last one.
func (e *Engine) remove(r *Run) {
	last := len(e.active) - 1
	e.active[r.place] = e.active[last]
	e.active[r.place].place = r.place
	e.active[last] = nil
	e.active = e.active[:last]
	r.place = -1
}

// failed counts the ways to fail.
func (c *Counts) failed(f *finish) {
	if f.timedOut {
		c.Timeouts++
	}
	if f.panicked {
		c.Panics++
	}
}

// measure keeps the average duration of runs, and with it the prefetch.
func (e *Engine) measure(d time.Duration) {
	e.busy += d
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
func (x *executor) report(f *finish) {
	e := x.engine
	if e.OnFinish == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			e.Log.Error("OnFinish panicked", "error", newPanic(v))
		}
	}()
	r := f.run
	x.event = Event{
		Task: r, Lease: r.Lease, Outcome: f.settle.Outcome, Err: f.err,
		Wait: r.wait, Run: f.at.Sub(r.Started),
	}
	e.OnFinish(&x.event)
}

func (r *Run) attrs() []any {
	l := r.Lease
	return []any{"id", l.ID, "kind", l.Kind, "queue", l.Queue, "attempt", int(l.Attempts) + 1}
}

// logTaken says which tasks the store granted. Those that were scheduled were
// promoted by the same step, or by that of another worker, since they were due.
func (e *Engine) logTaken(leases []broker.Lease) {
	if !e.Log.Enabled(e.base, slog.LevelDebug) {
		return
	}
	for i := range leases {
		l := &leases[i]
		e.Log.DebugContext(e.base, "task dequeued", "id", l.ID, "kind", l.Kind, "queue", l.Queue, "attempt", int(l.Attempts)+1, "ready", l.Ready)
	}
}

func (e *Engine) logStart(r *Run) {
	if e.Log.Enabled(e.base, slog.LevelDebug) {
		for part := range r.parts {
			e.Log.DebugContext(r, "task started", part.attrs()...)
		}
	}
}

// logEnd logs a failure, and at debug level everything.
func (e *Engine) logEnd(f *finish) {
	s := &f.settle
	level, text := describe(s.Outcome)
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

// describe is what the log says of an outcome, and how loudly.
func describe(o broker.Outcome) (slog.Level, string) {
	switch o {
	case broker.Retry:
		return slog.LevelWarn, "task failed; it will be retried"
	case broker.Dead:
		return slog.LevelError, "task failed for good; it is a dead letter now"
	case broker.Discard:
		return slog.LevelWarn, "task discarded"
	case broker.Release:
		return slog.LevelDebug, "task given back"
	}
	return slog.LevelDebug, "task done"
}
