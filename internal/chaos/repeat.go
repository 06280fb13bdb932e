package chaos

import (
	"slices"
	"time"
)

// A cause is why a task ran again.
type cause uint8

const (
	without    cause = iota
	failure          // the run before failed
	givenBack        // the run before was interrupted, or abandoned at a shutdown
	orphaned         // the worker of the run before vanished, or was out of touch for a lease
	rewound          // the store has forgotten the run before, or its end
	staleStart       // the worker of this run was out of touch before it began, and did not know yet
)

// repeats checks each run but the first against the one before it.
func (c *checker) repeats(t *task) {
	for i := 1; i < len(t.runs); i++ {
		before, r := &t.runs[i-1], &t.runs[i]
		why, since := c.cause(before, r)
		if why == without {
			c.find(RuleDuplicate, t.id, "ran again without a cause: %s", pair(before, r))
			continue
		}
		c.Repeats++
		if c.excused(before, r) {
			c.Excused++
		}
		c.overlap(t, before, r, why)
		c.fence(t, before, r, why)
		c.attempt(t, before, r, why)
		if why == orphaned && !since.IsZero() {
			c.recovery(t, r, since)
		}
	}
}

// cause explains a run by what became of the one before; since is when its
// worker vanished, if it did by the scenario's doing.
func (c *checker) cause(before, r *run) (why cause, since time.Time) {
	if since, ok := c.vanished(before, r.began); ok {
		return orphaned, since
	}
	switch {
	case before.how == Failed && !before.ended.After(r.began):
		return failure, time.Time{}
	case before.how == Interrupted && !before.ended.After(r.began), c.abandoned(before, r.began):
		return givenBack, time.Time{}
	case c.inTail(before.ended), c.inTail(before.began):
		return rewound, time.Time{}
	case c.outOfTouch(r):
		return staleStart, time.Time{}
	case c.kept(before, r):
		return orphaned, time.Time{}
	}
	return without, time.Time{}
}

// signalDelay is how long a process may go on after a signal was written down,
// which is before it is sent.
const signalDelay = 100 * time.Millisecond

// awareness is how long a worker that was out of touch may not know yet that it has
// lost its lease.
const awareness = time.Second

// vanished tells when the worker of a run was killed, or began to be out of
// touch for longer than half a lease (it may have renewed it last a quarter of a
// lease before), while the run went on or before its end had reached the store.
func (c *checker) vanished(r *run, next time.Time) (time.Time, bool) {
	for _, f := range c.faults[r.actor] {
		if f.from.After(next) || !f.killed && f.from.Add(signalDelay+c.terms.Late).Before(r.began) {
			continue
		}
		long := f.killed || f.to.IsZero() || f.to.Sub(f.from) > c.terms.Lease/2
		if long && c.unsettled(r, f.from) {
			return f.from, true
		}
	}
	return time.Time{}, false
}

// unsettled reports whether the end of a run may not have reached the store at a
// time. While its worker or the store stood still it could not.
func (c *checker) unsettled(r *run, at time.Time) bool {
	if r.ended.IsZero() {
		return true
	}
	moved := at.Sub(r.ended)
	for _, s := range join(c.history.standstills(r.actor)) {
		if s.from.Before(at) && s.to.After(r.ended) {
			moved -= s.to.Sub(s.from)
		}
	}
	return moved < c.terms.Unsettled
}

// kept reports whether the machine kept the worker of a run from the store, while
// the run went on or before its end was known there, until another may have had it.
func (c *checker) kept(before, next *run) bool {
	return slices.ContainsFunc(c.strains(before.actor, c.terms.Lease), func(f fault) bool {
		return f.from.Before(next.began) && before.began.Before(f.to.Add(awareness+c.terms.Late)) && c.unsettled(before, f.from)
	})
}

// abandoned reports whether the worker of a run gave it back although its
// handler had not returned.
func (c *checker) abandoned(r *run, next time.Time) bool {
	told, ok := c.history.stops[r.actor]
	return ok && (r.ended.IsZero() || r.ended.After(told.Add(c.terms.Grace))) && told.Before(next)
}

// outOfTouch reports whether the worker of a run had just come back when the run
// began.
func (c *checker) outOfTouch(r *run) bool {
	away := append(c.strains(r.actor, c.terms.Lease), c.faults[r.actor]...)
	return slices.ContainsFunc(away, func(f fault) bool {
		long := f.strained || f.to.Sub(f.from) > c.terms.Lease/2
		return !f.killed && long && !r.began.Before(f.from) && r.began.Before(f.to.Add(awareness+c.terms.Late))
	})
}

// overlap: a second run at the same time needs a lease that has lapsed.
func (c *checker) overlap(t *task, before, r *run, why cause) {
	together := before.ended.IsZero() && !c.dead(before, r.began) || before.ended.After(r.began)
	if !together || why == staleStart || why == givenBack || why == rewound {
		return
	}
	since, ok := c.vanished(before, r.began)
	if (!ok || r.began.Sub(since) < c.terms.Lease/2) && !c.kept(before, r) {
		c.find(RuleOverlap, t.id, "ran twice at once: %s", pair(before, r))
	}
}

// dead reports whether the worker of a run was dead at a time.
func (c *checker) dead(r *run, at time.Time) bool {
	for _, f := range c.faults[r.actor] {
		if f.killed && !f.from.After(at) {
			return true
		}
	}
	gone, ok := c.downs[r.actor]
	return ok && !gone.After(at)
}

// fence: tokens rise; a run that was given back does not count.
func (c *checker) fence(t *task, before, r *run, why cause) {
	rises := r.token > before.token
	if !rises && why != givenBack && why != staleStart && why != rewound {
		c.find(RuleFence, t.id, "token %d came after %d: %s", r.token, before.token, pair(before, r))
	}
}

// attempt: nothing but a failure spends one.
func (c *checker) attempt(t *task, before, r *run, why cause) {
	if why != failure && why != staleStart && why != rewound && before.how != Failed && r.attempt > before.attempt {
		c.find(RuleAttempt, t.id, "was charged with an attempt: %s", pair(before, r))
	}
}

// recovery measures how long an orphan waited. While the store was away nobody
// could run it. Suspects go last, one at a time; theirs is measured apart.
func (c *checker) recovery(t *task, r *run, since time.Time) {
	for _, o := range c.history.outages {
		if !o.to.IsZero() && o.to.After(since) && o.from.Before(r.began) && o.to.Before(r.began) {
			since = o.to
		}
	}
	took := r.began.Sub(since)
	if r.lost >= 2 {
		c.Suspects = max(c.Suspects, took)
		return
	}
	c.Recovery = max(c.Recovery, took)
	if limit := c.terms.Lease + slack + c.terms.Late; took > limit {
		c.find(RuleSlow, t.id, "ran again after %v, at most %v are allowed", took, limit)
	}
}

func pair(a, b *run) string { return a.text() + ", then " + b.text() }

const clock = "15:04:05.000"

func (r *run) text() string {
	text := r.actor + " from " + r.began.Format(clock)
	if r.ended.IsZero() {
		return text + " without an end"
	}
	return text + " to " + r.ended.Format(clock) + " (" + r.how + ")"
}
