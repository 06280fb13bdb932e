package taskqueue

import (
	"fmt"
	"slices"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
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
	expires   time.Duration
	retention time.Duration // as in Settings; forget: explicitly none
	id        ID
	key       string // whose task it is, see WithKey
	keyed     bool
	unique    string
	window    time.Duration
	headers   []broker.Header
	err       error // the first bad option; Enqueue reports it
}

const (
	forget   time.Duration = -1             // Job.retention: the outcome is not kept
	idWindow               = 24 * time.Hour // how long an id of WithID is held
)

// NewJob makes a job of a kind. Generated code calls it through package
// codegen; settings come from the kind, then from the options in order.
func NewJob(kind *Kind, payload Payload, options ...Option) Job {
	s := &kind.Settings
	j := Job{
		kind: kind, payload: payload,
		queue: s.Queue, priority: s.Priority, retries: s.Retries, timeout: s.Timeout, retention: s.Retention,
		expires: s.Expires,
	}
	return j.With(options...)
}

// With returns the job with further options applied.
func (j Job) With(options ...Option) Job {
	for i := range options {
		options[i].apply(&j)
	}
	return j
}

// Kind is the wire name of the job's task; empty for the zero Job.
func (j Job) Kind() string {
	if j.kind == nil {
		return ""
	}
	return j.kind.Name
}

// Queue is the name of the queue that the job goes to.
func (j Job) Queue() string {
	if j.queue == "" {
		return Default
	}
	return j.queue
}

// refuse remembers the first thing that is wrong with a job.
func (j *Job) refuse(format string, args ...any) {
	if j.err == nil {
		j.err = fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
	}
}

// header replaces the value of a header, or adds it. Copies of the job share
// the slice, so it is never written in place.
func (j *Job) header(key, value string) {
	if key == "" {
		j.refuse("WithHeader: the key is empty")
		return
	}
	h := broker.Header{Key: key, Value: value}
	if i := slices.IndexFunc(j.headers, func(h broker.Header) bool { return h.Key == key }); i >= 0 {
		j.headers = slices.Clone(j.headers)
		j.headers[i] = h
		return
	}
	j.headers = append(slices.Clip(j.headers), h)
}

// message fills m from the job, but for the payload. Queue settings fill what
// neither the options nor the kind say.
func (j *Job) message(m *broker.Message, queues *QueueTable, now time.Time) error {
	switch {
	case j.err != nil:
		return fmt.Errorf("%s: %w", j.Kind(), j.err)
	case j.kind == nil || j.payload == nil:
		return fmt.Errorf("%w: the zero Job has no task; make jobs with the generated Job methods", ErrInvalid)
	}
	queue := j.Queue()
	config, _ := queues.Get(queue)
	*m = broker.Message{
		ID: j.id, Queue: queue, Kind: j.kind.Name, Version: j.kind.Version, Priority: j.priority,
		Delay: j.delay, Due: j.due, Headers: j.headers,
		Unique:    broker.Unique{Key: j.unique, Window: j.window},
		Retention: max(j.retention, 0), Expires: j.expires,
	}
	j.group(m)
	if err := j.limits(m, &config); err != nil {
		return err
	}
	return j.identify(m, now)
}

// limits sets how often and how long a task may run.
func (j *Job) limits(m *broker.Message, queue *QueueConfig) error {
	retries, timeout := j.retries, j.timeout
	if retries == 0 {
		retries = queue.Retries
	}
	if timeout == 0 {
		timeout = queue.Timeout
	}
	if err := checkRetries(retries); err != nil {
		return fmt.Errorf("%s: %w", m.Kind, err)
	}
	if err := checkTimeout(timeout); err != nil {
		return fmt.Errorf("%s: %w", m.Kind, err)
	}
	m.Max = uint8(max(retries, 0)) + 1
	m.Timeout = max(timeout, 0)
	return nil
}

// identify gives a message its id. A user's id is also a unique key, so that
// sending it again is the same task even after it has ended.
func (j *Job) identify(m *broker.Message, now time.Time) error {
	switch {
	case j.id.IsZero():
		m.ID = broker.NewID(m.Queue, now)
	case !j.id.Of(m.Queue):
		return fmt.Errorf("%w: %s: WithID(%v) is no id for queue %q; make it with NewID(%q)",
			ErrInvalid, m.Kind, j.id, m.Queue, m.Queue)
	case j.unique == "":
		m.Unique = broker.Unique{Key: "id:" + j.id.String(), Window: idWindow}
	}
	return nil
}
