package model

// A Breach is a broken invariant.
type Breach uint8

// The invariants, by what breaks them.
const (
	Kept     Breach = iota
	Lost            // P1: a task that came in is nowhere
	Twice           // P1, P2: it is in two places, or has ended and is still somewhere
	Again           // P3: it began more often than there are reasons for
	Itself          // P4: a repeat was refused for the task that it repeats
	Stuck           // P5: nobody would ever take it back
	Spent           // P6: an attempt was spent without a failure
	Deceived        // P2: a worker that lost a task was told that it holds it
	Early           // it was promoted before it was due
	Shared          // two tasks have the same unique key
	Blocked         // a unique key is held by a task that has ended
	Fired           // P9: a tick was fired twice
	Missed          // P9: a tick is taken and its task is nowhere
)

// String says it in a word.
func (b Breach) String() string {
	return [...]string{
		"kept", "lost", "in two places", "begun again without a cause", "a duplicate of itself", "stuck",
		"an attempt spent without a failure", "a worker is deceived", "early", "a key is shared", "a key is blocked",
		"a tick fired twice", "a tick missed",
	}[b]
}

// check holds a state against the invariants.
func (w *World) check(s *state) Breach {
	if s.broken != Kept {
		return s.broken
	}
	for t := range w.Tasks {
		if b := w.checkTask(s, t); b != Kept {
			return b
		}
	}
	for i := range s.sessions {
		if n := &s.sessions[i]; n.holds() > 0 && !n.listed {
			return Stuck
		}
	}
	for i := range w.Workers {
		if w.unheard(s, i) {
			return Stuck
		}
	}
	switch {
	case w.Unique:
		return w.checkKey(s)
	case w.Cron:
		return w.checkTick(s)
	}
	return Kept
}

func (w *World) checkTask(s *state, t int) Breach {
	n := &s.tasks[t]
	places := s.living(t) + n.dead + n.done
	switch {
	case places == 0 && (n.acked && !w.Cron || n.added > 0):
		return Lost
	case places > 1:
		return Twice
	case n.starts > 1+n.causes:
		return Again
	case n.attempts > n.failed:
		return Spent
	}
	return Kept
}

// living is in how many places a task is that has not ended.
func (s *state) living(t int) uint8 {
	n := &s.tasks[t]
	count := n.pending + n.scheduled
	for i := range s.sessions {
		if s.sessions[i].claims[t] != 0 {
			count++
		}
	}
	return count
}

// unheard reports whether a worker renews the lease of a task that it does not
// know of.
func (w *World) unheard(s *state, i int) bool {
	n := &s.workers[i]
	if n.gone || n.waiting {
		return false
	}
	for t, claim := range s.sessions[s.session(i)].claims {
		if claim != 0 && n.runs[t].claim != claim {
			return true
		}
	}
	return false
}

func (w *World) checkKey(s *state) Breach {
	holders := uint8(0)
	for t := range w.Tasks {
		holders += s.living(t)
	}
	switch {
	case holders > 1:
		return Shared
	case s.key != 0 && !w.Window && s.living(int(s.key)-1) == 0:
		return Blocked
	}
	return Kept
}

func (w *World) checkTick(s *state) Breach {
	added := uint8(0)
	for t := range w.Tasks {
		added += s.tasks[t].added
	}
	switch {
	case added > 1:
		return Fired
	case s.tick && added == 0:
		return Missed
	}
	return Kept
}
