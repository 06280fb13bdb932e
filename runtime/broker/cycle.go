package broker

import "time"

// A Session is one worker process at one queue. Worker is new at each process
// start and after ErrFenced; its name follows CheckName.
type Session struct{ Worker, Queue string }

// A Cycle is one step of a session. See the package comment.
type Cycle struct {
	Session Session
	Seq     uint64        // 1, 2, 3 …; repeated until answered
	Lease   time.Duration // MinLease to MaxLease
	Settle  []Settle
	Want    Want
	Leave   bool // the last cycle of the session
}

// Want bounds what a cycle may grant. The zero value asks for nothing.
type Want struct {
	Max      int  // leases; at most MaxBatch are granted
	Suspects bool // whether the grant may be one suspect (alone)
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
// does neither.
const (
	Done    Outcome = iota + 1 // finished; Result is kept for the task's Retention
	Retry                      // failed; again after After
	Release                    // given back: to the head of its lane, or scheduled with After > 0
	Dead                       // failed for good: to the dead letters, with its payload
	Discard                    // dropped on purpose: ended without a result or a dead letter
)

// A Settle ends a lease.
type Settle struct {
	Lease   *Lease
	Outcome Outcome
	After   time.Duration // Retry, Release: not before now + After
	Result  []byte        // Done
	Reason  string        // Retry, Dead, Discard
	At      time.Time     // when the run ended, by the store's clock as the worker knows it
}

// Message is the task as it goes on after a Retry, Release or Dead: one rule
// for all stores. Lost counts losses in a row, so an ended run resets it.
func (s *Settle) Message() Message {
	m := s.Lease.Message
	if s.Outcome == Release {
		return m
	}
	m.Attempts++
	m.Lost = 0
	reason := s.Reason
	if len(reason) > MaxReasonBytes {
		reason = reason[:MaxReasonBytes]
	}
	f := Failure{At: s.At, Attempt: m.Attempts, Reason: reason}
	keep := m.Failures
	if len(keep) >= MaxFailures {
		keep = keep[len(keep)-MaxFailures+1:]
	}
	m.Failures = append(append(make([]Failure, 0, len(keep)+1), keep...), f)
	return m
}

// A Grant answers a cycle.
type Grant struct {
	Now    time.Time // the store's clock
	Leases []Lease
	More   bool          // a further cycle would find work now
	Again  time.Duration // until the next due task or lapsing lease that is known; 0: none
}
