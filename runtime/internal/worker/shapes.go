package worker

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	unknownMin   = 5 * time.Second  // before a task that cannot be parked is granted again
	unknownMax   = 24 * time.Second // and up to a quarter more
	unknownKinds = 1000             // shapes that are remembered

	// What comes back may meet a worker again that parks it. So much longer one
	// that knows it looks for it, so often.
	rivalTime  = time.Second
	rivalPause = 100 * time.Millisecond
)

// An unknown is a shape that this worker cannot run.
type unknown struct {
	since time.Time // it was met first
	again time.Time // when it is worth a look whether its parked tasks are too old
}

// kind is what runs tasks of a shape; nil if there is no handler for the kind, or
// none for the version.
func (e *Engine) kind(s broker.Shape) *Kind {
	k := e.Kinds[s.Kind]
	if version := max(s.Version, 1); k != nil && max(k.Version, 1) != version {
		return k.Older[version]
	}
	return k
}

// reclaim lists the parked shapes whose tasks this worker takes back: it knows them,
// or has not known them for so long that they may be dead by now.
func (e *Engine) reclaim(q *queue, parked []broker.Shape) (back []broker.Shape) {
	for _, s := range parked {
		if e.kind(s) != nil || e.overripe(q, s) {
			back = append(back, s)
		}
	}
	return back
}

// overripe reports whether parked tasks of a shape may have waited for too long.
func (e *Engine) overripe(q *queue, s broker.Shape) bool {
	now := time.Now()
	u, known := e.unknown[normal(s)]
	if !known {
		e.meet(s, q.name, now)
		return false
	}
	return now.Sub(u.since) >= e.UnknownAge && !now.Before(u.again)
}

// park leaves a task for a worker that has a handler for it. No attempt is spent.
// It is dead when it is too old and this worker, too, has long known that it has no
// handler.
func (e *Engine) park(q *queue, l *broker.Lease) broker.Settle {
	now := time.Now()
	u := e.meet(l.Shape(), l.Queue, now)
	q.counts.Unknown++
	since := u.since
	if made := l.ID.Time().Add(-e.skew); made.After(since) {
		since = made
	}
	age := now.Sub(since)
	if age >= e.UnknownAge {
		err := fmt.Errorf("%w: %s, for %v", ErrUnknownKind, e.describe(l.Shape()), age.Truncate(time.Second))
		s := broker.Settle{Lease: l, Outcome: broker.Dead, At: now.Add(e.skew), Reason: err.Error()}
		e.mourn(Death{&l.Message, err})
		return s
	}
	if key := normal(l.Shape()); len(e.unknown) < unknownKinds {
		e.unknown[key] = unknown{u.since, now.Add(max(e.UnknownAge/8, time.Second))}
	}
	if e.OnPark != nil {
		e.OnPark(l.Queue, l.Shape())
	}
	after := min(max(age/8, unknownMin), unknownMax)
	return broker.Settle{Lease: l, Outcome: broker.Park, After: after + rand.N(after/4)}
}

// describe names a kind, and the version if that is what is unknown.
func (e *Engine) describe(s broker.Shape) string {
	if why := e.Unfit[s.Kind]; why != "" {
		return fmt.Sprintf("%q, %s", s.Kind, why)
	}
	if e.Kinds[s.Kind] == nil {
		return strconv.Quote(s.Kind)
	}
	return fmt.Sprintf("%q in version %d", s.Kind, max(s.Version, 1))
}

// normal is a shape with its version in numbers: none given is the first.
func normal(s broker.Shape) broker.Shape {
	return broker.Shape{Kind: s.Kind, Version: max(s.Version, 1)}
}

// meet is when this worker first met a shape that it cannot run. It says so then.
func (e *Engine) meet(s broker.Shape, queue string, now time.Time) unknown {
	key := normal(s)
	u, known := e.unknown[key]
	if known || len(e.unknown) >= unknownKinds {
		return unknown{cmp.Or(u.since, now), u.again}
	}
	u = unknown{now, now.Add(e.UnknownAge)}
	e.unknown[key] = u
	attrs := []any{"kind", s.Kind, "version", key.Version, "queue", queue}
	if why := e.Unfit[s.Kind]; why != "" {
		e.Log.Warn("a kind of task is too large for this process: it is parked for another worker", append(attrs, "why", why)...)
		return u
	}
	if k := e.Kinds[s.Kind]; k != nil {
		attrs = append(attrs, "known_version", k.Version)
	}
	e.Log.Error("no handler for this kind of task: it is parked for another worker; is this program older than the one that enqueued it?", attrs...)
	return u
}

// Look has a queue asked for its parked shapes, soon.
func (e *Engine) Look(queue string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, q := range e.queues {
		if q.name == queue && !e.draining {
			q.ready, q.hinted = true, true
			e.distribute()
		}
	}
}
