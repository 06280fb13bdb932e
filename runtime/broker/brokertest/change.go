package brokertest

import (
	"bytes"
	"fmt"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Changes to a task before it is enqueued.

func priority(p broker.Priority) func(*broker.Message) {
	return func(m *broker.Message) { m.Priority = p }
}

func lost(n uint8) func(*broker.Message) {
	return func(m *broker.Message) { m.Lost = n }
}

func unique(key string, window time.Duration) func(*broker.Message) {
	return func(m *broker.Message) { m.Unique = broker.Unique{Key: key, Window: window} }
}

func delay(d time.Duration) func(*broker.Message) {
	return func(m *broker.Message) { m.Delay = d }
}

func due(at time.Time) func(*broker.Message) {
	return func(m *broker.Message) { m.Due = at }
}

func retention(d time.Duration) func(*broker.Message) {
	return func(m *broker.Message) { m.Retention = d }
}

func payload(b byte, n int) func(*broker.Message) {
	return func(m *broker.Message) { m.Payload = bytes.Repeat([]byte{b}, n) }
}

// Settles that need more than an outcome.

func retry(l broker.Lease, after time.Duration) broker.Settle {
	return broker.Settle{Lease: &l, Outcome: broker.Retry, After: after, Reason: "failed"}
}

func release(l broker.Lease, after time.Duration) broker.Settle {
	return broker.Settle{Lease: &l, Outcome: broker.Release, After: after}
}

func done(l broker.Lease, result string) broker.Settle {
	return broker.Settle{Lease: &l, Outcome: broker.Done, Result: []byte(result)}
}

func dead(l broker.Lease, reason string) broker.Settle {
	return broker.Settle{Lease: &l, Outcome: broker.Dead, Reason: reason}
}

func discard(l broker.Lease, reason string) broker.Settle {
	return broker.Settle{Lease: &l, Outcome: broker.Discard, Reason: reason}
}

func name(prefix string, i int) string { return fmt.Sprintf("%s-%03d", prefix, i) }
