package codegen

import (
	"fmt"
	"unsafe"
)

// Few returns the length of an array or a map (first byte 0x90 or 0x80) that is
// in the header's first byte, else -1: with the rest of b the way of ReadTuple and
// ReadFields that the compiler inlines.
func Few(b []byte, first byte) int {
	if len(b) > 0 && b[0]&0xf0 == first {
		return int(b[0] & 0x0f)
	}
	return -1
}

// ReadTuple begins a struct that is encoded by position, and says how many of
// its fields follow. Fewer than it has: the producer did not know the last ones.
// More: this program does not, and passes over them with SkipRest.
func ReadTuple(b []byte) (int, []byte, error) {
	n, rest, err := header(b, 0x90, 0xdc, "an array")
	if err == nil && n > uint64(len(rest)) {
		err = claims(rest, n, "fields")
	}
	if err != nil {
		return 0, b, err
	}
	return int(n), rest, nil
}

// SkipRest passes over n values.
func SkipRest(b []byte, n int) ([]byte, error) {
	for range n {
		rest, err := Skip(b)
		if err != nil {
			return b, err
		}
		b = rest
	}
	return b, nil
}

// ReadArray begins an array of exactly n elements.
func ReadArray(b []byte, n int) ([]byte, error) {
	found, rest, err := header(b, 0x90, 0xdc, "an array")
	if err == nil && found != uint64(n) {
		err = wrongLength(b, n, found, "elements")
	}
	return rest, err
}

func wrongLength(b []byte, want int, n uint64, what string) error {
	return bad(b, fmt.Errorf("wanted exactly %d %s, found %d", want, what, n))
}

// ReadFields begins a struct that is encoded as a map, and says how many fields
// follow.
func ReadFields(b []byte) (int, []byte, error) {
	n, rest, err := header(b, 0x80, 0xde, "a map")
	if err == nil && n > uint64(len(rest))/2 {
		err = claims(rest, n, "fields")
	}
	if err != nil {
		return 0, b, err
	}
	return int(n), rest, nil
}

// header reads the length of an array or map. The short form is up to 15 more
// than fix, the long forms are wide and its successor.
func header(b []byte, fix, wide byte, what string) (n uint64, rest []byte, err error) {
	if len(b) == 0 {
		return 0, b, short(b)
	}
	switch lead := b[0]; {
	case lead&0xf0 == fix:
		return uint64(lead & 0x0f), b[1:], nil
	case lead|1 == wide|1:
		n, head, err := length(b, 1+lead-wide)
		return n, b[head:], err
	}
	return 0, b, wanted(b, what)
}

// MakeSlice begins a slice, and makes room for its elements once it is certain
// that so many can follow. Empty and nil are nil.
func MakeSlice[S ~[]E, E any](b []byte, m *Meter) (S, []byte, error) {
	if IsNil(b) {
		return nil, b[1:], nil
	}
	n, rest, err := header(b, 0x90, 0xdc, "an array")
	if err == nil && n > uint64(len(rest)) {
		err = claims(rest, n, "elements")
	}
	if err != nil || n == 0 {
		return nil, rest, err
	}
	if err := m.pay(b, int(n), unsafe.Sizeof(*new(E))); err != nil {
		return nil, b, err
	}
	return make(S, n), rest, nil
}

// ReadSlice reads a slice of elements that need no Meter.
func ReadSlice[S ~[]E, E any](b []byte, m *Meter, read func([]byte) (E, []byte, error)) (S, []byte, error) {
	s, b, err := MakeSlice[S](b, m)
	if err != nil {
		return nil, b, err
	}
	for i := range s {
		if s[i], b, err = read(b); err != nil {
			return nil, b, Index(err, i)
		}
	}
	return s, b, nil
}

// hintLimit bounds how many pairs a map is made for before the first is read.
const hintLimit = 1024

// MakeMap begins a map and says how many pairs follow. Empty and nil are nil.
func MakeMap[M ~map[K]V, K comparable, V any](b []byte, m *Meter) (M, int, []byte, error) {
	if IsNil(b) {
		return nil, 0, b[1:], nil
	}
	n, rest, err := header(b, 0x80, 0xde, "a map")
	if err == nil && n > uint64(len(rest))/2 {
		err = claims(rest, n, "pairs")
	}
	if err != nil || n == 0 {
		return nil, 0, rest, err
	}
	size := unsafe.Sizeof(*new(K)) + unsafe.Sizeof(*new(V))
	if err := m.pay(b, int(n), size); err != nil {
		return nil, 0, b, err
	}
	hint := min(int(n), len(rest)/4, 8*len(rest)/int(max(size, 1)), hintLimit)
	return make(M, hint), int(n), rest, nil
}

// ReadMap reads a map of keys and values that need no Meter. Of two pairs with
// one key the second stays.
func ReadMap[M ~map[K]V, K ~string | signed | unsigned, V any](b []byte, m *Meter,
	key func([]byte) (K, []byte, error), value func([]byte) (V, []byte, error),
) (M, []byte, error) {
	v, n, b, err := MakeMap[M](b, m)
	if err != nil {
		return nil, b, err
	}
	for range n {
		var k K
		if k, b, err = key(b); err != nil {
			return nil, b, err
		}
		if v[k], b, err = value(b); err != nil {
			return nil, b, Entry(err, k)
		}
	}
	return v, b, nil
}
