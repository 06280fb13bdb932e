package taskqueue

import "github.com/tqgen/taskqueue/runtime/broker"

// A Limit bounds the runs of a kind of task in each queue, over all workers: of
// all its tasks together, and of those of one key, see [WithKey]. Rates bound
// how many begin, Concurrency and KeyConcurrency how many run at a time (1: one
// after the other). Zero fields set no limit.
type Limit = broker.Limit

// A Rate lets N tasks begin in each Period (1ms to 24h), up to Burst of them at
// once (default 1: they are spread evenly). The zero value sets no limit.
type Rate = broker.Rate

// WithKey says whose task it is among those of its kind: the customer, say. Keys
// take turns, so that one with many tasks does not hold up one with few; the
// tasks of a key begin in their order; and Settings.Limit may bound each key. It
// has at most 128 bytes, none of them zero, and overrides the field with tq:"key".
// The empty key is one, too: that of nobody.
func WithKey(key string) Option { return Option{set: optionKey, s: key} }

// group puts a message among those that share the limits of their kind. Tasks
// of kinds that ask for nothing of it wait in no group.
func (j *Job) group(m *broker.Message) {
	if j.keyed || j.kind.Settings.Limit != (Limit{}) {
		m.Group, m.Key = j.kind.group(), j.key
	}
}

// group is the name under which stores know the limits of a kind. A renamed kind
// keeps its first one: while a release is rolled out, older workers know it by that.
func (k *Kind) group() string {
	if n := len(k.Was); n > 0 {
		return k.Was[n-1]
	}
	return k.Name
}

// checkLimit accepts what a store would.
func (k *Kind) checkLimit() error {
	if k.Settings.Limit == (Limit{}) {
		return nil
	}
	s := broker.Settings{Groups: map[string]Limit{k.group(): k.Settings.Limit}}
	return s.Check()
}
