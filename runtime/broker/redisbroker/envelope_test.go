package redisbroker

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// wire are messages whose bytes are pinned. Whoever changes them changes what is
// in everybody's Redis.
func wire() map[string]broker.Message {
	id := broker.ID{1, 0x9a, 0xb4, 0x12, 0x34, 0x56, 0x71, 8, 0x89, 10, 11, 12, 13, 14, 15, 16}
	at := time.UnixMilli(1_764_064_000_123)
	plain := broker.Message{ID: id, Kind: "email.SendWelcome", Max: 4, Ready: at, Payload: []byte("\x81\xa1n\x01")}
	with := func(change func(*broker.Message)) broker.Message {
		m := plain
		change(&m)
		return m
	}
	return map[string]broker.Message{
		"plain": plain,
		"bound": with(func(m *broker.Message) { m.Unique.Key = "user-7" }),
		"group": with(func(m *broker.Message) { m.Group, m.Key, m.Unique.Key = "email.SendWelcome", "tenant-7", "user-7" }),
		"window": with(func(m *broker.Message) {
			m.Unique = broker.Unique{Key: "user-7", Window: time.Hour}
			m.Retention = 24 * time.Hour
		}),
		"history": with(func(m *broker.Message) {
			m.Attempts, m.Lost, m.LostBefore = 2, 1, 300
			m.Failures = []broker.Failure{{At: at, Attempt: 1, Reason: "no"}, {At: at.Add(time.Second), Attempt: 2, Reason: "no again"}}
		}),
		"everything": with(func(m *broker.Message) {
			m.Version, m.Priority, m.Timeout, m.Retention = 65535, broker.Critical, 49*24*time.Hour, time.Millisecond
			m.Max, m.Attempts, m.Lost = 255, 254, 4
			m.Unique.Key = "k"
			m.Headers = []broker.Header{{Key: "traceparent", Value: "00-1-2-01"}, {}}
			m.Unknown = []byte{200, 3, 'n', 'e', 'w', 201, 0}
		}),
	}
}

func TestWire(t *testing.T) {
	for name, m := range wire() {
		path := filepath.Join("..", "..", "..", "testdata", "wire", name+".golden")
		element := appendEnvelope(nil, &m)
		text := []byte(hex.Dump(element))
		if os.Getenv("TASKQUEUE_UPDATE") == "1" {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(text)); diff != "" {
			t.Errorf("the bytes of %q have changed: what is in Redis could not be read any more (-want +got):\n%s", name, diff)
		}
		var got broker.Message
		if err := decodeEnvelope(element, &got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(m, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s does not come back (-want +got):\n%s", name, diff)
		}
	}
}

// TestCutOff decodes every beginning of the pinned envelopes.
func TestCutOff(t *testing.T) {
	for name, m := range wire() {
		element := appendEnvelope(nil, &m)
		for n := range len(element) - len(m.Payload) {
			var got broker.Message
			if err := decodeEnvelope(element[:n], &got); err == nil {
				t.Errorf("%s: %d of %d bytes are a message", name, n, len(element))
			}
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	for _, m := range wire() {
		f.Add(appendEnvelope(nil, &m))
	}
	f.Fuzz(func(t *testing.T, element []byte) {
		before := bytes.Clone(element)
		var first, second broker.Message
		var start, end runtime.MemStats
		runtime.ReadMemStats(&start)
		err := decodeEnvelope(element, &first)
		runtime.ReadMemStats(&end)
		if spent := end.TotalAlloc - start.TotalAlloc; spent > 1<<16+100*uint64(len(element)) {
			t.Errorf("%d bytes took %d to decode", len(element), spent)
		}
		if !bytes.Equal(before, element) {
			t.Error("the element has changed")
		}
		if err != nil {
			return
		}
		// What was read is what is written: a second trip changes nothing.
		again := appendEnvelope(nil, &first)
		if err := decodeEnvelope(again, &second); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if !reflect.DeepEqual(appendEnvelope(nil, &second), again) {
			t.Errorf("%x comes back as %x", again, appendEnvelope(nil, &second))
		}
		if diff := cmp.Diff(first, second, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
		_ = entry("q", element, broker.StateDead, 1)
	})
}

func FuzzElements(f *testing.F) {
	for _, s := range []string{"*0\r\n", "*2\r\n$1\r\na\r\n$0\r\n\r\n", "-ERR no\r\n", "*99999999999\r\n", "*1\r\n$99999999999\r\n", "*1\r\n$-1\r\n", "*-1\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := buffer{raw}
		elements, err := b.elements()
		total := 0
		for _, e := range elements {
			total += len(e) + len("$0\r\n\r\n")
		}
		if total > len(raw) || err != nil && elements != nil {
			t.Errorf("%d bytes of elements in %d, %v", total, len(raw), err)
		}
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add("41764064000123 1764064001123 result")
	f.Add("6")
	f.Add("4 1")
	f.Fuzz(func(t *testing.T, s string) {
		e, ok := outcomeEntry(broker.Ref{}, s, time.Time{})
		if ok && e.State == broker.StateUnknown && e.At.IsZero() {
			t.Errorf("%q is an outcome of nothing", s)
		}
		n := 0
		events(s, func(broker.Event) { n++ })
		if n != len(s)/17 {
			t.Errorf("%d events in %d bytes", n, len(s))
		}
		for _, r := range refusals(s) {
			if r.index > 1<<16 {
				t.Errorf("message %d is refused", r.index)
			}
		}
	})
}
