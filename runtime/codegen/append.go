package codegen

import (
	"encoding/binary"
	"math"
	"time"
	"unsafe"

	"github.com/tinylib/msgp/msgp"
)

// The constraints say what a named type may be declared as: a type that was
// declared anew as something else does not compile with its old codec.
type (
	signed interface {
		~int | ~int8 | ~int16 | ~int32 | ~int64
	}
	unsigned interface {
		~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
	}
)

// NewBuffer is an empty buffer for n bytes. It is not inlined: that would slow
// down encoders that are given a buffer.
//
//go:noinline
func NewBuffer(n int) []byte { return make([]byte, 0, n) }

// AppendString appends a string. Its bytes are not checked to be UTF-8.
func AppendString[T ~string](b []byte, s T) []byte {
	if len(s) < 32 {
		return append(append(b, 0xa0|byte(len(s))), s...)
	}
	return appendString(b, string(s))
}

//go:noinline
func appendString(b []byte, s string) []byte { return append(AppendStringHeader(b, len(s)), s...) }

// AppendStringHeader begins a string of n bytes.
//
//go:noinline
func AppendStringHeader(b []byte, n int) []byte {
	switch {
	case n < 32:
		return append(b, 0xa0|byte(n))
	case n <= math.MaxUint8:
		return append(b, 0xd9, byte(n))
	case n <= math.MaxUint16:
		return append(b, 0xda, byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint32(append(b, 0xdb), uint32(n))
}

// AppendWord appends a byte and a string of 8 to 16 bytes without calling anything:
// first its first eight bytes, then its last eight. It does nothing, and says so, for
// other strings and where b has no room for it and more.
func AppendWord[T ~string](b []byte, first byte, s T) ([]byte, bool) {
	i, n := len(b), len(s)
	if uint(n-8) > 8 || cap(b)-i < 18 {
		return b, false
	}
	from, to := unsafe.Pointer(unsafe.StringData(string(s))), unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), i)
	*(*[2]byte)(to) = [2]byte{first, 0xa0 | byte(n)}
	*(*[8]byte)(unsafe.Add(to, 2)) = *(*[8]byte)(from)
	*(*[8]byte)(unsafe.Add(to, n-6)) = *(*[8]byte)(unsafe.Add(from, n-8))
	return b[:i+2+n], true
}

// AppendBytes appends bytes as binary; nil is empty.
func AppendBytes[T ~[]byte](b []byte, v T) []byte {
	switch n := len(v); {
	case n <= math.MaxUint8:
		b = append(b, 0xc4, byte(n))
	case n <= math.MaxUint16:
		b = append(b, 0xc5, byte(n>>8), byte(n))
	default:
		b = binary.BigEndian.AppendUint32(append(b, 0xc6), uint32(n))
	}
	return append(b, v...)
}

// AppendInt appends a signed integer in its shortest form.
func AppendInt[T signed](b []byte, v T) []byte {
	if uint64(v) < 0x80 {
		return append(b, byte(v))
	}
	return msgp.AppendInt64(b, int64(v))
}

// AppendUint appends an unsigned integer in its shortest form.
func AppendUint[T unsigned](b []byte, v T) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	return msgp.AppendUint64(b, uint64(v))
}

// AppendBool appends a bool.
func AppendBool[T ~bool](b []byte, v T) []byte {
	if v {
		return append(b, 0xc3)
	}
	return append(b, 0xc2)
}

// AppendFloat32 appends a float32.
func AppendFloat32[T ~float32](b []byte, v T) []byte {
	return binary.BigEndian.AppendUint32(append(b, 0xca), math.Float32bits(float32(v)))
}

// AppendFloat64 appends a float64.
func AppendFloat64[T ~float64](b []byte, v T) []byte {
	return binary.BigEndian.AppendUint64(append(b, 0xcb), math.Float64bits(float64(v)))
}

// AppendTime appends an instant; its zone is not kept.
func AppendTime(b []byte, v time.Time) []byte { return msgp.AppendTime(b, v) }

// AppendArrayHeader begins an array of n elements.
func AppendArrayHeader(b []byte, n int) []byte {
	if n < 16 {
		return append(b, 0x90|byte(n))
	}
	return msgp.AppendArrayHeader(b, uint32(n))
}

// AppendMapHeader begins a map of n pairs.
func AppendMapHeader(b []byte, n int) []byte {
	if n < 16 {
		return append(b, 0x80|byte(n))
	}
	return msgp.AppendMapHeader(b, uint32(n))
}
