package model

// deliver carries out a request, as the scripts do. The answer reaches who waits
// for it, or not: a step of its own loses it.
func (w *World) deliver(s *state, p packet) {
	switch p.kind {
	case cycle:
		w.cycle(s, p)
	case enqueue:
		w.enqueue(s, p)
	case second:
		w.second(s, p)
	}
}

func (w *World) cycle(s *state, p packet) {
	n := &s.sessions[p.from]
	switch {
	case w.has(Fence) && (n.standing == fenced || n.standing == absent && p.number != 1):
		w.answer(s, p, refused)
		return
	case w.has(Order) && n.standing != absent && p.number < n.last:
		w.answer(s, p, refused)
		return
	case w.has(Repeat) && n.standing != absent && p.number == n.last:
		n.expired = false
		w.answer(s, p, granted)
		return
	}
	for t := range w.Tasks {
		if p.claims[t] != 0 {
			w.settle(s, p, t)
		}
	}
	if p.leave {
		w.leave(s, p)
		return
	}
	w.promote(s)
	if p.want {
		w.claim(s, p)
	}
	n.standing, n.last, n.expired = open, p.number, false
	if w.has(Listed) || n.holds() == 0 {
		n.listed = n.holds() > 0
	}
	w.answer(s, p, granted)
}

// holds is how many tasks a session holds.
func (n *session) holds() (count int) {
	for _, c := range n.claims {
		if c != 0 {
			count++
		}
	}
	return count
}

// settle ends a run.
func (w *World) settle(s *state, p packet, t int) {
	n, task := &s.sessions[p.from], &s.tasks[t]
	if n.claims[t] != p.claims[t] && w.has(Held) {
		return
	}
	if n.claims[t] == p.claims[t] {
		n.claims[t] = 0
	}
	switch p.how[t] {
	case Done:
		task.done++
		w.free(s, t)
	case Released:
		task.pending++
		task.causes++
	case Failed:
		task.failed++
		task.attempts++
		switch {
		case task.attempts >= maxFailures:
			task.dead++
			w.free(s, t)
		case w.has(Atomic):
			w.postpone(task)
		default:
			w.put(s, packet{kind: second, from: uint8(t)})
		}
	}
}

func (w *World) postpone(t *task) {
	t.scheduled++
	t.causes++
	t.due = false
}

func (w *World) free(s *state, t int) {
	if w.has(Free) && !w.Window && s.key == uint8(t)+1 {
		s.key = 0
	}
}

// leave ends a session for good.
func (w *World) leave(s *state, p packet) {
	n := &s.sessions[p.from]
	for t, claim := range n.claims {
		if claim != 0 && w.has(Return) {
			s.tasks[t].pending++
			s.tasks[t].causes++
		}
	}
	*n = session{}
	w.answer(s, p, granted)
	w.purge(s, p.from)
}

func (w *World) promote(s *state) {
	for t := range w.Tasks {
		task := &s.tasks[t]
		if task.scheduled == 0 || w.has(Due) && !task.due {
			continue
		}
		if !task.due {
			s.broken = Early
		}
		task.scheduled--
		task.pending++
		task.due = false
	}
}

// claim takes the first task that waits. What was kept under the same cycle is
// overwritten.
func (w *World) claim(s *state, p packet) {
	n := &s.sessions[p.from]
	for t := range w.Tasks {
		if s.tasks[t].pending == 0 {
			continue
		}
		for other := range n.claims {
			if n.claims[other] == p.number {
				n.claims[other] = 0
			}
		}
		s.tasks[t].pending--
		n.claims[t] = p.number
		return
	}
}

// answer goes to the worker if it still waits for this request.
func (w *World) answer(s *state, p packet, a answer) {
	k := &s.workers[p.from/maxSessions]
	if k.gone || !k.waiting || k.asked != p {
		return
	}
	k.answer, k.granted = a, [maxTasks]bool{}
	if a == refused || p.leave {
		return
	}
	n := &s.sessions[p.from]
	for t := range w.Tasks {
		k.granted[t] = n.claims[t] == p.number
		if r := k.runs[t]; !w.Blind && r.claim != 0 && p.claims[t] == 0 && n.claims[t] != r.claim {
			s.broken = Deceived
		}
	}
}

// reclaim takes the newest claim of a session.
func (w *World) reclaim(s *state, name uint8) {
	n := &s.sessions[name]
	newest := uint8(0)
	for _, c := range n.claims {
		newest = max(newest, c)
	}
	for t := range n.claims {
		if n.claims[t] == newest && newest != 0 {
			n.claims[t] = 0
			w.lose(s, t, n.expired)
		}
	}
	if n.holds() > 0 {
		n.standing = fenced
		return
	}
	*n = session{}
	w.purge(s, name)
}

func (w *World) lose(s *state, t int, lapsed bool) {
	task := &s.tasks[t]
	if lapsed {
		task.causes++
	}
	if w.has(Loss) {
		task.lost++
	} else {
		task.attempts++
	}
	if task.lost >= maxLosses || task.attempts >= maxFailures {
		task.dead++
		w.free(s, t)
		return
	}
	task.pending++
}

// enqueue adds a task once.
func (w *World) enqueue(s *state, p packet) {
	t := int(p.from)
	from := &s.senders[t]
	if s.unknown {
		if !w.has(Guarded) {
			w.add(s, t) // the part of the transaction that needs no script
		}
		s.unknown = false // the client sends the script's text next
		return
	}
	if w.has(Number) && p.number <= from.last {
		w.told(s, p)
		return
	}
	from.last = p.number
	var add bool
	if from.in, add = w.admit(s, t); !add {
		w.told(s, p)
		return
	}
	if w.Unique {
		s.key = uint8(t) + 1
	}
	if w.Cron {
		s.tick = true
	}
	if w.Cron && !w.has(Mark) {
		w.put(s, packet{kind: second, from: p.from})
	} else {
		w.add(s, t)
	}
	w.told(s, p)
}

// admit reports whether a task is in, and whether it has to be added for that.
func (w *World) admit(s *state, t int) (in, add bool) {
	own := s.key == uint8(t)+1
	switch {
	case w.Cron && w.has(Turn) && s.tick:
		return false, false
	case w.Unique && w.has(Key) && own && w.has(Own):
		return true, false
	case w.Unique && w.has(Key) && s.key != 0:
		if own {
			s.broken = Itself
		}
		return false, false
	}
	return true, true
}

func (w *World) add(s *state, t int) {
	s.tasks[t].added++
	if w.Delayed {
		s.tasks[t].scheduled++
	} else {
		s.tasks[t].pending++
	}
}

// told is the answer to an enqueue; a sender hears that of its last one.
func (w *World) told(s *state, p packet) {
	from := &s.senders[p.from]
	if !from.waiting || from.number != p.number {
		return
	}
	from.waiting, from.known = false, true
	if from.in {
		s.tasks[p.from].acked = true
	}
}

// second is the later half of what should have been one step.
func (w *World) second(s *state, p packet) {
	if w.Cron {
		w.add(s, int(p.from))
		return
	}
	w.postpone(&s.tasks[p.from])
}
