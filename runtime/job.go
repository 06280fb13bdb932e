package taskqueue

import (
	"time"
)

// A Payload is a task that can encode itself. Generated code implements it.
type Payload interface {
	// MarshalMsg appends the MessagePack form of the task to b.
	MarshalMsg(b []byte) ([]byte, error)
}

// A Job is a task with everything that says how to queue it: a template, which
// may be enqueued any number of times. Its payload is encoded when it is
// enqueued. The zero Job is invalid.
type Job struct {
	kind    *Kind
	payload Payload

	queue     string
	priority  Priority
	delay     time.Duration
	due       time.Time
	retries   int // as in Settings
	timeout   time.Duration
	retention time.Duration
	id        ID
	unique    string
	window    time.Duration
	headers   []string // key, value, key, value …
	err       error    // the first bad option; Enqueue reports it
}

// NewJob makes a job of a kind. Generated code calls it through package
// codegen; settings come from the kind, then from the options in order.
func NewJob(kind *Kind, payload Payload, options ...Option) Job {
	s := &kind.Settings
	j := Job{
		kind: kind, payload: payload,
		queue: s.Queue, priority: s.Priority, retries: s.Retries, timeout: s.Timeout, retention: s.Retention,
	}
	return j.With(options...)
}

// With returns the job with further options applied.
func (j Job) With(options ...Option) Job { return j }
