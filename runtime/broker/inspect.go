package broker

import "time"

// A State is where a task is.
type State uint8

// The states. StateUnknown: the store does not have the task (any more).
const (
	StateUnknown State = iota
	Pending
	Scheduled
	Active
	StateDone
	StateDead
	StateDiscarded
	Parked // waits for a worker that knows its shape
)

var stateNames = [...]string{"unknown", "pending", "scheduled", "active", "done", "dead", "discarded", "parked"}

// String is the state's lower-case name.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "invalid"
}

// A Ref names a task.
type Ref struct {
	Queue string
	ID    ID
}

// An Entry is what a store knows of a task.
type Entry struct {
	Ref
	State    State
	Message  *Message  // nil where only the outcome is left; Ready of a scheduled one is its due time
	Shape    Shape     // StateDone: that of the task; zero where an older release ended it
	Result   []byte    // StateDone
	Reason   string    // StateDead, StateDiscarded
	Progress []byte    // Active: the last that its run told
	At       time.Time // due (scheduled) or ended (done, dead, discarded), else zero
}

// DeadReason is why a dead message died: its last failure or, where its runs
// never ended, that fact. One rule for all stores.
func DeadReason(m *Message) string {
	if m.Lost >= LostLimit {
		return "lost: its worker vanished in each of the last runs"
	}
	if n := len(m.Failures); n > 0 {
		return m.Failures[n-1].Reason
	}
	return ""
}

// A ListQuery asks for a page of the tasks of one queue in one state: Pending,
// Scheduled, Parked or StateDead. Limit is 1 to MaxPage; Cursor is the last page's Next.
type ListQuery struct {
	Queue  string
	State  State
	Cursor string
	Limit  int
}

// A Page is part of a list. Next is empty on the last page; others may be
// shorter than the limit too. Tasks that move while one pages may be missed or
// seen twice.
type Page struct {
	Entries []Entry
	Next    string
}

// An Event says that a task has ended.
type Event struct {
	ID    ID
	State State
}

// QueueInfo counts the tasks of a queue.
type QueueInfo struct {
	Queue    string
	Settings Settings

	Pending, Scheduled, Parked, Active, Dead int64 // now, none of them ever negative
	Sessions                                 int64 // workers at the queue now
	Lapsed                                   int64 // others whose lease is over, until somebody cleans up

	// Since the queue was first used. Enqueued: messages that got in. Released:
	// by Release or Leave. Died: by Dead or at the LostLimit. Lost: each loss.
	// Discarded: cancelled tasks too. Deleted: by Delete or Purge. Dropped: dead
	// letters beyond the bounds of the settings.
	Enqueued, Done, Retried, Released, Died, Discarded, Lost, Deleted, Dropped int64
}

// Add adds what another queue counts, so that q tells of both. Sessions is the larger
// of the two, as one worker may serve both; Queue and Settings stay.
func (q *QueueInfo) Add(other *QueueInfo) {
	q.Pending += other.Pending
	q.Scheduled += other.Scheduled
	q.Parked += other.Parked
	q.Active += other.Active
	q.Dead += other.Dead
	q.Sessions = max(q.Sessions, other.Sessions)
	q.Lapsed += other.Lapsed
	q.Enqueued += other.Enqueued
	q.Done += other.Done
	q.Retried += other.Retried
	q.Released += other.Released
	q.Died += other.Died
	q.Discarded += other.Discarded
	q.Lost += other.Lost
	q.Deleted += other.Deleted
	q.Dropped += other.Dropped
}
