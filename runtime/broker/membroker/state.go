package membroker

import (
	"math"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A task is one message and where it is. Exactly one structure of its queue
// holds it: a lane, the schedule, the parked ones, a claim or the dead letters.
type task struct {
	broker.Message
	state broker.State // Pending, Scheduled, Parked, Active or StateDead
	at    time.Time    // due or ended, as in broker.Entry

	key       *key              // Active: in whose lane it was; nil: of no group
	order     int64             // in its group's lane: 0 what was given back, atTail what was not, between them what was unparked
	progress  []byte            // Active
	cancelled *broker.Cancelled // the mark of an Edit
}

// The lanes in the order in which they are served.
const (
	suspects = 4
	lanes    = 5
)

func laneOf(m *broker.Message) int {
	if m.Lost >= broker.SuspectAfter {
		return suspects
	}
	return int(broker.Critical - m.Priority)
}

// A queue is all there is under one name.
type queue struct {
	name  string
	tasks map[broker.ID]*task // all that are not finished, dead ones too

	lanes     [lanes]deque[*task] // of the tasks without a group, and of suspects
	groups    map[string]*group
	grouped   int64 // tasks in the lanes of groups
	scheduled timeline[*task]
	parked    map[broker.Shape][]*task // those of a shape in the order in which they were parked
	parkings  int64                    // how many tasks were ever parked
	dead      []*task                  // ordered by end and ID

	sessions      map[string]*session
	holding, idle roster // of the sessions with claims, and of those without

	turn    int64               // rises with each claim that groups compete for
	plain   [ranks]int64        // when a lane without a group was served last
	rings   [ranks]ring[*group] // open groups with lanes that are ready
	aside   asideList           // lanes and groups at a limit
	bucket  bucket              // of the whole queue
	resting timeline[*key]      // keys without tasks, until their debts are paid

	bytes   int64 // of what is pending, scheduled or parked
	letters int64 // of what is dead

	settings broker.Settings
	marked   int              // tasks with a mark of an Edit
	marks    map[string]int64 // of Once
	outcomes map[broker.ID]*outcome
	unique   map[string]hold
	fading   timeline[broker.ID] // when outcomes expire
	lapsing  timeline[string]    // when unique windows end

	counts   broker.QueueInfo // the totals, Active and Dead
	waiters  map[*waiter]struct{}
	watchers map[*watcher]struct{}
}

func newQueue(name string) *queue {
	return &queue{
		name:     name,
		tasks:    map[broker.ID]*task{},
		sessions: map[string]*session{},
		groups:   map[string]*group{},
		parked:   map[broker.Shape][]*task{},
		marks:    map[string]int64{},
		outcomes: map[broker.ID]*outcome{},
		unique:   map[string]hold{},
		waiters:  map[*waiter]struct{}{},
		watchers: map[*watcher]struct{}{},
	}
}

// A session is one worker at a queue.
type session struct {
	worker  string
	seq     uint64 // of the last answered cycle
	expires time.Time
	fenced  bool
	claims  []*claim // only those with unsettled tasks, oldest first
}

// roster is where a session stands between its cycles.
func (q *queue) roster(s *session) *roster {
	if len(s.claims) > 0 {
		return &q.holding
	}
	return &q.idle
}

// A claim is what one cycle granted.
type claim struct {
	seq   uint64
	tasks []*task // nil where settled
	left  int     // how many are not nil
}

// An outcome is what is left of a finished task.
type outcome struct {
	state   broker.State // StateDone or StateDiscarded
	shape   broker.Shape // StateDone
	result  []byte
	reason  string
	at      time.Time
	expires time.Time
}

// A hold keeps a unique key for a task: until an instant or, if that is zero,
// until the task ends.
type hold struct {
	id    broker.ID
	until time.Time
}

// atTail is the order of what goes to the tail of a group's lane.
const atTail = math.MaxInt64

// push adds a task to the tail of its lane.
func (q *queue) push(t *task, now time.Time) {
	q.pend(t)
	if t.Grouped() {
		t.order = atTail
		q.wait(t, now)
		return
	}
	q.lanes[laneOf(&t.Message)].pushBack(t)
}

// putBack adds a task to the head of its lane.
func (q *queue) putBack(t *task, now time.Time) {
	q.pend(t)
	if t.Grouped() {
		t.order = 0
		q.wait(t, now)
		return
	}
	q.lanes[laneOf(&t.Message)].pushFront(t)
}

func (q *queue) pend(t *task) {
	q.become(t, broker.Pending)
	t.at, t.progress = time.Time{}, nil
}

// become changes the state of a task, and the bytes of what waits.
func (q *queue) become(t *task, s broker.State) {
	if waits(t.state) {
		q.bytes -= size(t)
	}
	if waits(s) {
		q.bytes += size(t)
	}
	t.state = s
}

func waits(s broker.State) bool {
	return s == broker.Pending || s == broker.Scheduled || s == broker.Parked
}

// size is what a task counts for where bytes are bounded: its payload, and about
// what it takes beside that.
func size(t *task) int64 { return int64(len(t.Payload)) + 100 }

// schedule lets a task wait until due.
func (q *queue) schedule(t *task, due time.Time) {
	q.become(t, broker.Scheduled)
	t.at, t.Ready, t.progress = due, due, nil
	q.scheduled.push(due, t.ID, t)
}
