package codecsample_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tinylib/msgp/msgp"

	"github.com/tqgen/taskqueue/internal/codecsample"
	"github.com/tqgen/taskqueue/internal/codectest"
)

// The tests of this file are named after what msgp v1.6.5 gets wrong.

// allocated is what a call allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// refused decodes a payload that must be refused, and returns the message.
func refused(t *testing.T, c codectest.Codec, payload string) string {
	t.Helper()
	_, err := c.UnmarshalMsg([]byte(payload))
	if err == nil {
		t.Fatalf("%T accepts %.20x", c, payload)
	}
	return err.Error()
}

func TestTruncatedByteArrayIsRefused(t *testing.T) {
	whole := "\x81\xa3Key\xc4\x100123456789abcdef"
	var n codecsample.Nested
	if _, err := n.UnmarshalMsg([]byte(whole)); err != nil || string(n.Key[:]) != "0123456789abcdef" {
		t.Fatalf("%s, %v", n.Key, err)
	}
	for i := range whole {
		if refused(t, &n, whole[:i]); n.Key != [16]byte{} {
			t.Errorf("%d bytes left the key %q", i, n.Key)
		}
	}
	got := refused(t, &n, "\x81\xa3Key\xc4\x030123456789abcdef")
	if want := "Nested.Key: wanted exactly 16 bytes, found 3"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFalseLengthAllocatesNothing(t *testing.T) {
	for _, payload := range []string{
		"\x81\xa4Many\xdd\xff\xff\xff\xff", "\x81\xa4Some\xdd\xff\xff\xff\xff", "\x81\xa6ByName\xdf\xff\xff\xff\xff",
		"\x81\xa5Table\xdf\xff\xff\xff\xff", "\x81\xa3Key\xc6\xff\xff\xff\xff", "\x81\xa7unknown\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff",
	} {
		var n codecsample.Nested
		var message string
		if got := allocated(func() { message = refused(t, &n, payload) }); got > 2048 {
			t.Errorf("%x allocates %d bytes", payload, got)
		}
		if !strings.Contains(message, "it claims 4294967295") {
			t.Errorf("%x: %s", payload, message)
		}
	}
}

func TestLimitIsForAllLevelsTogether(t *testing.T) {
	// Each level claims as many trees as bytes follow: every claim is credible,
	// together they are not.
	var payload []byte
	for len(payload) < 117_000 {
		payload = append(payload, "\x81\xa4Kids\xdd\x00\x00\x70\x00"...)
	}
	payload = append(payload, make([]byte, 0x7000)...)
	got := allocated(func() {
		message := refused(t, new(codecsample.Tree), string(payload))
		if want := "the payload would take more than 32 bytes of memory for each of its own"; !strings.Contains(message, want) {
			t.Errorf("%q, want %q", message, want)
		}
	})
	if limit := uint64(34 * len(payload)); got > limit {
		t.Errorf("%d bytes make it allocate %d, more than %d", len(payload), got, limit)
	}
}

func TestRecursionIsBounded(t *testing.T) {
	deep := func(n int) []byte { return append(bytes.Repeat([]byte{0x91}, n), 0xc0) }
	var c codecsample.Chain
	if _, err := c.UnmarshalMsg(deep(1000)); err != nil {
		t.Error(err)
	}
	got := refused(t, &c, string(deep(10_000_000)))
	if want := "Chain.Next(…988 more…).Next.Next.Next.Next.Next.Next.Next.Next.Next.Next.Next: nested more than 1000 deep"; got != want {
		t.Errorf("%q, want %q", got, want)
	}

	// The encoder does not write what the decoder refuses, nor what has no end.
	c.Next = &c
	if _, err := c.MarshalMsg(nil); err == nil || !strings.Contains(err.Error(), "nested more than 1000 deep") {
		t.Error(err)
	}
	if size := c.Msgsize(); size != 0 {
		t.Error("the size of what has no end is", size)
	}
	tree := codecsample.Tree{}
	tree.Left, tree.Right, tree.Kids = &tree, &tree, []codecsample.Tree{tree, tree}
	if _, err := tree.MarshalMsg(nil); err == nil {
		t.Error("a tree that has no end is encoded")
	}
}

func TestReusedStructKeepsNothing(t *testing.T) {
	for _, payload := range []string{"\x80", "\x81\xa4Maybe\xc0"} {
		n := codecsample.Nested{Maybe: &codecsample.Leaf{Name: "left over"}, Many: make([]codecsample.Leaf, 3), Cache: map[string]any{"a": 1}}
		if _, err := n.UnmarshalMsg([]byte(payload)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(codecsample.Nested{}, n); diff != "" {
			t.Errorf("%x leaves (-want +got):\n%s", payload, diff)
		}
	}
	s := codecsample.Small{ID: "left over", Data: "left over"}
	if refused(t, &s, "\x92\xa1a"); s.Data != "" {
		t.Errorf("a refused payload leaves %+v", s)
	}
}

func TestPointersToContainers(t *testing.T) {
	in := codecsample.Nested{Strings: &[]string{"a"}, Dict: &map[string]int{"b": 2}, Array: &[3]int64{1, 2, 3}}
	data, err := in.MarshalMsg(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out codecsample.Nested
	if _, err := out.UnmarshalMsg(data); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in, out); diff != "" {
		t.Error(diff)
	}
}

func TestEmbeddedTaskKeepsTheOuterFields(t *testing.T) {
	in := codecsample.Nested{Leaf: codecsample.Leaf{Name: "inner"}, One: codecsample.Leaf{Name: "outer"}}
	data, err := in.MarshalMsg(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out codecsample.Nested
	if _, err := out.UnmarshalMsg(data); err != nil || out.One.Name != "outer" || out.Name != "inner" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestShortPayloadIsMsgpsError(t *testing.T) {
	_, err := new(codecsample.Bench).UnmarshalMsg(nil)
	if !errors.Is(err, msgp.ErrShortBytes) {
		t.Error(err)
	}
}
