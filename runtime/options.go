package taskqueue

import "time"

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
	optionID
	optionUnique
	optionHeader
)

// Queue sends the job to the named queue instead of its kind's.
func Queue(name string) Option { return Option{set: optionQueue, s: name} }

// WithPriority orders the job within its queue.
func WithPriority(p Priority) Option { return Option{set: optionPriority, n: int64(p)} }

// In delays the job by d, by the store's clock. It overrides At.
func In(d time.Duration) Option { return Option{set: optionIn, n: int64(d)} }

// At keeps the job back until t, by the store's clock; a past t means now. It
// overrides In.
func At(t time.Time) Option { return Option{set: optionAt, until: t} }

// Retries sets the number of re-runs after the first failed run: 0 to 254.
func Retries(n int) Option { return Option{set: optionRetries, n: int64(n)} }

// Timeout bounds each run; 0 means no bound.
func Timeout(d time.Duration) Option { return Option{set: optionTimeout, n: int64(d)} }

// Retention keeps the outcome (the result included) for d after the end.
func Retention(d time.Duration) Option { return Option{set: optionRetention, n: int64(d)} }

// WithID gives the job an id made by NewID for the same queue, so that sending
// it again, even from another process, is the same task for 24 hours.
func WithID(id ID) Option { return Option{set: optionID, id: id} }

// Unique refuses the job while another one in the queue holds key: for the
// given window from its enqueueing or, with window 0, until it has ended.
func Unique(key string, window time.Duration) Option {
	return Option{set: optionUnique, s: key, n: int64(window)}
}

// Header adds a header to the job; handlers find it in Info.
func Header(key, value string) Option { return Option{set: optionHeader, s: key, v: value} }
