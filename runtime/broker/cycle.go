package broker

import (
	"math"
	"time"
	"unicode/utf8"
)

// A Session is one worker process at one queue. Worker is new at each process
// start and after ErrFenced; its name follows CheckName.
type Session struct{ Worker, Queue string }

// A Cycle is one step of a session. See the package comment.
type Cycle struct {
	Session Session
	Seq     uint64        // 1, 2, 3 …; repeated until answered
	Lease   time.Duration // MinLease to MaxLease
	Settle  []Settle      // at most MaxBatch, carried out in this order
	Want    Want

	// Unpark are shapes that the worker knows, at most MaxShapes: their parked
	// tasks come back, at most PromoteBatch of all. See Grant.Parked.
	Unpark []Shape

	// Promote bounds how many due tasks this cycle promotes: up to PromoteBatch;
	// 0: PromoteBatch.
	Promote int

	// Progress of running tasks, at most MaxBatch; the last one of a task
	// counts. It is ignored for a task that the session does not hold after
	// the settles, and gone when the task's run ends.
	Progress []Progress

	// Leave makes this the last cycle of the session; it claims nothing. The
	// answer to a repeat may be ErrFenced, as the session is gone by then.
	Leave bool
}

// Want bounds what a cycle may grant. The zero value asks for nothing.
type Want struct {
	Max      int  // leases; at most MaxBatch are granted
	Suspects bool // whether the grant may be one suspect (alone)
}

// Progress is what a handler tells about its run: at most MaxProgressBytes.
type Progress struct {
	Lease *Lease
	Data  []byte
}

// A Lease is the right to run a task once.
type Lease struct {
	Message
	Claim uint64 // the Seq of the cycle that granted it: with the session, the fence
	Index int    // within the claim
}

// An Outcome says how a run ended.
type Outcome uint8

// The outcomes. Retry and Dead record a failure and spend an attempt; Release
// and Park do neither.
const (
	Done    Outcome = iota + 1 // finished; Result is kept for the task's Retention
	Retry                      // failed; again after After
	Release                    // given back: to the head of its lane, or scheduled with After > 0
	Dead                       // failed for good: to the dead letters, with its payload
	Discard                    // dropped on purpose: ended without a result or a dead letter
	Park                       // not known here: it waits, in no lane, for a worker that knows its shape
)

var outcomeNames = [...]string{"unknown", "done", "retried", "released", "dead", "discarded", "parked"}

// String says what became of the task, in lower case.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "invalid"
}

// A Settle ends a lease.
type Settle struct {
	Lease   *Lease
	Outcome Outcome
	After   time.Duration // Retry, Release, and Park of one shape too many: not before now + After
	Result  []byte        // Done
	Reason  string        // Retry, Dead, Discard
	At      time.Time     // when the run ended, by the store's clock as the worker knows it
}

// Message is the task as it goes on after a Retry, Release, Park or Dead: one rule
// for all stores. Lost counts losses in a row, so an ended run resets it.
func (s *Settle) Message() Message {
	m := s.Lease.Message
	if s.Outcome == Release || s.Outcome == Park {
		return m
	}
	if m.Attempts < math.MaxUint8 {
		m.Attempts++
	}
	m.LostBefore += uint16(m.Lost)
	m.Lost = 0
	f := Failure{At: s.At.Truncate(time.Millisecond), Attempt: m.Attempts, Reason: TrimReason(s.Reason)}
	keep := m.Failures
	if len(keep) >= MaxFailures {
		keep = keep[len(keep)-MaxFailures+1:]
	}
	m.Failures = append(append(make([]Failure, 0, len(keep)+1), keep...), f)
	return m
}

// TrimReason cuts a reason to MaxReasonBytes, between two characters.
func TrimReason(reason string) string {
	if len(reason) <= MaxReasonBytes {
		return reason
	}
	n := MaxReasonBytes
	for n > MaxReasonBytes-utf8.UTFMax && !utf8.RuneStart(reason[n]) {
		n--
	}
	return reason[:n]
}

// Cancelled is a task that is not wanted any more, and why.
type Cancelled struct {
	ID     ID
	Reason string
}

// A Grant answers a cycle. More and Again tell how the queue stands after it.
type Grant struct {
	Now    time.Time // the store's clock
	Leases []Lease

	// Cancelled are the tasks that this session holds, new leases included, and
	// that an Edit has marked: in the order of their IDs, at most MaxBatch,
	// repeated until they are settled. Whoever holds one does not begin it, or
	// ends its run, and discards it for the reason.
	Cancelled []Cancelled

	// Died are the tasks that this cycle has reclaimed and made dead letters, as
	// they were lost too often, in the order of their claim. A repeat does not say it
	// again.
	Died []Message

	// Parked are the shapes of the tasks that are parked in the queue, at most
	// MaxShapes, by kind and version; nil where there are none. A worker that knows
	// one of them asks for its tasks with Unpark.
	Parked []Shape

	// More: a further cycle would find work now. A lane that this Want could
	// claim from (with Max 0: if it were 1) is not empty, nor held up by a limit;
	// a scheduled task is due, tasks of a shape in Unpark are parked, another session has lapsed and holds claims, or a
	// token has come for what a limit has set aside.
	More bool

	// Again is the time until the next scheduled task is due, the lease of another
	// session that holds claims lapses, or a token lets begin what waits for it,
	// whichever comes first; 0 where there is none of these, or where it has come
	// already (then More is set).
	Again time.Duration
}
