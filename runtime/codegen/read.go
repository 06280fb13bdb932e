package codegen

import (
	"encoding/binary"
	"math"
	"time"
	"unsafe"

	"github.com/tinylib/msgp/msgp"
)

// alias returns b as a string without copying it. A payload is never changed
// once it has been delivered (the contract of broker.Message), so the strings of
// a task may share its memory; they keep all of it alive for as long as they
// live, which `tq:"copy"` avoids.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Short returns the length of a short string that is complete in b, else -1:
// with Cut the way of ReadString that the compiler inlines.
func Short(b []byte) int {
	if len(b) > 0 {
		if n := int(b[0] ^ 0xa0); n < 32 && n < len(b) {
			return n
		}
	}
	return -1
}

// Cut returns the string of which Short told the length, and the rest.
func Cut[T ~string](b []byte, n int) (T, []byte) { return T(alias(b[1 : n+1])), b[n+1:] }

// ReadString reads a string, which shares the memory of b. Its bytes are not
// checked to be UTF-8: what a producer enqueued is what a handler gets.
func ReadString[T ~string](b []byte) (T, []byte, error) {
	s, rest, err := readString(b)
	return T(alias(s)), rest, err
}

// CopyString reads a string into memory of its own.
func CopyString[T ~string](b []byte) (T, []byte, error) {
	s, rest, err := readString(b)
	return T(s), rest, err
}

func readString(b []byte) (s, rest []byte, err error) {
	if len(b) == 0 {
		return nil, b, short(b)
	}
	switch lead := b[0]; {
	case lead&0xe0 == 0xa0:
		return take(b, 1, int(lead&0x1f))
	case lead >= 0xd9 && lead <= 0xdb:
		return sized(b, lead-0xd9)
	}
	return nil, b, wanted(b, "a string")
}

// ReadKey reads the name of a field, which shares the memory of b.
func ReadKey(b []byte) (string, []byte, error) {
	if len(b) > 0 && b[0] >= 0xc4 && b[0] <= 0xc6 { // other encoders write names as binary
		s, rest, err := sized(b, b[0]-0xc4)
		return alias(s), rest, err
	}
	return ReadString[string](b)
}

// ReadBytes reads bytes into memory of their own; empty and nil are nil.
func ReadBytes[T ~[]byte](b []byte) (T, []byte, error) {
	v, rest, err := readBytes(b)
	if err != nil || len(v) == 0 {
		return nil, rest, err
	}
	return append(make([]byte, 0, len(v)), v...), rest, nil
}

// ReadExactly fills v with as many bytes.
func ReadExactly(b, v []byte) ([]byte, error) {
	if IsNil(b) {
		return b, wanted(b, "bytes")
	}
	data, rest, err := readBytes(b)
	if err == nil && len(data) != len(v) {
		err = wrongLength(b, len(v), uint64(len(data)), "bytes")
	}
	copy(v, data)
	return rest, err
}

func readBytes(b []byte) (v, rest []byte, err error) {
	switch {
	case len(b) > 0 && b[0] >= 0xc4 && b[0] <= 0xc6:
		return sized(b, b[0]-0xc4)
	case IsNil(b):
		return nil, b[1:], nil
	}
	return nil, b, wanted(b, "bytes")
}

// sized reads what has its length in 1<<width bytes after the first.
func sized(b []byte, width byte) (v, rest []byte, err error) {
	n, head, err := length(b, width)
	if err != nil {
		return nil, b, err
	}
	if n > uint64(len(b)-head) {
		return nil, b, claims(b[head:], n, "bytes")
	}
	return take(b, head, int(n))
}

func take(b []byte, head, n int) (v, rest []byte, err error) {
	if len(b) < head {
		return nil, b, short(b)
	}
	if n > len(b)-head {
		return nil, b, claims(b[head:], uint64(n), "bytes")
	}
	return b[head : head+n], b[head+n:], nil
}

// length reads the number in 1<<width bytes after the first, and says how many
// bytes that were together.
func length(b []byte, width byte) (n uint64, head int, err error) {
	head = 1 + 1<<width
	if len(b) < head {
		return 0, 0, short(b)
	}
	switch width {
	case 0:
		return uint64(b[1]), head, nil
	case 1:
		return uint64(binary.BigEndian.Uint16(b[1:])), head, nil
	case 2:
		return uint64(binary.BigEndian.Uint32(b[1:])), head, nil
	}
	return binary.BigEndian.Uint64(b[1:]), head, nil
}

// ReadBool reads a bool.
func ReadBool[T ~bool](b []byte) (T, []byte, error) {
	if len(b) > 0 && b[0]|1 == 0xc3 {
		return b[0] == 0xc3, b[1:], nil
	}
	return false, b, wanted(b, "a bool")
}

// ReadFloat32 reads a float32.
func ReadFloat32[T ~float32](b []byte) (T, []byte, error) {
	if len(b) == 0 || b[0] != 0xca {
		return 0, b, wanted(b, "a float32")
	}
	n, head, err := length(b, 2)
	return T(math.Float32frombits(uint32(n))), b[head:], err
}

// ReadFloat64 reads a float64, or a float32.
func ReadFloat64[T ~float64](b []byte) (T, []byte, error) {
	if len(b) > 0 && b[0] == 0xca {
		v, rest, err := ReadFloat32[float32](b)
		return T(v), rest, err
	}
	if len(b) == 0 || b[0] != 0xcb {
		return 0, b, wanted(b, "a float64")
	}
	n, head, err := length(b, 3)
	return T(math.Float64frombits(n)), b[head:], err
}

// ReadTime reads an instant, in UTC.
func ReadTime(b []byte) (time.Time, []byte, error) {
	t, rest, err := msgp.ReadTimeUTCBytes(b)
	if err != nil {
		return time.Time{}, b, bad(b, err)
	}
	return t, rest, nil
}

// IsNil reports whether the next value is nil.
func IsNil(b []byte) bool { return len(b) > 0 && b[0] == 0xc0 }
