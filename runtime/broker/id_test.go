package broker_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

func TestIDLayout(t *testing.T) {
	at := time.UnixMilli(0x0123456789ab).Add(999 * time.Microsecond)
	id := broker.NewID("mail", at)
	if got := id.String(); !strings.HasPrefix(got, "01234567-89ab-7") {
		t.Errorf("id %s does not begin with its milliseconds and version 7", got)
	}
	if got := id[8] >> 6; got != 0b10 {
		t.Errorf("variant of %s is %b, want 10", id, got)
	}
	if got := id.Time(); !got.Equal(at.Truncate(time.Millisecond)) {
		t.Errorf("time of %s is %v, want %v", id, got, at)
	}
}

// TestIDBits looks at which bits differ between the ids of one queue and one
// millisecond: the 54 random ones.
func TestIDBits(t *testing.T) {
	at := time.UnixMilli(0)
	first := broker.NewID("mail", at)
	var differ broker.ID
	for range 1000 {
		id := broker.NewID("mail", at)
		for i := range id {
			differ[i] |= id[i] ^ first[i]
		}
	}
	want := broker.ID{9: 0x3f, 10: 0xff, 11: 0xff, 12: 0xff, 13: 0xff, 14: 0xff, 15: 0xff}
	if differ != want {
		t.Errorf("random bits: %x, want %x", differ, want)
	}
}

// TestIDHash pins the hash: ids that are kept somewhere must find their queue
// with every later release.
func TestIDHash(t *testing.T) {
	for queue, want := range map[string]string{
		"a": "7c27-9b", "default": "7b52-bb", "mail": "70eb-b9", "reports:eu.1": "7cbe-ad",
	} {
		if got := broker.NewID(queue, time.UnixMilli(0)).String()[14:21]; got != want {
			t.Errorf("the queue %q stands in its ids as %s, want %s", queue, got, want)
		}
	}
}

func TestIDFindsItsQueue(t *testing.T) {
	others := 0
	for i := range 2000 {
		queue := strings.Repeat("q", 1+i%broker.MaxNameLen)
		id := broker.NewID(queue, time.Now())
		if !id.Of(queue) {
			t.Fatalf("id %s is not of its queue %q", id, queue)
		}
		if id.Of("other") {
			others++
		}
	}
	if others > 0 {
		t.Errorf("%d of 2000 ids are of another queue too, one in a million should be", others)
	}
}

func TestIDOrder(t *testing.T) {
	at := time.UnixMilli(1_000_000)
	for range 1000 {
		earlier, later := broker.NewID("a", at), broker.NewID("b", at.Add(time.Millisecond))
		if bytes.Compare(earlier[:], later[:]) >= 0 || earlier.String() >= later.String() {
			t.Fatalf("%s was made before %s and does not sort before it", earlier, later)
		}
		at = at.Add(977 * time.Millisecond)
	}
}

func TestIDIsUnique(t *testing.T) {
	seen := map[broker.ID]bool{}
	at := time.Now()
	for range 100_000 {
		id := broker.NewID("mail", at)
		if seen[id] {
			t.Fatalf("id %s was made twice", id)
		}
		seen[id] = true
	}
}

func TestZeroID(t *testing.T) {
	if !(broker.ID{}).IsZero() || broker.NewID("mail", time.UnixMilli(0)).IsZero() {
		t.Error("only the zero id is zero")
	}
}

func TestNewIDDoesNotAllocate(t *testing.T) {
	at := time.Now()
	if n := testing.AllocsPerRun(100, func() { _ = broker.NewID("mail", at) }); n != 0 {
		t.Errorf("NewID allocates %v times", n)
	}
}

func TestParseID(t *testing.T) {
	const text = "01890a5d-ac96-774b-bcce-b302099a8057"
	want := broker.ID{0x01, 0x89, 0x0a, 0x5d, 0xac, 0x96, 0x77, 0x4b, 0xbc, 0xce, 0xb3, 0x02, 0x09, 0x9a, 0x80, 0x57}
	for _, s := range []string{text, strings.ToUpper(text)} {
		got, err := broker.ParseID(s)
		if err != nil || got != want {
			t.Errorf("ParseID(%q) = %v, %v", s, got, err)
		}
	}
	if got := want.String(); got != text {
		t.Errorf("String() = %q, want %q", got, text)
	}
	for _, s := range []string{
		"", text[:35], text + "0", strings.ReplaceAll(text, "-", ""), strings.Replace(text, "-", "0", 1),
		"g" + text[1:], "{" + text[1:35] + "}", strings.Replace(text, "0", "-", 1), " " + text[1:], "é" + text[2:],
		"01890a5da-c96-774b-bcce-b302099a8057",
	} {
		if got, err := broker.ParseID(s); !errors.Is(err, broker.ErrInvalid) || !got.IsZero() {
			t.Errorf("ParseID(%q) = %v, %v; want the zero id and ErrInvalid", s, got, err)
		}
	}
}

func TestUnmarshalIDKeepsTheOldOneOnError(t *testing.T) {
	want := broker.NewID("mail", time.Now())
	id := want
	if err := id.UnmarshalText([]byte("no id")); !errors.Is(err, broker.ErrInvalid) || id != want {
		t.Errorf("UnmarshalText: id %v, error %v", id, err)
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("01890a5d-ac96-774b-bcce-b302099a8057")
	f.Add("01890A5D-AC96-774B-BCCE-B302099A8057")
	f.Add("00000000-0000-0000-0000-000000000000")
	f.Add("01890a5dac96774bbcceb302099a8057")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := broker.ParseID(s)
		if err != nil {
			if !errors.Is(err, broker.ErrInvalid) || !id.IsZero() {
				t.Errorf("ParseID(%q) = %v, %v", s, id, err)
			}
			return
		}
		if id.String() != strings.ToLower(s) {
			t.Errorf("ParseID(%q) writes itself as %q", s, id)
		}
		var again broker.ID
		if text, err := id.MarshalText(); err != nil || again.UnmarshalText(text) != nil || again != id {
			t.Errorf("%v does not survive its text", id)
		}
	})
}
