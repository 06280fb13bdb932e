package codecsample_test

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/internal/codecsample"
	"github.com/tqgen/taskqueue/internal/codectest"
)

func TestErrorsSayWhere(t *testing.T) {
	long := strings.Repeat("k", 80)
	for _, tt := range []struct {
		c       codectest.Codec
		payload string
		want    string
	}{
		{new(codecsample.Bench), "", "Bench: msgp: too few bytes left to read object"},
		{new(codecsample.Bench), "\x81", "Bench: wanted an array, found a map (0x81)"},
		{new(codecsample.Bench), "\x92\xa0\xc1", "Bench: wanted a value, found an invalid byte (0xc1)"},
		{new(codecsample.Bench), "\xdd\xff\xff\xff\xff\xa0", "Bench: msgp: too few bytes left to read object: it claims 4294967295 fields, but 1 bytes follow"},
		{new(codecsample.Bench), "\x91\x2a", "Bench.Data: wanted a string, found an integer (0x2a)"},
		{new(codecsample.Bench), "\x91\xc1", "Bench.Data: wanted a string, found an invalid byte (0xc1)"},
		{new(codecsample.Bench), "\x91\xa3ab", "Bench.Data: msgp: too few bytes left to read object: it claims 3 bytes, but 2 bytes follow"},
		{new(codecsample.Small), "\x92\xa0\xc0", "Small.Data: wanted a string, found nil (0xc0)"},
		{new(codecsample.SmallMap), "\x81\x01\x02", "SmallMap: wanted a string, found an integer (0x01)"},
		{new(codecsample.SmallMap), "\x81\xa1x\xc1", "SmallMap: wanted a value, found an invalid byte (0xc1)"},
		{new(codecsample.Scalars), "\x81\xa4Int8\xcc\xc8", "Scalars.Int8: 200 does not fit int8"},
		{new(codecsample.Scalars), "\x81\xa4Int8\xd1\xff\x00", "Scalars.Int8: -256 does not fit int8"},
		{new(codecsample.Scalars), "\x81\xa5Uint8\xff", "Scalars.Uint8: -1 does not fit uint8"},
		{new(codecsample.Scalars), "\x81\xa5Int64\xcf\x80\x00\x00\x00\x00\x00\x00\x00", "Scalars.Int64: 9223372036854775808 does not fit int64"},
		{new(codecsample.Scalars), "\x81\xa6Uint64\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "Scalars.Uint64: -9223372036854775808 does not fit uint64"},
		{new(codecsample.Scalars), "\x81\xa7Float32\xcb\x00\x00\x00\x00\x00\x00\x00\x00", "Scalars.Float32: wanted a float32, found a float (0xcb)"},
		{new(codecsample.Scalars), "\x81\xa7Float64\x01", "Scalars.Float64: wanted a float64, found an integer (0x01)"},
		{new(codecsample.Scalars), "\x81\xa4Bool\x01", "Scalars.Bool: wanted a bool, found an integer (0x01)"},
		{new(codecsample.Nested), "\x81\xa4Many\x92\x92\xa0\x00\x92\xa0\xc3", "Nested.Many[1].Size: wanted an integer, found a bool (0xc3)"},
		{new(codecsample.Nested), "\x81\xa6ByName\x81\xa1x\x92\x01", `Nested.ByName["x"].Name: wanted a string, found an integer (0x01)`},
		{new(codecsample.Nested), "\x81\xa6ByCode\x81\xff\x92\x01", "Nested.ByCode[-1].Name: wanted a string, found an integer (0x01)"},
		{new(codecsample.Nested), "\x81\xa6ByName\x81\xd9\x50" + long + "\xc0", `Nested.ByName["` + long[:58] + `…]: wanted an array, found nil (0xc0)`},
		{new(codecsample.Nested), "\x81\xa5Inner\x81\xa1A\x01", "Nested.Inner.A: wanted a string, found an integer (0x01)"},
		{new(codecsample.Nested), "\x81\xa5Pages\x81\xa5Items\x91\x92\xa0\xc0", "Nested.Pages.Items[0].Size: wanted an integer, found nil (0xc0)"},
		{new(codecsample.Nested), "\x81\xa5Array\x92\x01\x02", "Nested.Array: wanted exactly 3 elements, found 2"},
		{new(codecsample.Options), "\x81\xa5Short\xb1" + long[:17], "Options.Short: 17 long, but its tag allows at most 16"},
		{new(codecsample.Options), "\x81\xa3Few\x95\x01\x02\x03\x04\x05", "Options.Few: 5 long, but its tag allows at most 4"},
		{new(codecsample.Options), "\x81\xa4Deep\x81\xa1k\x91\x92\x01\x02", `Options.Deep["k"][0].Name: wanted a string, found an integer (0x01)`},
	} {
		if got := refused(t, tt.c, tt.payload); got != tt.want {
			t.Errorf("%x\n got %q\nwant %q", tt.payload, got, tt.want)
		}
	}
}

func TestEncodersObeyTags(t *testing.T) {
	for _, tt := range []struct {
		o    codecsample.Options
		want string
	}{
		{codecsample.Options{Short: strings.Repeat("s", 17)}, "Options.Short: 17 long, but its tag allows at most 16"},
		{codecsample.Options{Few: make([]int, 5)}, "Options.Few: 5 long, but its tag allows at most 4"},
	} {
		if _, err := tt.o.MarshalMsg(nil); err == nil || err.Error() != tt.want {
			t.Errorf("%v, want %q", err, tt.want)
		}
	}
}

// Other encoders choose other forms of the same values.
func TestOtherForms(t *testing.T) {
	long := strings.Repeat("s", 3)
	for _, tt := range []struct {
		payload string
		want    codecsample.Scalars
	}{
		{"\x81\xc4\x03Int\x05", codecsample.Scalars{Int: 5}},
		{"\x81\xd9\x03Int\x05", codecsample.Scalars{Int: 5}},
		{"\xde\x00\x01\xa3Int\xd3\x00\x00\x00\x00\x00\x00\x00\x05", codecsample.Scalars{Int: 5}},
		{"\xdf\x00\x00\x00\x01\xa3Int\xcf\x00\x00\x00\x00\x00\x00\x00\x05", codecsample.Scalars{Int: 5}},
		{"\x81\xa5Uint8\xd2\x00\x00\x00\x05", codecsample.Scalars{Uint8: 5}},
		{"\x81\xa6String\xdb\x00\x00\x00\x03" + long, codecsample.Scalars{String: long}},
		{"\x81\xa6String\xda\x00\x03" + long, codecsample.Scalars{String: long}},
		{"\x81\xa5Bytes\xc6\x00\x00\x00\x03" + long, codecsample.Scalars{Bytes: []byte(long)}},
		{"\x81\xa5Bytes\xc0", codecsample.Scalars{}},
		{"\x81\xa5Bytes\xc4\x00", codecsample.Scalars{}},
		{"\x81\xa7Float64\xca\x3f\x80\x00\x00", codecsample.Scalars{Float64: 1}},
		{"\x82\xa3Int\x05\xa3Int\x06", codecsample.Scalars{Int: 6}}, // the last one counts
		{"\x83\xa1x\x93\x81\xa1y\xc0\xd8\x05" + strings.Repeat("e", 16) + "\xc7\x02\x05ee\xa3Int\x05\xa1z\xcb12345678", codecsample.Scalars{Int: 5}},
	} {
		got := codecsample.Scalars{String: "left over"}
		if rest, err := got.UnmarshalMsg([]byte(tt.payload)); err != nil || len(rest) > 0 {
			t.Errorf("%x: %d bytes left, %v", tt.payload, len(rest), err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%x (-want +got):\n%s", tt.payload, diff)
		}
	}
}

// TestTuplesGrow: a field may be appended while tasks are in flight.
func TestTuplesGrow(t *testing.T) {
	for payload, want := range map[string]codecsample.Leaf{
		"\x90":                  {},
		"\x91\xa1n":             {Name: "n"},
		"\x92\xa1n\x05":         {Name: "n", Size: 5},
		"\x93\xa1n\x05\x91\xc0": {Name: "n", Size: 5},
		"\xdc\x00\x14\xa1n\x05\xde\x00\x01\x01\x02" + strings.Repeat("\xc0", 17): {Name: "n", Size: 5},
	} {
		got := codecsample.Leaf{Name: "left", Size: 7}
		if rest, err := got.UnmarshalMsg([]byte(payload)); err != nil || len(rest) > 0 || got != want {
			t.Errorf("%x: %+v, %d bytes left, %v", payload, got, len(rest), err)
		}
	}
}

func TestNilContainers(t *testing.T) {
	got := codecsample.Nested{Rows: [][]string{{"left over"}}}
	payload := "\x87\xa4Many\xc0\xa4Some\xc0\xa6ByName\xc0\xa5Table\xc0\xa7Strings\xc0\xa4Dict\xc0\xa5Array\xc0"
	if _, err := got.UnmarshalMsg([]byte(payload)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(codecsample.Nested{}, got); diff != "" {
		t.Error(diff)
	}
}

// within reports whether a string lies in a buffer.
func within(buffer []byte, s string) bool {
	p, start := uintptr(unsafe.Pointer(unsafe.StringData(s))), uintptr(unsafe.Pointer(unsafe.SliceData(buffer)))
	return p >= start && p < start+uintptr(len(buffer))
}

func TestStringsShareThePayload(t *testing.T) {
	in := codecsample.Small{ID: "short", Data: strings.Repeat("long", 100)}
	data, err := in.MarshalMsg(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out codecsample.Small
	if _, err := out.UnmarshalMsg(data); err != nil {
		t.Fatal(err)
	}
	if !within(data, out.ID) || !within(data, out.Data) {
		t.Error("a string is copied")
	}
}

func TestCopiesShareNothing(t *testing.T) {
	in := codecsample.Options{Kept: "kept", Deep: map[string][]codecsample.Leaf{"deep": {{Name: "leaf"}}}}
	data, err := in.MarshalMsg(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out codecsample.Options
	if _, err := out.UnmarshalMsg(data); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if diff := cmp.Diff(in, out); diff != "" {
		t.Error(diff)
	}
	raw := codecsample.Scalars{Bytes: []byte("bytes")}
	if data, err = raw.MarshalMsg(nil); err != nil {
		t.Fatal(err)
	}
	var got codecsample.Scalars
	if _, err := got.UnmarshalMsg(data); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if string(got.Bytes) != "bytes" {
		t.Error("bytes share the payload, which a handler could change")
	}
}

func TestAllocations(t *testing.T) {
	small := codecsample.SmallMap{ID: "bench_task_001", Data: "Simple benchmark data"}
	large := codecsample.Large{ID: "id", Metadata: map[string]string{"a": "b"}, Payload: make([]byte, 1000), Complex: map[string][]string{"c": {"d", "e"}}}
	tuple := codecsample.Small(small)
	chain := codecsample.Chain{Next: &codecsample.Chain{}}
	for _, tt := range []struct {
		c      codectest.Codec
		decode float64
	}{
		{&small, 0}, {&tuple, 0}, {&codecsample.Scalars{String: "s"}, 0}, {&codecsample.Leaf{}, 0},
		{&chain, 1},
		{&large, 6}, // two maps with a group each, a slice, and the payload
	} {
		data, err := tt.c.MarshalMsg(nil)
		if err != nil {
			t.Fatal(err)
		}
		buffer := make([]byte, 0, len(data))
		if n := testing.AllocsPerRun(100, func() { _, _ = tt.c.MarshalMsg(buffer) }); n != 0 {
			t.Errorf("%T: encoding into a buffer that is large enough allocates %v times", tt.c, n)
		}
		if n := testing.AllocsPerRun(100, func() { _, _ = tt.c.MarshalMsg(nil) }); n != 1 {
			t.Errorf("%T: encoding without a buffer allocates %v times", tt.c, n)
		}
		out := codectest.New(tt.c)
		if n := testing.AllocsPerRun(100, func() { _, _ = out.UnmarshalMsg(data) }); n != tt.decode {
			t.Errorf("%T: decoding allocates %v times, want %v", tt.c, n, tt.decode)
		}
	}
}
