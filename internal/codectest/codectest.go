// Package codectest holds what every generated codec must stand: it is run on
// the structs of internal/codecsample and on random ones.
package codectest

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tinylib/msgp/msgp"
)

// A Codec is a pointer to a struct with generated serializers.
type Codec interface {
	msgp.Marshaler
	msgp.Unmarshaler
	msgp.Sizer
}

// Name is the name of the struct's type.
func Name(c Codec) string { return reflect.TypeOf(c).Elem().Name() }

// New is a zero value of the same type.
func New(c Codec) Codec { return reflect.New(reflect.TypeOf(c).Elem()).Interface().(Codec) }

// unexported fields are shown as well.
var unexported = cmp.Exporter(func(reflect.Type) bool { return true })

// encode is MarshalMsg of what must not fail.
func encode(t testing.TB, c Codec) []byte {
	t.Helper()
	data, err := c.MarshalMsg(nil)
	if err != nil {
		t.Fatalf("%s: %v", Name(c), err)
	}
	return data
}

// RoundTrip encodes random values like c and decodes them into used structs.
func RoundTrip(t testing.TB, r *rand.Rand, c Codec) {
	t.Helper()
	in, out := Random(c, r), Random(c, r)
	data := encode(t, in)
	if size := in.Msgsize(); len(data) > size {
		t.Errorf("%s: %d bytes, Msgsize says %d", Name(c), len(data), size)
	}
	rest, err := out.UnmarshalMsg(append(data, "rest"...))
	if err != nil || string(rest) != "rest" {
		t.Fatalf("%s: rest %q, %v", Name(c), rest, err)
	}
	if !reflect.DeepEqual(in, out) {
		t.Fatalf("%s (-in +out):\n%s", Name(c), cmp.Diff(in, out, unexported))
	}
	reused(t, in, data)
}

// reused asserts that a buffer that is large enough is all that an encoder
// needs, and that what is in it stays.
func reused(t testing.TB, in Codec, want []byte) {
	t.Helper()
	buffer := append(make([]byte, 0, len(want)+3), "abc"...)
	got, err := in.MarshalMsg(buffer)
	if err != nil || &got[0] != &buffer[0] || string(got[:3]) != "abc" || len(got) != len(want)+3 {
		t.Fatalf("%s: %d bytes became %d after 3 in a buffer that holds them, %v", Name(in), len(want), len(got), err)
	}
}

// short is the encoding of a random value that is not large: what is done for
// each of its bytes takes time that is quadratic in its length.
func short(t testing.TB, r *rand.Rand, c Codec) []byte {
	t.Helper()
	for {
		if data := encode(t, Random(c, r)); len(data) < 4096 {
			return data
		}
	}
}

// Truncated decodes every beginning of a random value: all are refused.
func Truncated(t testing.TB, r *rand.Rand, c Codec) {
	t.Helper()
	data := short(t, r, c)
	for i := range data {
		out := New(c)
		if rest, err := out.UnmarshalMsg(data[:i:i]); err == nil {
			t.Fatalf("%s: the first %d of %d bytes are accepted, %d left: %x", Name(c), i, len(data), len(rest), data[:i])
		}
	}
}

// SameBytes asserts that two codecs of one type, of different packages, write
// the same bytes and read what the other wrote.
func SameBytes(t testing.TB, seed uint64, ours, theirs Codec) {
	t.Helper()
	a := Random(ours, rand.New(rand.NewPCG(seed, 0)))
	b := Random(theirs, rand.New(rand.NewPCG(seed, 0)))
	want := encode(t, b)
	if got := encode(t, a); !bytes.Equal(want, got) {
		t.Fatalf("%s (-theirs +ours):\n%s", Name(ours), cmp.Diff(want, got))
	}
	for _, c := range []Codec{New(ours), New(theirs)} {
		if _, err := c.UnmarshalMsg(want); err != nil {
			t.Fatalf("%T: %v", c, err)
		}
		if got := encode(t, c); !bytes.Equal(want, got) {
			t.Fatalf("%T reads something else (-written +read):\n%s", c, cmp.Diff(want, got))
		}
	}
}
