package worker

import "time"

// A watchdog is one timer for the deadlines of all runs. It is set for the
// earliest of them; a run that ends in time leaves it as it is, so that a
// timeout costs a run one comparison.
type watchdog struct {
	timer *time.Timer
	armed time.Time // zero: not armed
}

func (w *watchdog) start(f func()) {
	w.timer = time.AfterFunc(time.Hour, f)
	w.timer.Stop()
}

func (w *watchdog) stop() {
	w.timer.Stop()
	w.armed = time.Time{}
}

// watch makes sure that the timer fires at the deadline.
func (w *watchdog) watch(deadline, now time.Time) {
	if w.armed.IsZero() || deadline.Before(w.armed) {
		w.armed = deadline
		w.timer.Reset(deadline.Sub(now))
	}
}

// sweep cancels the runs whose time is up and arms the watchdog for the next.
func (e *Engine) sweep() {
	for _, r := range e.late() {
		r.cancel(timedOut)
	}
}

// late marks the runs whose time is up and arms the watchdog.
func (e *Engine) late() (late []*Run) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	e.watchdog.armed = time.Time{}
	var next time.Time
	for _, r := range e.active {
		switch {
		case r.deadline.IsZero() || r.overdue:
		case !r.deadline.After(now):
			r.overdue = true
			late = append(late, r)
		case next.IsZero() || r.deadline.Before(next):
			next = r.deadline
		}
	}
	if !next.IsZero() && !e.leaving {
		e.watchdog.watch(next, now)
	}
	return late
}
