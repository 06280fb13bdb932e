package codegen_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/codegen"

	"github.com/tqgen/taskqueue/internal/codecsample"
)

// A trusting type encodes itself, and believes every length.
type trusting struct{ List []int64 }

func (t *trusting) MarshalMsg(b []byte) ([]byte, error) {
	b = msgp.AppendArrayHeader(b, uint32(len(t.List)))
	for _, v := range t.List {
		b = msgp.AppendInt64(b, v)
	}
	return b, nil
}

func (t *trusting) UnmarshalMsg(b []byte) ([]byte, error) {
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil {
		return b, err
	}
	t.List = make([]int64, n)
	for i := range t.List {
		if t.List[i], b, err = msgp.ReadInt64Bytes(b); err != nil {
			return b, err
		}
	}
	return b, nil
}

func (t *trusting) Msgsize() int { return 9 * len(t.List) }

func run(t *testing.T, task taskqueue.Task, payload string) error {
	t.Helper()
	_, err := task.Run(t.Context(), []byte(payload), nil)
	return err
}

// TestPayloadsAreReadToTheEnd also asserts what every bad payload is: permanent,
// a payload error, and placed.
func TestPayloadsAreReadToTheEnd(t *testing.T) {
	var got codecsample.Small
	kind := codegen.Kind[codecsample.Small]{Name: "small"}
	task := codegen.Task(&kind, func(_ context.Context, s *codecsample.Small) error {
		got = *s
		return nil
	})
	if err := run(t, task, "\x92\xa1a\xa1b"); err != nil || got != (codecsample.Small{ID: "a", Data: "b"}) {
		t.Errorf("%+v, %v", got, err)
	}
	for payload, want := range map[string]string{
		"":                              "Small: msgp: too few bytes left to read object, at byte 0 of 0",
		"\x92\xa1a":                     "Small.Data: msgp: too few bytes left to read object, at byte 3 of 3",
		"\x92\xa1a\xa1b\xc0\xc0":        "2 bytes after the end, at byte 5 of 7",
		"\x92\xa1a\x05":                 "Small.Data: wanted a string, found an integer (0x05), at byte 3 of 4",
		"\x92\xa1a\xdb\x7f\xff\xff\xff": "Small.Data: msgp: too few bytes left to read object: it claims 2147483647 bytes, but 0 bytes follow, at byte 8 of 8",
	} {
		err := run(t, task, payload)
		if !errors.Is(err, taskqueue.ErrPayload) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%x: %v, want %s", payload, err, want)
		}
	}
}

func TestForeignDecodersAreGuarded(t *testing.T) {
	kind := codegen.Kind[trusting]{Name: "trusting"}
	ran := 0
	task := codegen.Foreign(codegen.Task(&kind, func(context.Context, *trusting) error {
		ran++
		return nil
	}))
	result := codegen.Value[trusting]()
	if err := run(t, task, "\x92\x01\x02"); err != nil || ran != 1 {
		t.Errorf("ran %d times, %v", ran, err)
	}
	if v, err := result.Decode([]byte("\x92\x01\x02")); err != nil || len(v.List) != 2 {
		t.Errorf("%v, %v", v, err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, payload := range []string{"", "\x92\x01", "\x92\x01\x02\x03", "\xdd\xff\xff\xff\xff\x01", "\xdd\x00\xff\xff\xff\x01"} {
		if err := run(t, task, payload); !errors.Is(err, taskqueue.ErrPayload) {
			t.Errorf("%x: %v", payload, err)
		}
		if _, err := result.Decode([]byte(payload)); !errors.Is(err, taskqueue.ErrPayload) {
			t.Errorf("%x as a result: %v", payload, err)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<10 || ran != 1 {
		t.Errorf("%d bytes allocated, ran %d times", n, ran)
	}
}

// TestForeignFields: a field that decodes itself sees its own bytes only.
func TestForeignFields(t *testing.T) {
	var v trusting
	rest, err := codegen.ReadForeign([]byte("\x92\x01\x02rest"), &v)
	if err != nil || string(rest) != "rest" || len(v.List) != 2 {
		t.Errorf("%q, %v, %v", rest, v, err)
	}
	for _, b := range []string{"", "\xdd\x7f\xff\xff\xff\x01\x02", "\x92\x01\xa1a\x05"} {
		if rest, err := codegen.ReadForeign([]byte(b), &v); err == nil {
			t.Errorf("%x is accepted, rest %x", b, rest)
		}
	}
}

// TestHonestPayloadsHaveRoom: no honest value takes more memory than a pointer to
// an empty slice, which is one byte on the wire.
func TestHonestPayloadsHaveRoom(t *testing.T) {
	const n = 100_000
	b := codegen.AppendArrayHeader(nil, n)
	for range n {
		b = codegen.AppendArrayHeader(b, 0)
	}
	m := codegen.NewMeter(b)
	list, b, err := codegen.MakeSlice[[]*[]int](b, &m)
	if err != nil || len(list) != n {
		t.Fatal(len(list), err)
	}
	for range list {
		if _, err := codegen.New[[]int](b, &m); err != nil {
			t.Fatal(err)
		}
	}
}
