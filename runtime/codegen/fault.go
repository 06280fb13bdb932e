package codegen

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// A fault is what is wrong with a payload, and where.
type fault struct {
	kind   string   // the Go type that was encoded or decoded
	path   []string // from the inside out: "[3]", ".Items"
	elided int      // parts of the path that were left out
	left   int      // bytes from the bad value to the end; -1: not known
	err    error
}

// pathParts is how much of the path is kept: a deep payload must not make its
// own error expensive.
const pathParts = 12

// Error is "Order.Items[3].Count: wanted an integer, found a string".
func (f *fault) Error() string {
	var b strings.Builder
	b.WriteString(f.kind)
	for i, part := range slices.Backward(f.path) {
		if i == len(f.path)-2 && f.elided > 0 {
			fmt.Fprintf(&b, "(…%d more…)", f.elided)
		}
		b.WriteString(part)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(f.err.Error())
	return b.String()
}

func (f *fault) Unwrap() error { return f.err }

// within prepends a part to the path of err. Like all of this file it is not on
// the way of a good payload, and must not grow the code that is.
//
//go:noinline
func within(err error, part string) *fault {
	f, ok := err.(*fault) //nolint:errorlint // never wrapped on the way up
	if !ok {
		f = &fault{left: -1, err: err}
	}
	switch {
	case part == "":
	case len(f.path) < pathParts:
		f.path = append(f.path, part)
	default:
		f.path[pathParts-1] = part
		f.elided++
	}
	return f
}

// At adds to an error the type and the field where it was found; an empty field
// is the value itself.
//
//go:noinline
func At(err error, kind, field string) error {
	if field != "" {
		field = "." + field
	}
	f := within(err, field)
	f.kind = kind
	return f
}

// Field adds to an error the field of a struct that has no name.
//
//go:noinline
func Field(err error, field string) error { return within(err, "."+field) }

// Index adds to an error the position in a slice or array.
//
//go:noinline
func Index(err error, i int) error { return within(err, "["+strconv.Itoa(i)+"]") }

// Entry adds to an error the key in a map.
func Entry[K ~string | signed | unsigned](err error, key K) error {
	text := fmt.Sprintf("[%#v]", key)
	if len(text) > 64 {
		text = strings.ToValidUTF8(text[:60], "") + "…]"
	}
	return within(err, text)
}

// Before moves the place of an error that was found in a part of the payload,
// which rest follows.
//
//go:noinline
func Before(err error, rest []byte) error {
	f := within(err, "")
	if f.left >= 0 {
		f.left += len(rest)
	}
	return f
}

// locate adds the place in a payload of so many bytes.
func locate(err error, size int) error {
	f, ok := err.(*fault) //nolint:errorlint // as above
	if !ok || f.left < 0 {
		return err
	}
	return fmt.Errorf("%w, at byte %d of %d", err, size-f.left, size)
}

// TooLong is the error of a value that is longer than its tag allows.
func TooLong(n, limit int) error {
	return fmt.Errorf("%d long, but its tag allows at most %d", n, limit)
}

// errRoom refuses a payload whose values take far more memory than its bytes.
var errRoom = errors.New("the payload would take more than 32 bytes of memory for each of its own")

// errDepth refuses values that are nested too deep, or that contain themselves.
var errDepth = fmt.Errorf("nested more than %d deep", MaxDepth)

//go:noinline
func bad(b []byte, err error) error { return &fault{left: len(b), err: err} }

// short is the error of a payload that ends in the middle of a value.
func short(b []byte) error { return bad(b, msgp.ErrShortBytes) }

// claims is the error of a length that the rest of the payload cannot hold.
func claims(b []byte, n uint64, what string) error {
	return bad(b, fmt.Errorf("%w: it claims %d %s, but %d bytes follow", msgp.ErrShortBytes, n, what, len(b)))
}

// wanted is the error of a value of another type.
func wanted(b []byte, what string) error {
	if len(b) == 0 {
		return short(b)
	}
	return bad(b, fmt.Errorf("wanted %s, found %s (0x%02x)", what, found(b[0]), b[0]))
}

// found names the type of a value by its first byte.
func found(lead byte) string {
	switch msgp.NextType([]byte{lead}) {
	case msgp.StrType:
		return "a string"
	case msgp.BinType:
		return "bytes"
	case msgp.MapType:
		return "a map"
	case msgp.ArrayType:
		return "an array"
	case msgp.Float32Type, msgp.Float64Type:
		return "a float"
	case msgp.BoolType:
		return "a bool"
	case msgp.IntType, msgp.UintType:
		return "an integer"
	case msgp.NilType:
		return "nil"
	case msgp.InvalidType:
		return "an invalid byte"
	}
	return "an extension"
}
