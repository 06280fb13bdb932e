package taskqueue

import (
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// An Option changes one job. Options are small values: making and applying
// them allocates nothing. A later option overrides an earlier one.
type Option struct {
	set   optionField
	n     int64
	s, v  string
	id    ID
	until time.Time
}

type optionField uint8

const (
	optionQueue optionField = iota + 1
	optionPriority
	optionIn
	optionAt
	optionRetries
	optionTimeout
	optionRetention
	optionExpires
	optionID
	optionUnique
	optionKey
	optionHeader
)

// Queue sends the job to the named queue instead of its kind's.
func Queue(name string) Option { return Option{set: optionQueue, s: name} }

// WithPriority orders the job within its queue.
func WithPriority(p Priority) Option { return Option{set: optionPriority, n: int64(p)} }

// In delays the job by d, by the store's clock: 0 to 10 years. It overrides At.
func In(d time.Duration) Option { return Option{set: optionIn, n: int64(d)} }

// At keeps the job back until t, by the store's clock; a past t means now. It
// overrides In.
func At(t time.Time) Option { return Option{set: optionAt, until: t} }

// Retries sets the number of re-runs after the first failed run: 0 to 254.
func Retries(n int) Option { return Option{set: optionRetries, n: int64(n)} }

// Timeout bounds each run: 1ms to 49 days; 0 means no bound.
func Timeout(d time.Duration) Option { return Option{set: optionTimeout, n: int64(d)} }

// Retention keeps the outcome (the result included) for d after the end; 0
// keeps nothing, not even for a task with a result.
func Retention(d time.Duration) Option { return Option{set: optionRetention, n: int64(d)} }

// Expires discards the job if its first run does not begin within d from when it
// could: 1ms to 10 years; 0 means never.
func Expires(d time.Duration) Option { return Option{set: optionExpires, n: int64(d)} }

// WithID gives the job an id made by NewID for the same queue, so that sending
// it again, even from another process, is the same task for 24 hours.
func WithID(id ID) Option { return Option{set: optionID, id: id} }

// Unique refuses the job while another one in the queue holds key: for the
// given window from its enqueueing or, with window 0, until it has ended. The
// key has 1 to 128 bytes. Enqueue then returns a *DuplicateError.
func Unique(key string, window time.Duration) Option {
	return Option{set: optionUnique, s: key, n: int64(window)}
}

// WithHeader adds a header to the job, or replaces the one with the same key;
// handlers find it in Info. All headers together have at most 8 KiB.
func WithHeader(key, value string) Option { return Option{set: optionHeader, s: key, v: value} }

// apply sets the field that o is about, or records what is wrong with it.
func (o *Option) apply(j *Job) {
	switch o.set {
	case optionQueue, optionPriority:
		o.applyPlace(j)
	case optionIn, optionAt:
		o.applyStart(j)
	case optionRetries, optionTimeout, optionRetention, optionExpires:
		o.applyLimit(j)
	case optionID, optionUnique:
		o.applyIdentity(j)
	case optionKey:
		j.key, j.keyed = o.s, true
	case optionHeader:
		j.header(o.s, o.v)
	}
}

func (o *Option) applyPlace(j *Job) {
	switch {
	case o.set == optionQueue && o.s == "":
		j.refuse("Queue: the name is empty")
	case o.set == optionQueue:
		j.queue = o.s
	case o.n < int64(Low) || o.n > int64(Critical):
		j.refuse("WithPriority(%d) is outside %d to %d", o.n, Low, Critical)
	default:
		j.priority = Priority(o.n)
	}
}

func (o *Option) applyStart(j *Job) {
	d := time.Duration(o.n)
	switch {
	case o.set == optionAt:
		j.due, j.delay = o.until, 0
	case d < 0 || d > broker.MaxDelay:
		j.refuse("In(%v) is outside 0 to %v", d, broker.MaxDelay)
	default:
		j.delay, j.due = d, time.Time{}
	}
}

// applyLimit turns an explicit zero into "none", for a zero field means
// "as the queue says".
func (o *Option) applyLimit(j *Job) {
	d := time.Duration(o.n)
	switch o.set {
	case optionRetries:
		if o.n < 0 || o.n > broker.MaxRetries {
			j.refuse("Retries(%d) is outside 0 to %d", o.n, broker.MaxRetries)
			return
		}
		j.retries = orNone(int(o.n), NoRetries)
	case optionTimeout:
		if d != 0 && (d < time.Millisecond || d > broker.MaxTimeout) {
			j.refuse("Timeout(%v) is outside 1ms to %v", d, broker.MaxTimeout)
			return
		}
		j.timeout = orNone(d, NoTimeout)
	case optionExpires:
		if d != 0 && (d < time.Millisecond || d > broker.MaxDelay) {
			j.refuse("Expires(%v) is outside 1ms to %v", d, broker.MaxDelay)
			return
		}
		j.expires = d
	default:
		if d < 0 || d > broker.MaxDelay {
			j.refuse("Retention(%v) is outside 0 to %v", d, broker.MaxDelay)
			return
		}
		j.retention = orNone(d, forget)
	}
}

func (o *Option) applyIdentity(j *Job) {
	switch {
	case o.set == optionID && o.id.IsZero():
		j.refuse("WithID: the id is zero; make one with NewID")
	case o.set == optionID:
		j.id = o.id
	case o.s == "" || len(o.s) > broker.MaxNameLen:
		j.refuse("Unique: the key has %d bytes, 1 to %d are allowed", len(o.s), broker.MaxNameLen)
	case o.n != 0 && (o.n < int64(time.Millisecond) || o.n > int64(broker.MaxDelay)):
		j.refuse("Unique(%q): the window %v is outside 1ms to %v", o.s, time.Duration(o.n), broker.MaxDelay)
	default:
		j.unique, j.window = o.s, time.Duration(o.n)
	}
}

func orNone[N int | time.Duration](n, none N) N {
	if n == 0 {
		return none
	}
	return n
}
