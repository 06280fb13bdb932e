package broker

import (
	"cmp"
	"strings"
	"time"
)

// A Priority orders tasks inside a queue. The zero value is Normal.
type Priority int8

// The four priorities; a higher one is served first.
const (
	Low      Priority = -1
	Normal   Priority = 0
	High     Priority = 1
	Critical Priority = 2
)

// A Message is a task as stores see it. Once delivered it is immutable, and
// strings may alias its bytes for as long as anybody likes.
type Message struct {
	ID       ID
	Queue    string
	Kind     string // the wire name of the task's type, such as "email.SendWelcome"
	Version  uint16 // of the payload's shape
	Priority Priority

	// Group is a class of tasks with limits of its own, and Key whose task it is
	// among them: see Settings and "Lanes" in the package comment. Group follows
	// CheckName; empty: none. Key has at most MaxNameLen bytes, none of them
	// zero, and needs a Group; empty: the group's own.
	Group, Key string

	Delay time.Duration // not before the store's now + Delay; only in Enqueue, zero in what a store returns
	Due   time.Time     // not before this instant of the store's clock; likewise

	Attempts   uint8  // runs that ended in a failure
	Lost       uint8  // runs in a row that never ended: the worker was lost
	LostBefore uint16 // losses before the last failure; they stay in Run
	Max        uint8  // failures after which the task is dead: retries + 1

	Timeout   time.Duration // of one run; 0: none
	Retention time.Duration // how long the outcome is kept after the end; 0: not at all
	Expires   time.Duration // a worker discards it if its first run does not begin that long after Ready; 0: never
	Unique    Unique
	Once      Once // only in Enqueue, zero in what a store returns

	Ready    time.Time // since when it could have run, set by the store: when it was enqueued or its due time
	Headers  []Header
	Failures []Failure // the newest last, at most MaxFailures
	Payload  []byte

	// Unknown holds fields that a newer release wrote and this one does not
	// know; they travel with the task.
	Unknown []byte
}

// Run is the number of the run that comes next, or that a lease stands for: it
// rises with each run that failed or was lost and serves as a fencing token. A
// run that was given back does not count.
func (m *Message) Run() uint32 {
	return uint32(m.Attempts) + uint32(m.LostBefore) + uint32(m.Lost) + 1
}

// Grouped reports whether m waits in a lane of its group. A suspect does not.
func (m *Message) Grouped() bool { return m.Group != "" && m.Lost < SuspectAfter }

// Unique refuses a second task with the same key in the same queue while the
// first one holds it: for Window from its enqueueing, whether it has ended or
// not, or, with Window 0, until it has ended (done, dead or discarded). The
// zero value refuses nothing.
type Unique struct {
	Key    string
	Window time.Duration
}

// Once lets one of many senders of the same message win: the message is
// accepted only if Seq is greater than the last one that the store remembers for
// the Name in the queue; otherwise its receipt says ErrStale. A message that is
// then a duplicate is remembered, too; one that is refused with ErrFull is not.
// The zero value asks for nothing. Names are remembered for ever: use few.
type Once struct {
	Name string // follows CheckName
	Seq  int64  // 1 to MaxSeq
}

// A Shape is what a worker has to know to run a task: its kind, and the version
// of its payload.
type Shape struct {
	Kind    string
	Version uint16
}

// Shape is that of m.
func (m *Message) Shape() Shape { return Shape{m.Kind, m.Version} }

// Compare orders shapes by kind, then by version.
func (s Shape) Compare(other Shape) int {
	return cmp.Or(strings.Compare(s.Kind, other.Kind), cmp.Compare(s.Version, other.Version))
}

// A Header is metadata that travels with a task.
type Header struct{ Key, Value string }

// A Failure is one run that went wrong.
type Failure struct {
	At      time.Time
	Attempt uint8 // 1 for the first run that failed
	Reason  string
}

// A Receipt tells why the message at Index of an Enqueue is not in.
type Receipt struct {
	Index    int
	Existing ID    // the task that holds the unique key, with ErrDuplicate
	Err      error // ErrDuplicate, ErrFull, ErrUnavailable or ErrUnknown, wrapped
}
