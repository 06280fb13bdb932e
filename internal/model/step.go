package model

import "fmt"

// A step is what may happen next.
type step struct {
	label
	to state
}

// A label names a step, in words that are only made when somebody reads them.
type label struct {
	format string
	about  packet
	who    int
}

// String puts the packet or the number into the words.
func (l label) String() string {
	if l.about.kind != nothing {
		return fmt.Sprintf(l.format, l.about)
	}
	return fmt.Sprintf(l.format, l.who)
}

// steps are all that may happen in a state.
func (w *World) steps(s *state) []step {
	var all []step
	emit := func(to state, l label) { all = append(all, step{l, to}) }
	for i := range s.packets {
		if s.packets[i].kind != nothing {
			w.arrive(s, i, emit)
		}
	}
	for t := range w.Tasks {
		w.send(s, t, emit)
		if s.tasks[t].scheduled > 0 && !s.tasks[t].due {
			to := *s
			to.tasks[t].due = true
			emit(to, label{format: "task %d is due", who: t})
		}
	}
	for i := range w.Workers {
		w.work(s, i, emit)
	}
	for name := range s.sessions {
		w.time(s, uint8(name), emit)
	}
	if w.Bulk && !s.unknown {
		to := *s
		to.unknown = true
		emit(to, label{format: "store %d forgets its scripts"})
	}
	return all
}

type emit = func(to state, l label)

// arrive lets a request be lost, or be carried out: once, or again later; with its
// answer, or without.
func (w *World) arrive(s *state, i int, emit emit) {
	lost := *s
	lost.drop(i)
	emit(lost, label{format: "%v is lost", about: s.packets[i]})
	for _, again := range []bool{false, true} {
		to := *s
		p := to.packets[i]
		more := ", and comes again"
		if !again {
			to.drop(i)
			more = ""
		}
		w.deliver(&to, p)
		emit(to, label{format: "%v is carried out" + more, about: p})
		deaf := to
		deaf.workers = s.workers
		for t := range deaf.senders {
			deaf.senders[t].waiting, deaf.senders[t].known = s.senders[t].waiting, s.senders[t].known
			deaf.tasks[t].acked = s.tasks[t].acked
		}
		emit(deaf, label{format: "%v is carried out without an answer" + more, about: p})
	}
}

// send sends a task: first, again under the same number, or again by its user.
func (w *World) send(s *state, t int, emit emit) {
	n := s.senders[t]
	if n.known {
		return
	}
	if n.waiting {
		w.under(s, packet{kind: enqueue, from: uint8(t), number: n.number}, emit)
	}
	if n.number < w.Sends {
		to := *s
		to.senders[t].number++
		to.senders[t].waiting = true
		w.under(&to, packet{kind: enqueue, from: uint8(t), number: n.number + 1}, emit)
	}
}

// under puts a request under way.
func (w *World) under(s *state, p packet, emit emit) {
	to := *s
	if w.put(&to, p) {
		emit(to, label{format: "%v is sent", about: p})
	}
}

// work is what a worker may do.
func (w *World) work(s *state, i int, emit emit) {
	n := &s.workers[i]
	if n.gone {
		return
	}
	if s.crashes < w.Crashes {
		to := *s
		to.crashes++
		w.renew(&to, i)
		emit(to, label{format: "worker %d dies", who: i})
	}
	for t := range n.runs {
		if n.runs[t].claim == 0 || n.runs[t].outcome != Running {
			continue
		}
		for _, how := range w.Outcomes {
			to := *s
			to.workers[i].runs[t].outcome = how
			emit(to, label{format: "worker %d ends a run", who: i})
		}
	}
	switch {
	case n.answer != silence:
		to := *s
		w.receive(&to, i)
		emit(to, label{format: "worker %d hears the answer", who: i})
	case n.waiting:
		w.under(s, n.asked, emit)
		if !w.has(Resend) {
			to := *s
			w.giveUp(&to, i)
			emit(to, label{format: "worker %d does not wait any longer", who: i})
		}
	case n.asked.number < w.Cycles:
		w.ask(s, i, emit)
	}
}

// ask begins a cycle with all settles there are.
func (w *World) ask(s *state, i int, emit emit) {
	p := packet{kind: cycle, from: s.session(i), number: s.workers[i].asked.number + 1}
	for t, r := range s.workers[i].runs {
		if r.claim != 0 && r.outcome != Running {
			p.claims[t], p.how[t] = r.claim, r.outcome
		}
	}
	with := func(p packet) {
		to := *s
		to.workers[i].asked, to.workers[i].waiting = p, true
		w.under(&to, p, emit)
	}
	with(p)
	if w.Leave {
		leaving := p
		leaving.leave = true
		with(leaving)
	}
	p.want = true
	with(p)
}

// receive is the end of a cycle.
func (w *World) receive(s *state, i int) {
	n := &s.workers[i]
	if n.asked.leave {
		*n = worker{gone: true, name: n.name}
		return
	}
	if n.answer == refused {
		w.renew(s, i)
		return
	}
	for t := range n.runs {
		if n.asked.claims[t] != 0 {
			n.runs[t] = run{}
		}
		if n.granted[t] {
			n.runs[t] = run{claim: n.asked.number}
			s.tasks[t].starts++
		}
	}
	n.waiting, n.answer, n.granted = false, silence, [maxTasks]bool{}
}

// giveUp forgets a cycle without an answer, and what it settles.
func (w *World) giveUp(s *state, i int) {
	n := &s.workers[i]
	for t := range n.runs {
		if n.asked.claims[t] != 0 {
			n.runs[t] = run{}
		}
	}
	n.waiting = false
}

// renew makes the next process, or the next session of one that was fenced.
func (w *World) renew(s *state, i int) {
	name := s.workers[i].name + 1
	s.workers[i] = worker{gone: int(name) >= w.Sessions, name: name}
}

// time is what time brings to a session: its end, and what others make of it.
func (w *World) time(s *state, name uint8, emit emit) {
	n := &s.sessions[name]
	if n.standing == absent {
		return
	}
	if !n.expired && s.lapses < w.Lapses {
		to := *s
		to.lapses++
		to.sessions[name].expired = true
		emit(to, label{format: "session %d lapses", who: int(name)})
	}
	if n.listed && (n.expired || !w.has(Lapsed)) {
		to := *s
		w.reclaim(&to, name)
		emit(to, label{format: "somebody reclaims from session %d", who: int(name)})
	}
	if n.expired && (!n.listed || !w.has(KeepHolders)) {
		to := *s
		to.sessions[name] = session{claims: n.claims}
		w.purge(&to, name)
		emit(to, label{format: "session %d is forgotten", who: int(name)})
	}
}
