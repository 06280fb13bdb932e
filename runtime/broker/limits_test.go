package broker_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"a": true, "email.SendWelcome": true, "A-Z_0-9:x.y": true, "-": true, ".": true,
		strings.Repeat("x", broker.MaxNameLen):   true,
		strings.Repeat("x", broker.MaxNameLen+1): false,
		"":                                       false,
		"a b":                                    false,
		"a/b":                                    false,
		"{a}":                                    false,
		"a*":                                     false,
		"ä":                                      false,
		"a\x00":                                  false,
		"a\n":                                    false,
		"\xff":                                   false,
		"async":                                  true,
		"a@b":                                    false,
		"a[b":                                    false,
		"a`b":                                    false,
		"9":                                      true,
		"A":                                      true,
		"z":                                      true,
		"Z":                                      true,
		"0":                                      true,
	} {
		if err := broker.CheckName("queue name", name); (err == nil) != ok || err != nil && !errors.Is(err, broker.ErrInvalid) {
			t.Errorf("CheckName(%q) = %v, want ok %v", name, err, ok)
		}
	}
}

func TestCheckNameSaysWhatAndWhere(t *testing.T) {
	err := broker.CheckName("task kind", "send mail")
	const want = `taskqueue: invalid: the task kind "send mail" has ' ' at byte 4; use A-Z a-z 0-9 _ . : -`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func message(change ...func(*broker.Message)) *broker.Message {
	m := &broker.Message{
		ID: broker.NewID("mail", time.Now()), Queue: "mail", Kind: "email.Send", Max: 1, Payload: []byte("x"),
	}
	for _, c := range change {
		c(m)
	}
	return m
}

func TestMessageCheck(t *testing.T) {
	long := strings.Repeat("x", broker.MaxNameLen+1)
	for name, c := range map[string]struct {
		change func(*broker.Message)
		want   error
	}{
		"smallest":           {func(*broker.Message) {}, nil},
		"no id":              {func(m *broker.Message) { m.ID = broker.ID{} }, broker.ErrInvalid},
		"no queue":           {func(m *broker.Message) { m.Queue = "" }, broker.ErrInvalid},
		"long kind":          {func(m *broker.Message) { m.Kind = long }, broker.ErrInvalid},
		"key":                {func(m *broker.Message) { m.Unique.Key = "any \x00 bytes" }, nil},
		"longest key":        {func(m *broker.Message) { m.Unique.Key = long[1:] }, nil},
		"long key":           {func(m *broker.Message) { m.Unique.Key = long }, broker.ErrInvalid},
		"group":              {func(m *broker.Message) { m.Group = "email.Send" }, nil},
		"group and key":      {func(m *broker.Message) { m.Group, m.Key = long[1:], long[1:] }, nil},
		"bad group":          {func(m *broker.Message) { m.Group = "a b" }, broker.ErrInvalid},
		"long group":         {func(m *broker.Message) { m.Group = long }, broker.ErrInvalid},
		"key without group":  {func(m *broker.Message) { m.Key = "k" }, broker.ErrInvalid},
		"long key of group":  {func(m *broker.Message) { m.Group, m.Key = "g", long }, broker.ErrInvalid},
		"key of any bytes":   {func(m *broker.Message) { m.Group, m.Key = "g", "\xff\n\x01" }, nil},
		"key with a zero":    {func(m *broker.Message) { m.Group, m.Key = "g", "a\x00" }, broker.ErrInvalid},
		"window without key": {func(m *broker.Message) { m.Unique.Window = time.Hour }, broker.ErrInvalid},
		"shortest window":    {func(m *broker.Message) { m.Unique = broker.Unique{Key: "k", Window: time.Millisecond} }, nil},
		"short window":       {func(m *broker.Message) { m.Unique = broker.Unique{Key: "k", Window: time.Millisecond - 1} }, broker.ErrInvalid},
		"negative window":    {func(m *broker.Message) { m.Unique = broker.Unique{Key: "k", Window: -time.Hour} }, broker.ErrInvalid},
		"long window":        {func(m *broker.Message) { m.Unique = broker.Unique{Key: "k", Window: broker.MaxDelay + 1} }, broker.ErrInvalid},
		"longest delay":      {func(m *broker.Message) { m.Delay = broker.MaxDelay }, nil},
		"long delay":         {func(m *broker.Message) { m.Delay = broker.MaxDelay + 1 }, broker.ErrInvalid},
		"negative delay":     {func(m *broker.Message) { m.Delay = -1 }, broker.ErrInvalid},
		"due":                {func(m *broker.Message) { m.Due = time.Now() }, nil},
		"delay and due":      {func(m *broker.Message) { m.Delay, m.Due = 1, time.Now() }, broker.ErrInvalid},
		"longest timeout":    {func(m *broker.Message) { m.Timeout = broker.MaxTimeout }, nil},
		"long timeout":       {func(m *broker.Message) { m.Timeout = broker.MaxTimeout + 1 }, broker.ErrInvalid},
		"negative timeout":   {func(m *broker.Message) { m.Timeout = -1 }, broker.ErrInvalid},
		"longest retention":  {func(m *broker.Message) { m.Retention = broker.MaxDelay }, nil},
		"long retention":     {func(m *broker.Message) { m.Retention = broker.MaxDelay + 1 }, broker.ErrInvalid},
		"negative retention": {func(m *broker.Message) { m.Retention = -1 }, broker.ErrInvalid},
		"no payload":         {func(m *broker.Message) { m.Payload = []byte{} }, broker.ErrInvalid},
		"largest payload":    {func(m *broker.Message) { m.Payload = make([]byte, broker.MaxPayloadBytes) }, nil},
		"large payload":      {func(m *broker.Message) { m.Payload = make([]byte, broker.MaxPayloadBytes+1) }, broker.ErrTooLarge},
		"no runs":            {func(m *broker.Message) { m.Max = 0 }, broker.ErrInvalid},
		"most runs":          {func(m *broker.Message) { m.Max = broker.MaxRetries + 1 }, nil},
		"low":                {func(m *broker.Message) { m.Priority = broker.Low }, nil},
		"too low":            {func(m *broker.Message) { m.Priority = broker.Low - 1 }, broker.ErrInvalid},
		"critical":           {func(m *broker.Message) { m.Priority = broker.Critical }, nil},
		"too high":           {func(m *broker.Message) { m.Priority = broker.Critical + 1 }, broker.ErrInvalid},
		"largest headers":    {headers(2, broker.MaxHeaderBytes/2), nil},
		"large headers":      {headers(2, broker.MaxHeaderBytes/2+1), broker.ErrTooLarge},
		"most losses":        {func(m *broker.Message) { m.Lost = broker.LostLimit - 1 }, nil},
		"lost too often":     {func(m *broker.Message) { m.Lost = broker.LostLimit }, broker.ErrInvalid},
		"most failures":      {func(m *broker.Message) { m.Failures = make([]broker.Failure, broker.MaxFailures) }, nil},
		"too many failures":  {func(m *broker.Message) { m.Failures = make([]broker.Failure, broker.MaxFailures+1) }, broker.ErrInvalid},
		"longest reason":     {reason(broker.MaxReasonBytes), nil},
		"too long a reason":  {reason(broker.MaxReasonBytes + 1), broker.ErrTooLarge},
	} {
		if err := message(c.change).Check(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// headers makes n headers of some bytes each.
func headers(n, bytes int) func(*broker.Message) {
	return func(m *broker.Message) {
		for range n {
			m.Headers = append(m.Headers, broker.Header{Key: "key", Value: strings.Repeat("v", bytes-len("key"))})
		}
	}
}

// reason makes the last of two failures have a reason of n bytes.
func reason(n int) func(*broker.Message) {
	return func(m *broker.Message) {
		m.Failures = []broker.Failure{{Reason: "short"}, {Reason: strings.Repeat("r", n)}}
	}
}

func TestMessageCheckNames(t *testing.T) {
	for want, change := range map[string]func(*broker.Message){
		"the queue name is empty":                                func(m *broker.Message) { m.Queue = "" },
		"the payload of email.Send is empty":                     func(m *broker.Message) { m.Payload = nil },
		"a unique window needs a unique key":                     func(m *broker.Message) { m.Unique.Window = time.Hour },
		"a task has a delay or a due time, not both":             func(m *broker.Message) { m.Delay, m.Due = 1, time.Now() },
		"the unique window -1h0m0s is outside 1ms to 87600h0m0s": func(m *broker.Message) { m.Unique = broker.Unique{Key: "k", Window: -time.Hour} },
	} {
		if err := message(change).Check(); err == nil || err.Error() != "taskqueue: invalid: "+want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestChecksDoNotAllocate(t *testing.T) {
	m := message(headers(3, 100), reason(100))
	c := cycle(func(c *broker.Cycle) { c.Settle = settles(100) })
	if n := testing.AllocsPerRun(100, func() { _ = m.Check() }); n != 0 {
		t.Errorf("a message's check allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { _ = c.Check() }); n != 0 {
		t.Errorf("a cycle's check allocates %v times", n)
	}
}
