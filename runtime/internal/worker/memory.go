package worker

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Room bounds what the runs of kinds with a declared need take together, in bytes: a
// task that does not fit beside them is given back until one of them may have ended.
// It takes no slot, and spends no attempt. Runs that have begun go on; where none
// has, one may.
func (e *Engine) Room(bytes int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.memory.room = bytes
}

// A memory is what running tasks have declared to take, in bytes, and may.
type memory struct {
	room     int64
	reserved int64 // by those that run
	refused  uint64
	next     claimant
}

// A claimant is a task that was given back because it is large. Until it may have come
// back, smaller ones leave room for it: they would never end all at the same time.
type claimant struct {
	id    broker.ID
	needs int64
	until time.Time
}

// waits says that the claimant may come back.
func (c *claimant) waits(now time.Time) bool { return now.Before(c.until) }

// fits says that there is room for another run of a kind.
func (e *Engine) fits(k *Kind, now time.Time) bool {
	m, need := &e.memory, k.Memory
	if need == 0 || len(e.active) == 0 {
		return true
	}
	free := m.room - m.reserved
	if m.next.waits(now) && need < m.next.needs {
		free -= m.next.needs
	}
	return need <= free
}

// refuse gives a run back that there is no room for.
func (e *Engine) refuse(r *Run, now time.Time) {
	m, k := &e.memory, r.kind
	m.refused++
	longest := k.Tally.backlog(int(m.room / k.Memory))
	if m.next.id == r.Lease.ID || !m.next.waits(now) || k.Memory > m.next.needs {
		m.next = claimant{r.Lease.ID, k.Memory, now.Add(3 * holdMin)}
		longest = holdMin
	}
	e.hold(r, now, longest)
}

// reserve books the start of a run.
func (m *memory) reserve(r *Run) {
	m.reserved += r.kind.Memory
	if m.next.id == r.Lease.ID {
		m.next = claimant{}
	}
}
