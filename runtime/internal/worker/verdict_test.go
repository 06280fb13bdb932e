package worker

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/backoff"
)

func TestDecide(t *testing.T) {
	boom := errors.New("boom")
	verdict := func(o broker.Outcome, after time.Duration) error {
		return fmt.Errorf("wrapped: %w", &Verdict{Outcome: o, After: after, Err: boom})
	}
	first := broker.Message{Max: 4, Timeout: time.Minute}
	third := broker.Message{Max: 4, Attempts: 2}
	last := broker.Message{Max: 4, Attempts: 3}
	tests := []struct {
		name string
		m    broker.Message
		err  error
		end  *ending
		want broker.Settle
	}{
		{"done", first, nil, returned, broker.Settle{Outcome: broker.Done}},
		{"done in spite of the timeout", first, nil, timedOut, broker.Settle{Outcome: broker.Done}},
		{"done at shutdown", first, nil, shutDown, broker.Settle{Outcome: broker.Done}},
		{"failed", first, boom, returned, broker.Settle{Outcome: broker.Retry, After: time.Second, Reason: "boom"}},
		{"failed again", third, boom, returned, broker.Settle{Outcome: broker.Retry, After: 4 * time.Second, Reason: "boom"}},
		{"failed for the last time", last, boom, returned, broker.Settle{Outcome: broker.Dead, Reason: "boom"}},
		{"a single run", broker.Message{Max: 1}, boom, returned, broker.Settle{Outcome: broker.Dead, Reason: "boom"}},
		{"timed out", first, boom, timedOut, broker.Settle{Outcome: broker.Retry, After: time.Second, Reason: "taskqueue: run timed out after 1m0s: boom"}},
		{"permanent", first, verdict(broker.Dead, 0), returned, broker.Settle{Outcome: broker.Dead, Reason: "wrapped: boom"}},
		{"discarded", first, verdict(broker.Discard, 0), returned, broker.Settle{Outcome: broker.Discard, Reason: "wrapped: boom"}},
		{"retry after", first, verdict(broker.Retry, time.Hour), returned, broker.Settle{Outcome: broker.Retry, After: time.Hour, Reason: "wrapped: boom"}},
		{"retry after the last run", last, verdict(broker.Retry, time.Hour), returned, broker.Settle{Outcome: broker.Dead, Reason: "wrapped: boom"}},
		{"retry after too long", first, verdict(broker.Retry, 20*broker.MaxDelay), returned, broker.Settle{Outcome: broker.Retry, After: broker.MaxDelay, Reason: "wrapped: boom"}},
		{"retry in the past", first, verdict(broker.Retry, -1), returned, broker.Settle{Outcome: broker.Retry, Reason: "wrapped: boom"}},
		{"snoozed", last, verdict(broker.Release, time.Hour), returned, broker.Settle{Outcome: broker.Release, After: time.Hour, Reason: "wrapped: boom"}},
		{"snoozed at shutdown", last, verdict(broker.Release, time.Hour), shutDown, broker.Settle{Outcome: broker.Release, After: time.Hour, Reason: "wrapped: boom"}},
		{"interrupted by shutdown", last, boom, shutDown, broker.Settle{Outcome: broker.Release, Reason: "boom"}},
		{"interrupted, and permanent for it", first, verdict(broker.Dead, 0), shutDown, broker.Settle{Outcome: broker.Release, Reason: "wrapped: boom"}},
		{"interrupted by a lost lease", last, boom, leaseLost, broker.Settle{Outcome: broker.Release, Reason: "boom"}},
	}
	kind := &Kind{Backoff: backoff.Policy{Base: time.Second, Max: time.Minute, Factor: 2, Jitter: 0.5}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := decide(&broker.Lease{Message: test.m}, kind, test.err, test.end, 0.5)
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(broker.Settle{}, "Lease")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestDecideSpreadsRetries(t *testing.T) {
	kind := &Kind{Backoff: backoff.Policy{Base: time.Second, Max: time.Minute, Factor: 2, Jitter: 0.5}}
	lease := &broker.Lease{Message: broker.Message{Max: 4}}
	for random, want := range map[float64]time.Duration{0: 500 * time.Millisecond, 1: 1500 * time.Millisecond} {
		if got := decide(lease, kind, errors.New("boom"), returned, random).After; got != want {
			t.Errorf("random %v: after %v, want %v", random, got, want)
		}
	}
}
