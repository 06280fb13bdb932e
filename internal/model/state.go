package model

import (
	"fmt"
	"slices"
)

const (
	maxTasks    = 2
	maxWorkers  = 2
	maxSessions = 2 // of a worker
	maxPackets  = 3
)

// A state is all there is. It is compared as a whole: everything in it has one
// form.
type state struct {
	tasks    [maxTasks]task
	sessions [maxWorkers * maxSessions]session
	workers  [maxWorkers]worker
	senders  [maxTasks]sender
	packets  [maxPackets]packet // sorted
	key      uint8              // who holds the unique key: task + 1
	tick     bool               // is taken
	unknown  bool               // the store has forgotten its scripts
	crashes  uint8
	lapses   uint8
	broken   Breach // by the last step
}

// A task is where a task is in the store, by how many copies of it are where, and
// what has happened to it, which only the invariants look at.
type task struct {
	pending, scheduled, dead, done uint8
	due                            bool
	attempts, lost                 uint8

	acked                  bool
	added                  uint8
	starts, causes, failed uint8 // causes: why it may start again
}

// A session is what the store knows of one.
type session struct {
	standing standing
	last     uint8
	listed   bool // where those are found that hold claims
	expired  bool
	claims   [maxTasks]uint8 // the cycle that claimed a task; 0: it is not held
}

type standing uint8

const (
	absent standing = iota
	open
	fenced
)

// A worker is a process. A new session is a new process, or one that was fenced.
type worker struct {
	gone    bool
	name    uint8 // which of its sessions
	waiting bool  // for the answer to asked
	asked   packet
	answer  answer
	granted [maxTasks]bool
	runs    [maxTasks]run
}

type answer uint8

const (
	silence answer = iota
	granted
	refused
)

// A run is what a worker has of a task: claim 0 is none.
type run struct {
	claim   uint8
	outcome Outcome
}

// A sender sends one task until it knows that it is in.
type sender struct {
	number  uint8 // of its last send; 0: none
	last    uint8 // the store's: the last one that was carried out
	in      bool  // the store's: the answer to it
	waiting bool
	known   bool // what became of the task
}

// A packet is a request under way.
type packet struct {
	kind   kind
	from   uint8 // session, or sender
	number uint8
	want   bool
	leave  bool
	claims [maxTasks]uint8 // what it settles, by claim; 0: nothing
	how    [maxTasks]Outcome
}

type kind uint8

const (
	nothing kind = iota
	cycle
	enqueue
	second // the other half of a step that is not atomic
)

// String is how a trace shows it.
func (p packet) String() string {
	switch p.kind {
	case cycle:
		return fmt.Sprintf("cycle %d of session %d (settles claims %v as %v, wants more: %v, leaves: %v)", p.number, p.from, p.claims, p.how, p.want, p.leave)
	case enqueue:
		return fmt.Sprintf("send %d of task %d", p.number, p.from)
	}
	return fmt.Sprintf("the second half for task %d", p.from)
}

// rank puts packets in their one order; what is empty comes last.
func (p *packet) rank() [7]uint8 {
	k := uint8(p.kind) - 1
	bits := uint8(0)
	if p.want {
		bits = 1
	}
	if p.leave {
		bits += 2
	}
	return [7]uint8{k, p.from, p.number, bits, p.claims[0]<<4 | p.claims[1], uint8(p.how[0]), uint8(p.how[1])}
}

func (s *state) sort() {
	slices.SortFunc(s.packets[:], func(a, b packet) int {
		x, y := a.rank(), b.rank()
		return slices.Compare(x[:], y[:])
	})
}

// put adds a packet, if there is room and it is not under way already.
func (w *World) put(s *state, p packet) bool {
	if slices.Contains(s.packets[:], p) {
		return true
	}
	for i := range w.Packets {
		if s.packets[i].kind == nothing {
			s.packets[i] = p
			s.sort()
			return true
		}
	}
	return false
}

func (s *state) drop(i int) {
	s.packets[i] = packet{}
	s.sort()
}

// purge drops what is under way of a session that the store has just forgotten,
// but for what its worker still repeats without an answer.
func (w *World) purge(s *state, name uint8) {
	if !w.has(Prompt) {
		return
	}
	owner := &s.workers[name/maxSessions]
	for i := range s.packets {
		p := s.packets[i]
		live := !owner.gone && owner.waiting && owner.answer == silence && owner.asked == p
		if p.kind == cycle && p.from == name && !live {
			s.packets[i] = packet{}
		}
	}
	s.sort()
}

// session is the one that a worker has now.
func (s *state) session(worker int) uint8 {
	return uint8(worker)*maxSessions + s.workers[worker].name
}
