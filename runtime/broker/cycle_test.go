package broker_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

func cycle(change ...func(*broker.Cycle)) *broker.Cycle {
	c := &broker.Cycle{Session: broker.Session{Worker: "w", Queue: "mail"}, Seq: 1, Lease: time.Minute}
	for _, f := range change {
		f(c)
	}
	return c
}

func settles(n int) []broker.Settle {
	all := make([]broker.Settle, n)
	for i := range all {
		all[i] = broker.Settle{Lease: &broker.Lease{}, Outcome: broker.Done}
	}
	return all
}

// settle makes a cycle with one settle.
func settle(s broker.Settle) func(*broker.Cycle) {
	return func(c *broker.Cycle) { c.Settle = []broker.Settle{s} }
}

func shapes(n int) []broker.Shape {
	all := make([]broker.Shape, n)
	for i := range all {
		all[i].Kind = "k"
	}
	return all
}

func TestCycleCheck(t *testing.T) {
	l := &broker.Lease{}
	for name, c := range map[string]struct {
		change func(*broker.Cycle)
		want   error
	}{
		"smallest":        {func(*broker.Cycle) {}, nil},
		"no worker":       {func(c *broker.Cycle) { c.Session.Worker = "" }, broker.ErrInvalid},
		"no queue":        {func(c *broker.Cycle) { c.Session.Queue = "" }, broker.ErrInvalid},
		"cycle 0":         {func(c *broker.Cycle) { c.Seq = 0 }, broker.ErrInvalid},
		"last cycle":      {func(c *broker.Cycle) { c.Seq = broker.MaxSeq }, nil},
		"too many cycles": {func(c *broker.Cycle) { c.Seq = broker.MaxSeq + 1 }, broker.ErrInvalid},
		"shortest lease":  {func(c *broker.Cycle) { c.Lease = broker.MinLease }, nil},
		"short lease":     {func(c *broker.Cycle) { c.Lease = broker.MinLease - 1 }, broker.ErrInvalid},
		"longest lease":   {func(c *broker.Cycle) { c.Lease = broker.MaxLease }, nil},
		"long lease":      {func(c *broker.Cycle) { c.Lease = broker.MaxLease + 1 }, broker.ErrInvalid},
		"wants much":      {func(c *broker.Cycle) { c.Want.Max = 1 << 40 }, nil},
		"wants less":      {func(c *broker.Cycle) { c.Want.Max = -1 }, broker.ErrInvalid},
		"promote":         {func(c *broker.Cycle) { c.Promote = broker.PromoteBatch }, nil},
		"promote many":    {func(c *broker.Cycle) { c.Promote = broker.PromoteBatch + 1 }, broker.ErrInvalid},
		"promote less":    {func(c *broker.Cycle) { c.Promote = -1 }, broker.ErrInvalid},
		"most settles":    {func(c *broker.Cycle) { c.Settle = settles(broker.MaxBatch) }, nil},
		"many settles":    {func(c *broker.Cycle) { c.Settle = settles(broker.MaxBatch + 1) }, broker.ErrInvalid},
		"no lease":        {settle(broker.Settle{Outcome: broker.Done}), broker.ErrInvalid},
		"no outcome":      {settle(broker.Settle{Lease: l}), broker.ErrInvalid},
		"last outcome":    {settle(broker.Settle{Lease: l, Outcome: broker.Park}), nil},
		"no such outcome": {settle(broker.Settle{Lease: l, Outcome: broker.Park + 1}), broker.ErrInvalid},
		"most shapes":     {func(c *broker.Cycle) { c.Unpark = shapes(broker.MaxShapes) }, nil},
		"many shapes":     {func(c *broker.Cycle) { c.Unpark = shapes(broker.MaxShapes + 1) }, broker.ErrInvalid},
		"no kind":         {func(c *broker.Cycle) { c.Unpark = []broker.Shape{{}} }, broker.ErrInvalid},
		"longest delay":   {settle(broker.Settle{Lease: l, Outcome: broker.Retry, After: broker.MaxDelay}), nil},
		"long delay":      {settle(broker.Settle{Lease: l, Outcome: broker.Retry, After: broker.MaxDelay + 1}), broker.ErrInvalid},
		"negative delay":  {settle(broker.Settle{Lease: l, Outcome: broker.Retry, After: -1}), broker.ErrInvalid},
		"largest result":  {settle(broker.Settle{Lease: l, Outcome: broker.Done, Result: make([]byte, broker.MaxPayloadBytes)}), nil},
		"large result":    {settle(broker.Settle{Lease: l, Outcome: broker.Done, Result: make([]byte, broker.MaxPayloadBytes+1)}), broker.ErrTooLarge},
	} {
		if err := cycle(c.change).Check(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestCycleCheckSaysWhichSettle(t *testing.T) {
	c := cycle(func(c *broker.Cycle) { c.Settle = settles(3); c.Settle[2].Lease = nil })
	const want = "settle 2: taskqueue: invalid: there is no lease"
	if err := c.Check(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestListQueryCheck(t *testing.T) {
	for q, want := range map[broker.ListQuery]error{
		{Queue: "q", State: broker.Pending, Limit: 1}:                  nil,
		{Queue: "q", State: broker.Scheduled, Limit: broker.MaxPage}:   nil,
		{Queue: "q", State: broker.StateDead, Limit: 1, Cursor: "any"}: nil,
		{Queue: "", State: broker.Pending, Limit: 1}:                   broker.ErrInvalid,
		{Queue: "q", Limit: 1}:                                         broker.ErrInvalid,
		{Queue: "q", State: broker.Active, Limit: 1}:                   broker.ErrInvalid,
		{Queue: "q", State: broker.StateDone, Limit: 1}:                broker.ErrInvalid,
		{Queue: "q", State: broker.Pending}:                            broker.ErrInvalid,
		{Queue: "q", State: broker.Pending, Limit: broker.MaxPage + 1}: broker.ErrInvalid,
	} {
		if err := q.Check(); !errors.Is(err, want) {
			t.Errorf("%+v: %v, want %v", q, err, want)
		}
	}
}

func TestSettleMessage(t *testing.T) {
	at := time.UnixMilli(5000).UTC()
	old := []broker.Failure{{At: time.UnixMilli(1000).UTC(), Attempt: 3, Reason: "first"}}
	start := broker.Message{Kind: "k", Attempts: 3, Lost: 2, LostBefore: 7, Max: 9, Failures: old, Payload: []byte("x")}
	failed := start
	failed.Attempts, failed.Lost, failed.LostBefore = 4, 0, 9
	failed.Failures = []broker.Failure{old[0], {At: at, Attempt: 4, Reason: "second"}}
	for o, want := range map[broker.Outcome]broker.Message{
		broker.Release: start, broker.Retry: failed, broker.Dead: failed,
	} {
		s := broker.Settle{Lease: &broker.Lease{Message: start}, Outcome: o, At: at.Add(999_999), Reason: "second"}
		if diff := cmp.Diff(want, s.Message()); diff != "" {
			t.Errorf("outcome %d (-want +got):\n%s", o, diff)
		}
		if diff := cmp.Diff(start, s.Lease.Message); diff != "" {
			t.Errorf("outcome %d changed the lease (-want +got):\n%s", o, diff)
		}
	}
}

func TestSettleMessageKeepsTheNewestFailures(t *testing.T) {
	var all []broker.Failure
	for i := range broker.MaxFailures {
		all = append(all, broker.Failure{Attempt: uint8(i), Reason: fmt.Sprint(i)})
	}
	l := &broker.Lease{Message: broker.Message{Attempts: 255, Failures: all}}
	s := broker.Settle{Lease: l, Outcome: broker.Retry, Reason: strings.Repeat("r", broker.MaxReasonBytes+1)}
	m := s.Message()
	if m.Attempts != 255 {
		t.Errorf("255 attempts and one more are %d", m.Attempts)
	}
	want := append(all[1:], broker.Failure{Attempt: 255, Reason: s.Reason[:broker.MaxReasonBytes]})
	if diff := cmp.Diff(want, m.Failures); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(broker.Failure{Reason: "0"}, l.Failures[0]); diff != "" {
		t.Errorf("the lease was changed (-want +got):\n%s", diff)
	}
}

// TestRun follows a task through failures, losses and releases: the number
// rises with each run that failed or was lost and with no other.
func TestRun(t *testing.T) {
	m := broker.Message{Max: 10}
	for i, step := range []func(){
		func() {},
		func() { m = (&broker.Settle{Lease: &broker.Lease{Message: m}, Outcome: broker.Retry}).Message() },
		func() { m.Lost++ },
		func() { m.Lost++ },
		func() { m = (&broker.Settle{Lease: &broker.Lease{Message: m}, Outcome: broker.Retry}).Message() },
		func() { m.Lost++ },
	} {
		step()
		m = (&broker.Settle{Lease: &broker.Lease{Message: m}, Outcome: broker.Release}).Message()
		if got := m.Run(); got != uint32(i+1) {
			t.Fatalf("run %d says it is run %d: %+v", i+1, got, m)
		}
	}
}

func TestTrimReason(t *testing.T) {
	const most = broker.MaxReasonBytes
	x := strings.Repeat("x", most)
	for in, want := range map[string]string{
		"":                           "",
		x:                            x,
		x + "y":                      x,
		x[1:] + "é":                  x[1:],
		x[2:] + "é":                  x[2:] + "é",
		x[2:] + "éé":                 x[2:] + "é",
		x[1:] + "日":                  x[1:],
		x[2:] + "日":                  x[2:],
		x[3:] + "日!":                 x[3:] + "日",
		x[3:] + "😀":                  x[3:],
		x[4:] + "😀!":                 x[4:] + "😀",
		strings.Repeat("\x80", 2000): strings.Repeat("\x80", most-utf8.UTFMax), // no character at all
	} {
		if got := broker.TrimReason(in); got != want {
			t.Errorf("TrimReason of %d bytes that end in %q is %d bytes that end in %q, want %d", len(in), tail(in), len(got), tail(got), len(want))
		}
	}
}

func tail(s string) string { return s[max(0, len(s)-6):] }

func FuzzTrimReason(f *testing.F) {
	f.Add("short", 1)
	f.Add("ü", 2000)
	f.Add("\xff", 2000)
	f.Fuzz(func(t *testing.T, part string, n int) {
		s := strings.Repeat(part, 1+max(0, n)%2000)
		got := broker.TrimReason(s)
		switch {
		case len(got) > broker.MaxReasonBytes || !strings.HasPrefix(s, got):
			t.Errorf("%d bytes of %q were cut to %d", len(s), part, len(got))
		case len(s) <= broker.MaxReasonBytes && got != s:
			t.Errorf("%d bytes of %q were cut though they fit", len(s), part)
		case len(s) > broker.MaxReasonBytes && len(got) < broker.MaxReasonBytes-utf8.UTFMax:
			t.Errorf("%d bytes of %q were cut to only %d", len(s), part, len(got))
		case utf8.ValidString(s) && !utf8.ValidString(got):
			t.Errorf("a character of %q was cut", part)
		}
	})
}

func TestDeadReason(t *testing.T) {
	failures := []broker.Failure{{Reason: "first"}, {Reason: "last"}}
	for want, m := range map[string]broker.Message{
		"":     {},
		"last": {Failures: failures, Lost: broker.LostLimit - 1},
		"lost: its worker vanished in each of the last runs": {Failures: failures, Lost: broker.LostLimit},
	} {
		if got := broker.DeadReason(&m); got != want {
			t.Errorf("DeadReason = %q, want %q", got, want)
		}
	}
}

func TestStateNames(t *testing.T) {
	var got []string
	for s := broker.StateUnknown; s <= broker.Parked+1; s++ {
		got = append(got, s.String())
	}
	want := []string{"unknown", "pending", "scheduled", "active", "done", "dead", "discarded", "parked", "invalid"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestOutcomeNames(t *testing.T) {
	for o, want := range map[broker.Outcome]string{
		0: "unknown", broker.Done: "done", broker.Retry: "retried", broker.Release: "released", broker.Dead: "dead",
		broker.Discard: "discarded", broker.Park: "parked", broker.Park + 1: "invalid",
	} {
		if got := o.String(); got != want {
			t.Errorf("outcome %d is called %q, want %q", uint8(o), got, want)
		}
	}
}
