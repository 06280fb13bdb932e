package broker

import (
	"fmt"
	"time"
)

// An Edit changes one task from outside.
type Edit struct {
	Ref
	Action Action
	After  time.Duration // Reschedule: due at now + After; 0 to MaxDelay
	Reason string        // Cancel
}

// An Action is what an Edit does.
type Action uint8

// The actions.
const (
	// Cancel ends a pending, scheduled or parked task as discarded, for its Reason (cut
	// as by TrimReason). One that is active is marked, and one that lies deeper
	// in its lane than FindLimit: whoever holds it, now or later, is told in
	// each Grant and discards it. The mark goes with the task's end. ErrState:
	// it is dead. ErrNotFound: the store does not have it.
	Cancel Action = iota + 1

	// Delete drops a pending, scheduled, parked or dead task and leaves no outcome.
	// ErrState: it is active.
	Delete

	// Requeue lets a scheduled, parked or dead task run now: it goes to the tail of its
	// lane, Ready now. A dead one begins anew: Attempts, Lost and LostBefore
	// count from 0, Failures stay; if another task holds its unique key by now
	// it goes on without one (Unique is zero), else it holds the key as if it
	// were enqueued now. ErrState: it is pending or active already.
	Requeue

	// Reschedule changes the due time of a scheduled task. ErrState: it is
	// anything else.
	Reschedule
)

// Check reports what no store would accept in e.
func (e *Edit) Check() error {
	if err := CheckName("queue name", e.Queue); err != nil {
		return err
	}
	switch {
	case e.ID.IsZero():
		return fmt.Errorf("%w: the edit has no id", ErrInvalid)
	case e.Action < Cancel || e.Action > Reschedule:
		return fmt.Errorf("%w: action %d does not exist", ErrInvalid, e.Action)
	case e.After < 0 || e.After > MaxDelay:
		return fmt.Errorf("%w: delay %v is outside 0 to %v", ErrInvalid, e.After, MaxDelay)
	}
	return nil
}

// CheckEdits reports the first edit that no store would carry out.
func CheckEdits(edits []Edit) error {
	if len(edits) > MaxEdits {
		return fmt.Errorf("%w: %d edits in one call, at most %d are allowed", ErrInvalid, len(edits), MaxEdits)
	}
	for i := range edits {
		if err := edits[i].Check(); err != nil {
			return fmt.Errorf("edit %d: %w", i, err)
		}
	}
	return nil
}

// CheckPurge reports why no store would purge these tasks.
func CheckPurge(queue string, s State) error {
	if err := CheckName("queue name", queue); err != nil {
		return err
	}
	if !s.listed() {
		return fmt.Errorf("%w: %v tasks cannot be purged; pending, scheduled, parked and dead ones can", ErrInvalid, s)
	}
	return nil
}

// Applies reports whether an action can change a task that is in a state.
func (a Action) Applies(s State) bool {
	switch a {
	case Cancel:
		return s == Pending || s == Scheduled || s == Parked || s == Active
	case Delete:
		return s.listed()
	case Requeue:
		return s == Scheduled || s == Parked || s == StateDead
	case Reschedule:
		return s == Scheduled
	}
	return false
}

// Renewed is a dead message as it begins anew: one rule for all stores.
func Renewed(m Message) Message {
	m.Attempts, m.Lost, m.LostBefore = 0, 0, 0
	return m
}
