package redisbroker

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A plan is a cycle in the terms of cycle.lua: marks for what is settled, and
// operations for what that needs beside the mark. A task that is just done needs
// none.
type plan struct {
	queue *queue
	cycle *broker.Cycle
	heard uint64 // the last cycle whose answer was heard
	marks []*mark

	operations []any
	results    []string // the keys that operations write outcomes to
	heads      []head
	calmed     []broker.ID // whose progress goes with their run
}

// A head is a task that goes back to the head of its lane.
type head struct {
	mark   int
	lease  *broker.Lease
	packed []byte
}

func newPlan(q *queue, s *session, c *broker.Cycle) *plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &plan{queue: q, cycle: c, heard: s.heard}
	for i := range c.Settle {
		end := &c.Settle[i]
		at := p.mark(s, end.Lease.Claim)
		if at >= 0 && p.marks[at].take(end.Lease) {
			p.settle(at, end)
			p.calm(s, end)
		}
	}
	p.tell(s, c.Progress)
	for _, id := range s.unmark {
		p.operations = append(p.operations, "unmark", 0, 0, id[:])
	}
	return p
}

// mark finds or makes the mark of a claim; -1: the session does not hold it.
func (p *plan) mark(s *session, seq uint64) int {
	for i, m := range slices.Backward(p.marks) {
		if m.seq == seq {
			return i
		}
	}
	c := s.claims[seq]
	if c == nil {
		return -1
	}
	p.marks = append(p.marks, &mark{seq: seq, claim: c, bits: make([]byte, len(c.settled))})
	return len(p.marks) - 1
}

// ended are the tasks that the cycle has brought to their ends and that do not come
// again, as a dead letter may: of the settles of a lease the first one counts.
func (p *plan) ended() (all []broker.ID) {
	type place struct {
		claim uint64
		index int
	}
	seen := make(map[place]bool)
	for i := range p.cycle.Settle {
		end := &p.cycle.Settle[i]
		at := place{end.Lease.Claim, end.Lease.Index}
		taken := slices.ContainsFunc(p.marks, func(m *mark) bool { return m.seq == at.claim && m.has(end.Lease) })
		if final := end.Outcome == broker.Done || end.Outcome == broker.Discard; taken && final && !seen[at] {
			all = append(all, end.Lease.ID)
		}
		seen[at] = true
	}
	return all
}

// settle adds the operations of one outcome.
func (p *plan) settle(at int, end *broker.Settle) {
	m := &end.Lease.Message
	switch end.Outcome {
	case broker.Done:
		p.finish(at, end, broker.StateDone)
	case broker.Discard:
		p.operate("discard", at, end)
		p.finish(at, end, broker.StateDiscarded)
	case broker.Retry:
		next := end.Message()
		p.operate("retry", at, end, end.After.Milliseconds(), appendEnvelope(nil, &next))
	case broker.Dead:
		next := end.Message()
		p.operate("dead", at, end, appendEnvelope(nil, &next))
	case broker.Park:
		p.operate("park", at, end, end.After.Milliseconds(), shapeName(m.Shape()), appendEnvelope(nil, m))
	case broker.Release:
		if end.After >= time.Millisecond {
			p.operate("release", at, end, end.After.Milliseconds(), appendEnvelope(nil, m))
			return
		}
		p.heads = append(p.heads, head{at, end.Lease, appendEnvelope(nil, m)})
	}
}

// calm drops what the run has told of its progress.
func (p *plan) calm(s *session, end *broker.Settle) {
	if _, told := s.telling[end.Lease.ID]; told {
		p.calmed = append(p.calmed, end.Lease.ID)
		p.operations = append(p.operations, "calm", 0, 0, end.Lease.ID[:])
	}
}

// tell passes on what runs tell of their progress.
func (p *plan) tell(s *session, progress []broker.Progress) {
	for i := range progress {
		l := progress[i].Lease
		at := p.mark(s, l.Claim)
		if at < 0 || l.Index < 0 || l.Index >= len(p.marks[at].claim.ids) || p.marks[at].claim.ids[l.Index] != l.ID {
			continue
		}
		s.telling[l.ID] = struct{}{}
		p.operations = append(p.operations, "progress", at+1, l.Index, l.ID[:], progress[i].Data)
	}
}

// finish frees the unique key and keeps the outcome, where there are such.
func (p *plan) finish(at int, end *broker.Settle, s broker.State) {
	m := &end.Lease.Message
	if bound(m) {
		p.operate("free", at, end, m.Unique.Key, m.ID[:])
	}
	if m.Retention >= time.Millisecond {
		p.operate("outcome", at, end, bucket(p.result(p.queue.result(m.ID))), int(s), m.Retention.Milliseconds(), m.ID[:], leftBy(end, s))
	}
}

// A bucket is the place of a result's key among those of the plan; it becomes
// its place in KEYS once the marks are known.
type bucket int

func (p *plan) result(key string) int {
	if n := len(p.results); n > 0 && p.results[n-1] == key {
		return n - 1
	}
	if i := slices.Index(p.results, key); i >= 0 {
		return i
	}
	p.results = append(p.results, key)
	return len(p.results) - 1
}

// operate adds an operation: its name, the mark, the index, what else it takes.
func (p *plan) operate(name string, at int, end *broker.Settle, args ...any) {
	p.operations = append(p.operations, name, at+1, end.Lease.Index)
	p.operations = append(p.operations, args...)
}

// arguments completes the keys and makes the arguments of cycle.lua.
func (p *plan) arguments(keys []string) ([]string, []any) {
	c := p.cycle
	want := min(c.Want.Max, broker.MaxBatch)
	if c.Leave {
		want = 0
	}
	promoted := cmp.Or(c.Promote, broker.PromoteBatch)
	args := make([]any, 0, 10+len(c.Unpark)+4*len(p.marks)+len(p.operations)+4*len(p.heads))
	args = append(args, c.Session.Worker, c.Seq, c.Lease.Milliseconds(), want, flag(c.Want.Suspects), p.queue.ended, len(p.marks), p.heard, promoted, len(c.Unpark))
	for _, s := range c.Unpark {
		args = append(args, shapeName(s))
	}
	for _, m := range p.marks {
		keys = append(keys, p.queue.claim(c.Session.Worker, m.seq))
		from, bits := m.span()
		count := m.count
		if m.claim.grouped {
			count = -count
		}
		args = append(args, m.seq, from, bits, count)
	}
	first := len(keys) + 1
	keys = append(keys, p.results...)
	for _, arg := range p.operations {
		if b, ok := arg.(bucket); ok {
			arg = first + int(b)
		}
		args = append(args, arg)
	}
	// The last one pushed to the head comes first: the oldest claim's lowest index.
	slices.SortFunc(p.heads, func(a, b head) int {
		if a.lease.Claim != b.lease.Claim {
			return compare(b.lease.Claim, a.lease.Claim)
		}
		return b.lease.Index - a.lease.Index
	})
	for _, h := range p.heads {
		args = append(args, "head", h.mark+1, h.lease.Index, h.packed)
	}
	return keys, args
}

func compare(a, b uint64) int {
	if a < b {
		return -1
	}
	return 1
}

// held are the claims of a session, the oldest first.
func (b *Broker) held(ctx context.Context, q *queue, worker string) ([]uint64, error) {
	var names []string
	err := b.call(ctx, func(ctx context.Context) (err error) {
		names, err = b.commands.HKeys(ctx, q.claims(worker)).Result()
		return err
	})
	seqs := make([]uint64, 0, len(names))
	for _, name := range names {
		if n, err := strconv.ParseUint(name, 10, 64); err == nil {
			seqs = append(seqs, n)
		}
	}
	slices.Sort(seqs)
	return seqs, err
}
