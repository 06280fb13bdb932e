package codegen

import "fmt"

// ReadInt reads an integer that fits T.
func ReadInt[T signed](b []byte) (T, []byte, error) {
	if len(b) > 0 && b[0] < 0x80 {
		return T(b[0]), b[1:], nil
	}
	v, rest, err := readInteger(b)
	if err != nil {
		return 0, b, err
	}
	t := T(v.bits)
	if int64(t) != int64(v.bits) || t < 0 != v.negative {
		return 0, b, overflow(b, v, t)
	}
	return t, rest, nil
}

// ReadUint reads an integer that fits T.
func ReadUint[T unsigned](b []byte) (T, []byte, error) {
	if len(b) > 0 && b[0] < 0x80 {
		return T(b[0]), b[1:], nil
	}
	v, rest, err := readInteger(b)
	if err != nil {
		return 0, b, err
	}
	t := T(v.bits)
	if uint64(t) != v.bits || v.negative {
		return 0, b, overflow(b, v, t)
	}
	return t, rest, nil
}

// An integer has a range of its own: from the least int64 to the greatest
// uint64.
type integer struct {
	bits     uint64
	negative bool
}

func (v integer) String() string {
	if v.negative {
		return fmt.Sprint(int64(v.bits))
	}
	return fmt.Sprint(v.bits)
}

func readInteger(b []byte) (v integer, rest []byte, err error) {
	if len(b) == 0 {
		return v, b, short(b)
	}
	switch lead := b[0]; {
	case lead < 0x80:
		return integer{bits: uint64(lead)}, b[1:], nil
	case lead >= 0xe0:
		return integer{uint64(int8(lead)), true}, b[1:], nil
	case lead >= 0xcc && lead <= 0xcf:
		n, head, err := length(b, lead-0xcc)
		return integer{bits: n}, b[head:], err
	case lead >= 0xd0 && lead <= 0xd3:
		n, head, err := length(b, lead-0xd0)
		shift := 64 - 8<<(lead-0xd0)
		s := int64(n) << shift >> shift
		return integer{uint64(s), s < 0}, b[head:], err
	}
	return v, b, wanted(b, "an integer")
}

//go:noinline
func overflow(b []byte, v integer, t any) error {
	return bad(b, fmt.Errorf("%v does not fit %T", v, t))
}
