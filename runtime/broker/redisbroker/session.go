package redisbroker

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A session is what this process knows of one worker at a queue: which tasks
// each of its claims holds. So a lease is recognised without a look at Redis. One
// cycle is in flight at a time; the lock is for those who do not keep to that.
type session struct {
	mu      sync.Mutex
	claims  map[uint64]*claim      // only those with unsettled tasks
	telling map[broker.ID]struct{} // whose runs have told of their progress
	unmark  []broker.ID            // tasks that have ended with a mark of an edit
	heard   uint64                 // the last cycle that was answered
}

// A claim is what one cycle granted.
type claim struct {
	ids     []broker.ID
	settled []byte // bits, as answered
	left    int
	grouped bool // its tasks are of a group
}

// session returns the worker's session. Cycle 1 opens a new one, of which what
// is known of an older one of that name is not true; it counts once it is
// answered.
func (q *queue) session(worker string, seq uint64) *session {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.sessions[worker]
	if s == nil || seq == 1 {
		s = &session{claims: make(map[uint64]*claim), telling: make(map[broker.ID]struct{})}
	}
	return s
}

// remember keeps what is known of a session until it ends.
func (q *queue) remember(worker string, s *session) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sessions[worker] = s
}

func (q *queue) forget(worker string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.sessions, worker)
}

// granted remembers a claim, with what could not be read of it in its place. A
// repeated grant is the same.
func (s *session) granted(seq uint64, elements [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := newClaim(idsOf(elements))
	c.grouped = slices.ContainsFunc(elements, isGrouped)
	s.claims[seq] = c
}

// isGrouped reports whether an element was in a lane of its group. Of a claim's
// elements all were, or none.
func isGrouped(e []byte) bool {
	return len(e) > headSize && e[offFlags]&flagGrouped != 0 && e[offLost] < broker.SuspectAfter
}

func newClaim(ids []broker.ID) *claim {
	return &claim{ids: ids, settled: make([]byte, (len(ids)+7)/8), left: len(ids)}
}

// recall makes sure that the claims of these settles are known: another broker
// may have got them for the same session.
func (b *Broker) recall(ctx context.Context, q *queue, s *session, worker string, settles []broker.Settle) error {
	asked := uint64(0) // a claim that Redis has been asked for
	for i := range settles {
		l := settles[i].Lease
		if l.Claim == asked || s.knows(l.Claim) {
			continue
		}
		asked = l.Claim
		elements, err := b.rangeOf(ctx, q.claim(worker, l.Claim), 0, -1)
		if err != nil {
			return err
		}
		if len(elements) > 0 {
			s.granted(l.Claim, elements)
		}
	}
	return nil
}

// knows reports whether a claim is known. A lease of it that is not among its tasks
// is one of an older session: to ask again would forget what is settled.
func (s *session) knows(claim uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.claims[claim] != nil
}

func idsOf(elements [][]byte) []broker.ID {
	ids := make([]broker.ID, len(elements))
	for i, e := range elements {
		copy(ids[i][:], e)
	}
	return ids
}

// A mark is the tasks of one claim that a cycle settles.
type mark struct {
	seq   uint64
	claim *claim
	bits  []byte
	count int
}

// take notes that a settle's task is settled now; false: the session does not
// hold it, or the cycle has settled it before.
func (m *mark) take(l *broker.Lease) bool {
	if l.Index < 0 || l.Index >= len(m.claim.ids) || m.claim.ids[l.Index] != l.ID {
		return false
	}
	place, bit := l.Index/8, byte(1)<<(l.Index%8)
	if (m.bits[place]|m.claim.settled[place])&bit != 0 {
		return false
	}
	m.bits[place] |= bit
	m.count++
	return true
}

// has reports whether a lease is among those that the cycle settles.
func (m *mark) has(l *broker.Lease) bool {
	return l.Index >= 0 && l.Index < len(m.claim.ids) && m.claim.ids[l.Index] == l.ID && m.bits[l.Index/8]&(1<<(l.Index%8)) != 0
}

// span is the part of the bits that is not zero: settles come in clusters.
func (m *mark) span() (from int, bits []byte) {
	to := len(m.bits)
	for to > 0 && m.bits[to-1] == 0 {
		to--
	}
	for from < to && m.bits[from] == 0 {
		from++
	}
	return from, m.bits[from:to]
}

// answered takes in that a plan was carried out.
func (s *session) answered(p *plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unmark = nil
	s.heard = max(s.heard, p.cycle.Seq)
	for _, id := range p.calmed {
		delete(s.telling, id)
	}
	for _, m := range p.marks {
		for i := range m.bits {
			m.claim.settled[i] |= m.bits[i]
		}
		if m.claim.left -= m.count; m.claim.left <= 0 {
			delete(s.claims, m.seq)
		}
	}
}

// cancelled picks the session's own tasks from the marks of the queue, and notes
// those that its cycle has ended: their marks can go.
func (s *session) cancelled(marks []any, ended []broker.ID) (all []broker.Cancelled) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 0; i+1 < len(marks); i += 2 {
		r := reply(marks[i : i+2])
		var id broker.ID
		copy(id[:], r.string(0))
		switch {
		case s.holds(id):
			all = append(all, broker.Cancelled{ID: id, Reason: r.string(1)})
		case slices.Contains(ended, id):
			s.unmark = append(s.unmark, id)
		}
	}
	slices.SortFunc(all, func(a, b broker.Cancelled) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return all[:min(len(all), broker.MaxBatch)]
}

// holds looks through all claims: there are marks only now and then.
func (s *session) holds(id broker.ID) bool {
	for _, c := range s.claims {
		if i := slices.Index(c.ids, id); i >= 0 && c.settled[i/8]&(1<<(i%8)) == 0 {
			return true
		}
	}
	return false
}
