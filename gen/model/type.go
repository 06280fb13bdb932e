package model

import (
	"strconv"
	"strings"
)

// A Type is a Go type together with its form on the wire.
type Type struct {
	Kind   Kind
	Go     Spelling // of a type with a name (declared or alias); zero for one that Kind spells
	Elem   *Type    // of Slice, Array, Map and Pointer
	Key    *Type    // of Map: a string, an integer or a named variant
	Len    int64    // of Array
	Struct *Struct  // of Struct; shared by all uses, so a recursive type is a cycle
}

// Kind is the form of a type on the wire. A named variant (type Locale string)
// has the kind of what it is declared as.
type Kind uint8

// The kinds.
const (
	Invalid Kind = iota
	Bool
	Int
	Int8
	Int16
	Int32
	Int64
	Uint
	Uint8
	Uint16
	Uint32
	Uint64
	Float32
	Float64
	String
	Bytes    // []byte or a named variant
	Time     // time.Time
	Duration // time.Duration itself: an int64 of nanoseconds (a named variant is an Int64)
	Slice    // of any kind but Uint8 itself, which is Bytes
	Array    // of any kind; [N]byte, Elem exactly byte, is binary on the wire like Bytes
	Map
	Pointer    // nil or what it points to; never a pointer to a pointer
	StructKind // generated codec, see Struct.Inline and Struct.Package
	Foreign    // *T implements msgp.Marshaler, Unmarshaler and Sizer by itself
	Opaque     // only spelled, never encoded: the type of a skipped field
)

// String is the kind's name in messages, and in tasks.lock.
func (k Kind) String() string {
	return [...]string{
		"invalid", "bool", "int", "int8", "int16", "int32", "int64",
		"uint", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
		"string", "bytes", "time", "duration", "slice", "array", "map", "pointer",
		"struct", "foreign", "opaque",
	}[k]
}

// Number reports whether the kind is an integer or a float.
func (k Kind) Number() bool { return k >= Int && k <= Float64 }

// A Spelling is Go source of a type, with holes for the names that packages
// have in the file being written.
type Spelling struct {
	Text     string // a NUL stands where a package's qualifier goes
	Packages []Ref  // one for each NUL, in order
}

// Named spells a declared type without type arguments.
func Named(pkg Ref, name string) Spelling {
	return Spelling{Text: "\x00." + name, Packages: []Ref{pkg}}
}

// IsZero reports whether nothing is spelled.
func (s Spelling) IsZero() bool { return s.Text == "" }

// In writes the spelling out. The qualifier returns the name of a package in
// the file, or "" for the file's own package.
func (s Spelling) In(qualifier func(Ref) string) string {
	var b strings.Builder
	rest, i := s.Text, 0
	for {
		before, after, found := strings.Cut(rest, "\x00")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		rest = after
		if name := qualifier(s.Packages[i]); name == "" {
			rest = strings.TrimPrefix(rest, ".")
		} else {
			b.WriteString(name)
		}
		i++
	}
}

// Spell writes the type as Go source; see Spelling.In.
func (t *Type) Spell(qualifier func(Ref) string) string {
	if !t.Go.IsZero() {
		return t.Go.In(qualifier)
	}
	switch t.Kind {
	case Bytes:
		return "[]byte"
	case Time:
		return Named(Ref{"time", "time"}, "Time").In(qualifier)
	case Duration:
		return Named(Ref{"time", "time"}, "Duration").In(qualifier)
	case Slice:
		return "[]" + t.Elem.Spell(qualifier)
	case Array:
		return "[" + strconv.FormatInt(t.Len, 10) + "]" + t.Elem.Spell(qualifier)
	case Map:
		return "map[" + t.Key.Spell(qualifier) + "]" + t.Elem.Spell(qualifier)
	case Pointer:
		return "*" + t.Elem.Spell(qualifier)
	case StructKind:
		return Named(t.Struct.Package, t.Struct.Name).In(qualifier)
	}
	return t.Kind.String()
}

// Binary reports whether the type is an array of bytes, which has the form of
// Bytes on the wire.
func (t *Type) Binary() bool {
	return t.Kind == Array && t.Elem.Kind == Uint8 && t.Elem.Go.IsZero()
}

// HasSecret reports whether something in a value of the type is not to be shown.
func (t *Type) HasSecret() bool { return t.secret(map[*Struct]bool{}) }

func (t *Type) secret(seen map[*Struct]bool) bool {
	for ; t != nil; t = t.Elem {
		if t.Struct != nil && t.Struct.secret(seen) {
			return true
		}
	}
	return false
}
