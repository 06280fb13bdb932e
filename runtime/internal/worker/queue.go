package worker

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/stats"
)

// A queue is what the engine knows of a queue and its session. All fields are
// guarded by the engine's mutex; seq and last are the fetcher's.
type queue struct {
	name    string
	place   int              // among the engine's
	waits   *stats.Durations // of its tasks; nil: not measured
	session string           // the worker's name in it
	epoch   uint32           // how many sessions there were before
	seq     uint64
	last    time.Time     // when the last cycle was answered
	lease   time.Duration // that it gave to the session
	again   time.Duration // from then on, when the store expects work; 0: not known
	outage  error         // why the cycle under way gets no answer; nil: it does
	vain    int           // cycles in a row that found nothing although there seemed to be work
	paused  bool          // until pauseTo it neither claims nor listens, for that reason
	pauseTo time.Time

	ready     bool      // the store may have work
	hoped     bool      // it was ready when the cycle under way was made
	hinted    bool      // woken since then
	passOn    bool      // woken without capacity: a cycle may wake another worker
	listening bool      // the listener waits for work
	deaf      time.Time // until then the listener is not relied on
	sleeping  bool      // the fetcher waits for a poke
	signal    chan struct{}
	arm       chan struct{}

	unpark  []broker.Shape // parked ones to take back with the next claim
	rivals  time.Time      // until then others may park what this worker takes back
	quota   int            // capacity to claim with the next cycle
	asking  int            // capacity in the cycle under way
	held    int            // leases of the session whose settle is not answered
	running int            // of those, with a handler that has not returned

	open     []*Run // calls of batches that gather tasks
	extra    int    // how many more than there is capacity for to claim, for batches
	buffer   fifo
	moved    time.Time // when a run was last taken from buffer, or began to wait in it
	telling  []*Run    // runs with progress to tell
	tellAt   time.Time // when that is due
	finished []broker.Settle
	first    time.Time // when the oldest of finished was added
	spare    []broker.Settle

	counts Counts
	claims Claims
	idle   time.Duration // as Config.IdlePause
}

func newQueue(place int, name, session string) *queue {
	return &queue{
		name: name, place: place, session: session,
		signal: make(chan struct{}, 1), arm: make(chan struct{}, 1),
	}
}

// poke makes the fetcher look again, if it sleeps.
func (q *queue) poke() {
	if !q.sleeping {
		return
	}
	q.sleeping = false
	select {
	case q.signal <- struct{}{}:
	default:
	}
}

// A fifo is a queue of runs.
type fifo struct {
	runs []*Run
	head int
}

func (f *fifo) len() int { return len(f.runs) - f.head }

func (f *fifo) push(r *Run) {
	if f.head > 0 && f.head == len(f.runs) {
		f.runs, f.head = f.runs[:0], 0
	}
	f.runs = append(f.runs, r)
}

func (f *fifo) pop() *Run {
	r := f.runs[f.head]
	f.runs[f.head] = nil
	f.head++
	return r
}

func (f *fifo) popLast() *Run {
	last := len(f.runs) - 1
	r := f.runs[last]
	f.runs[last] = nil
	f.runs = f.runs[:last]
	return r
}

// free is the capacity that nothing claims, runs or waits in.
func (e *Engine) free() int {
	capacity := min(e.slots+e.prefetch, e.ceiling)
	if e.slots == 0 {
		capacity = 0
	}
	return capacity - len(e.active) - e.buffered - e.gathering - e.promised
}

// distribute gives free capacity to the queues that may have work, once there
// is enough of it for a cycle that is worth its round trip.
func (e *Engine) distribute() {
	free := e.free()
	if e.draining || free < max(1, e.prefetch/2) || e.beginning() {
		return
	}
	if !e.gather() {
		return
	}
	e.split.share(free, broker.MaxBatch, e.asks, e.shares)
	for i, q := range e.queues {
		if more := e.shares[i] - q.quota; more > 0 {
			q.quota += more
			e.promised += more
			q.poke()
		}
	}
}

// beginning reports whether, without prefetch, there are granted tasks that have yet
// to begin. There is a slot for each, so they do so in microseconds, and if they end
// as fast, one cycle claims for all slots where there would be two: a third of the
// store's work for a task (100 slots: 2.9 µs before, 1.9 with it).
func (e *Engine) beginning() bool { return e.prefetch == 0 && e.buffered > 0 }

// begun lets the fetchers claim that wait for what was granted to begin.
func (e *Engine) begun() {
	if e.prefetch > 0 || e.buffered > 0 {
		return
	}
	e.distribute()
	for _, q := range e.queues {
		if q.quota > 0 {
			q.poke()
		}
	}
}

// gather prepares the splitter's input and reports whether anybody asks.
func (e *Engine) gather() (asked bool) {
	for i, q := range e.queues {
		e.asks[i], e.shares[i] = q.wants(), q.quota
		asked = asked || e.asks[i]
	}
	return asked
}

// wants reports whether a queue may need more capacity.
func (q *queue) wants() bool {
	return !q.paused && q.outage == nil && (q.ready || q.asking > 0)
}

// withdraw takes back what a queue was promised.
func (e *Engine) withdraw(q *queue) {
	e.promised -= q.quota
	q.quota = 0
}

// settle queues the end of a lease for the next cycle.
func (e *Engine) settle(q *queue, s broker.Settle) {
	if len(q.finished) == 0 {
		q.first = time.Now()
		q.poke()
	}
	q.finished = append(q.finished, s)
	e.forget(s.Lease)
}

// hurry lets what is finished wait for nothing more.
func (q *queue) hurry() {
	q.first = time.Time{}
	q.poke()
}

// forget strikes a lease that is over from the suspects.
func (e *Engine) forget(l *broker.Lease) {
	if l.Lost >= broker.SuspectAfter {
		e.suspects--
	}
}

// giveBack releases what was claimed and not begun.
func (e *Engine) giveBack(q *queue) {
	for len(q.open) > 0 {
		e.shut(q, 0)
	}
	for q.buffer.len() > 0 {
		e.release(q, q.buffer.pop())
	}
}

// shed gives back what exceeds the capacity, the youngest first: the answer
// was long on its way, and the slots went to others or there are fewer. An
// adaptive buffer is given back when it stalls.
func (e *Engine) shed(q *queue) {
	for (e.Prefetch != Adaptive || q.extra > 0) && e.free() < 0 && q.buffer.len() > 0 {
		e.release(q, q.buffer.popLast())
	}
}

func (e *Engine) release(q *queue, r *Run) {
	e.buffered--
	q.claims.Returned += int64(r.size())
	for part := range r.parts {
		e.settle(q, broker.Settle{Lease: part.Lease, Outcome: broker.Release})
	}
}

// push buffers a run.
func (e *Engine) push(q *queue, r *Run) {
	if q.buffer.len() == 0 {
		q.moved = time.Now()
	}
	q.buffer.push(r)
	e.buffered++
}

// take returns the run whose turn it is; nil: there is none.
func (e *Engine) take() *Run {
	if e.buffered == 0 {
		return nil
	}
	e.buffered--
	return e.turn().buffer.pop()
}

// turn is the queue from whose buffer the next run comes.
func (e *Engine) turn() *queue {
	if len(e.queues) == 1 {
		return e.queues[0]
	}
	for i, q := range e.queues {
		e.asks[i] = q.buffer.len() > 0
	}
	return e.queues[e.split.pick(e.asks)]
}
