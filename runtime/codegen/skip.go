package codegen

import (
	"slices"

	"github.com/tinylib/msgp/msgp"
)

// Skip passes over one value, however deep it is, without recursion and without
// believing a length that the bytes cannot hold.
func Skip(b []byte) ([]byte, error) {
	for due := uint64(1); due > 0; due-- {
		n, rest, err := skipOne(b)
		if err != nil {
			return b, err
		}
		if due += n; due-1 > uint64(len(rest)) {
			return b, claims(rest, due-1, "values")
		}
		b = rest
	}
	return b, nil
}

// skipOne passes over a value but for its elements, and says how many those are.
func skipOne(b []byte) (elements uint64, rest []byte, err error) {
	if len(b) == 0 {
		return 0, b, short(b)
	}
	lead := b[0]
	switch {
	case lead < 0x80 || lead >= 0xe0 || lead >= 0xc0 && lead <= 0xc3 && lead != 0xc1:
		return 0, b[1:], nil
	case lead < 0x90 || lead|1 == 0xdf:
		n, rest, err := header(b, 0x80, 0xde, "a map")
		return 2 * n, rest, err
	case lead < 0xa0 || lead|1 == 0xdd:
		return header(b, 0x90, 0xdc, "an array")
	}
	rest, err = skipScalar(b, lead)
	return 0, rest, err
}

func skipScalar(b []byte, lead byte) (rest []byte, err error) {
	switch {
	case lead < 0xc0:
		_, rest, err = take(b, 1, int(lead&0x1f))
	case lead >= 0xc4 && lead <= 0xc6:
		_, rest, err = sized(b, lead-0xc4)
	case lead >= 0xc7 && lead <= 0xc9:
		rest, err = skipExtension(b, lead-0xc7)
	case lead == 0xca || lead == 0xcb:
		_, rest, err = take(b, 1, 4<<(lead-0xca))
	case lead >= 0xcc && lead <= 0xd3:
		_, rest, err = take(b, 1, 1<<((lead-0xcc)&3))
	case lead >= 0xd4 && lead <= 0xd8:
		_, rest, err = take(b, 2, 1<<(lead-0xd4))
	case lead >= 0xd9 && lead <= 0xdb:
		_, rest, err = sized(b, lead-0xd9)
	default:
		err = wanted(b, "a value")
	}
	return rest, err
}

func skipExtension(b []byte, width byte) ([]byte, error) {
	n, head, err := length(b, width)
	if err != nil {
		return b, err
	}
	if n > uint64(len(b)-head) {
		return b, claims(b[head:], n, "bytes")
	}
	_, rest, err := take(b, head+1, int(n))
	return rest, err
}

// next cuts the next value out of b.
func next(b []byte) (value, rest []byte, err error) {
	rest, err = Skip(b)
	if err != nil {
		return nil, rest, err
	}
	return b[:len(b)-len(rest)], rest, nil
}

// CopyNext returns a copy of the next value's bytes, for a field that shares no
// memory with the payload, and the rest.
func CopyNext(b []byte) (value, rest []byte, err error) {
	value, rest, err = next(b)
	return slices.Clone(value), rest, err
}

// ReadForeign lets a type that encodes itself, or that has its codec in another
// package, read the next value: just its bytes, walked over before.
func ReadForeign(b []byte, v msgp.Unmarshaler) ([]byte, error) {
	value, rest, err := next(b)
	if err != nil {
		return b, err
	}
	if err := exactly(value, v); err != nil {
		return b, Before(err, rest)
	}
	return rest, nil
}
