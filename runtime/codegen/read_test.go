package codegen_test

import (
	"bytes"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/tqgen/taskqueue/runtime/codegen"
)

// TestAppendLikeMsgp compares every kind of value at the edges of its forms.
func TestAppendLikeMsgp(t *testing.T) {
	same := func(v any, want, got []byte) {
		t.Helper()
		if !bytes.Equal(want, got) {
			t.Errorf("%T %.20v: %.20x, msgp has %.20x", v, v, got, want)
		}
	}
	for shift := range 64 {
		for delta := int64(-1); delta <= 1; delta++ {
			v := int64(1)<<shift + delta
			same(v, msgp.AppendInt64(nil, v), codegen.AppendInt(nil, v))
			same(-v, msgp.AppendInt64(nil, -v), codegen.AppendInt(nil, -v))
			same(uint64(v), msgp.AppendUint64(nil, uint64(v)), codegen.AppendUint(nil, uint64(v)))
			same(int8(v), msgp.AppendInt8(nil, int8(v)), codegen.AppendInt(nil, int8(v)))
			same(time.Duration(v), msgp.AppendDuration(nil, time.Duration(v)), codegen.AppendInt(nil, time.Duration(v)))
		}
	}
	for _, n := range []int{0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536} {
		b := bytes.Repeat([]byte("x"), n)
		same(n, msgp.AppendString(nil, string(b)), codegen.AppendString(nil, string(b)))
		same(n, msgp.AppendBytes(nil, b), codegen.AppendBytes(nil, b))
		same(n, msgp.AppendArrayHeader(nil, uint32(n)), codegen.AppendArrayHeader(nil, n))
		same(n, msgp.AppendMapHeader(nil, uint32(n)), codegen.AppendMapHeader(nil, n))
	}
	for _, v := range []float64{0, 1.5, math.Inf(-1), math.MaxFloat64, math.Copysign(0, -1)} {
		same(v, msgp.AppendFloat64(nil, v), codegen.AppendFloat64(nil, v))
		same(v, msgp.AppendFloat32(nil, float32(v)), codegen.AppendFloat32(nil, float32(v)))
	}
	same(true, msgp.AppendBool(nil, true), codegen.AppendBool(nil, true))
	same(false, msgp.AppendBool(nil, false), codegen.AppendBool(nil, false))
}

// agree asserts that a reader of ours and one of msgp make the same of b.
func agree[T any](t *testing.T, b []byte, ours, theirs func([]byte) (T, []byte, error)) {
	t.Helper()
	v, rest, err := ours(b)
	w, left, failed := theirs(b)
	if (err == nil) != (failed == nil) {
		t.Fatalf("%T of %x: ours %v, msgp %v", v, b, err, failed)
	}
	if err == nil && (!reflect.DeepEqual(v, w) && !nan(v, w) || !bytes.Equal(rest, left)) {
		t.Fatalf("%T of %x: ours %v and %x left, msgp %v and %x", v, b, v, rest, w, left)
	}
}

func nan(v, w any) bool { return v != v && w != w } // only NaN differs from itself

// FuzzReadLikeMsgp lets both read any bytes.
func FuzzReadLikeMsgp(f *testing.F) {
	for lead := range 256 {
		f.Add(append([]byte{byte(lead)}, "\x00\x00\x00\x02\x05\x01abcdefghijklmnop"...))
		f.Add(append([]byte{byte(lead)}, bytes.Repeat([]byte{0xff}, 9)...))
		f.Add([]byte{byte(lead)})
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		agree(t, b, codegen.ReadBool[bool], msgp.ReadBoolBytes)
		agree(t, b, codegen.ReadInt[int64], msgp.ReadInt64Bytes)
		agree(t, b, codegen.ReadInt[int32], msgp.ReadInt32Bytes)
		agree(t, b, codegen.ReadInt[int16], msgp.ReadInt16Bytes)
		agree(t, b, codegen.ReadInt[int8], msgp.ReadInt8Bytes)
		agree(t, b, codegen.ReadUint[uint64], msgp.ReadUint64Bytes)
		agree(t, b, codegen.ReadUint[uint32], msgp.ReadUint32Bytes)
		agree(t, b, codegen.ReadUint[uint16], msgp.ReadUint16Bytes)
		agree(t, b, codegen.ReadUint[uint8], msgp.ReadUint8Bytes)
		agree(t, b, codegen.ReadFloat32[float32], msgp.ReadFloat32Bytes)
		agree(t, b, codegen.ReadFloat64[float64], msgp.ReadFloat64Bytes)
		agree(t, b, codegen.ReadString[string], msgp.ReadStringBytes)
		agree(t, b, codegen.CopyString[string], msgp.ReadStringBytes)
		agree(t, b, codegen.ReadTime, msgp.ReadTimeUTCBytes)
		skipLikeMsgp(t, b)
	})
}

func skipLikeMsgp(t *testing.T, b []byte) {
	rest, err := codegen.Skip(b)
	left, failed := msgp.Skip(b)
	if (err == nil) != (failed == nil) || err == nil && len(rest) != len(left) {
		t.Fatalf("Skip of %x: ours %d left, %v; msgp %d left, %v", b, len(rest), err, len(left), failed)
	}
}
