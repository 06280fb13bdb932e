package codec

import (
	"fmt"
	"strings"

	"github.com/tinylib/msgp/msgp"

	"github.com/tqgen/taskqueue/gen/model"
)

// size writes Msgsize.
func (f *file) size(s *model.Struct) {
	f.current, f.numbers = s, 0
	f.emit("// Msgsize is an upper bound for the length of what MarshalMsg appends.")
	f.emit("func ($t *%s) Msgsize() int {", s.Name)
	if s.Recursive {
		f.emit("return max($t.msgpSize(0), 0)\n}\n")
		f.emit("func ($t *%s) msgpSize($d int) int {", s.Name)
		f.emit("if $c.CheckDepth($d) != nil {\nreturn $c.Unbounded\n}")
	}
	var z sizes
	z.addStruct(s, f.receiver)
	if len(z.parts) == 0 {
		f.emit("return %s\n}\n", z.sum())
		return
	}
	f.emit("$n := %s", z.sum())
	f.sizeParts(z.parts)
	f.emit("return $n\n}\n")
}

// sizes are the summands of a size: constants, expressions, and the parts that
// need statements.
type sizes struct {
	constant int64
	terms    []string
	parts    []part
}

type part struct {
	t *model.Type
	x string
}

func (z *sizes) sum() string {
	if z.constant == 0 && len(z.terms) > 0 {
		return strings.Join(z.terms, " + ")
	}
	return strings.Join(append([]string{fmt.Sprint(z.constant)}, z.terms...), " + ")
}

func (z *sizes) term(format string, args ...any) {
	z.terms = append(z.terms, fmt.Sprintf(format, args...))
}

func (z *sizes) addStruct(s *model.Struct, x string) {
	z.constant += int64(len(msgp.AppendMapHeader(nil, count(s)))) // as long as that of an array
	for field := range s.Encoded() {
		if !s.Tuple {
			z.constant += int64(len(msgp.AppendString(nil, field.Wire)))
		}
		z.add(field.Type, x+"."+field.Name)
	}
}

// fixed are the kinds whose size has a constant bound.
var fixed = map[model.Kind]int64{
	model.Bool: msgp.BoolSize, model.Time: msgp.TimeSize, model.Duration: msgp.DurationSize,
	model.Int: msgp.IntSize, model.Int8: msgp.Int8Size, model.Int16: msgp.Int16Size, model.Int32: msgp.Int32Size, model.Int64: msgp.Int64Size,
	model.Uint: msgp.UintSize, model.Uint8: msgp.Uint8Size, model.Uint16: msgp.Uint16Size, model.Uint32: msgp.Uint32Size, model.Uint64: msgp.Uint64Size,
	model.Float32: msgp.Float32Size, model.Float64: msgp.Float64Size,
}

// constantSize is the bound of a type where it does not depend on the value.
func constantSize(t *model.Type) (size int64, ok bool) {
	var z sizes
	switch t.Kind {
	case model.Slice, model.Map, model.Pointer, model.Foreign, model.String, model.Bytes:
		return 0, false
	case model.StructKind:
		if !t.Struct.Inline {
			return 0, false
		}
	}
	z.add(t, "")
	return z.constant, len(z.terms)+len(z.parts) == 0
}

func (z *sizes) add(t *model.Type, x string) {
	if n, ok := fixed[t.Kind]; ok {
		z.constant += n
		return
	}
	switch t.Kind {
	case model.String, model.Bytes:
		z.constant += msgp.StringPrefixSize
		z.term("len(%s)", x)
	case model.Array:
		z.addArray(t, x)
	case model.Slice, model.Map:
		z.constant += msgp.ArrayHeaderSize
		z.addContainer(t, x)
	case model.Pointer:
		z.constant += msgp.NilSize
		z.parts = append(z.parts, part{t, x})
	case model.StructKind, model.Foreign:
		z.addNested(t, x)
	}
}

func (z *sizes) addArray(t *model.Type, x string) {
	z.constant += msgp.ArrayHeaderSize
	if t.Binary() {
		z.constant += t.Len
	} else if n, ok := constantSize(t.Elem); ok {
		z.constant += n * t.Len
	} else {
		z.parts = append(z.parts, part{t, x})
	}
}

// addContainer multiplies where all elements have one bound.
func (z *sizes) addContainer(t *model.Type, x string) {
	n, ok := constantSize(t.Elem)
	if ok && t.Kind == model.Map {
		var key int64
		key, ok = constantSize(t.Key)
		n += key
	}
	if ok {
		z.term("len(%s)*%d", x, n)
	} else {
		z.parts = append(z.parts, part{t, x})
	}
}

func (z *sizes) addNested(t *model.Type, x string) {
	switch {
	case t.Kind == model.StructKind && t.Struct.Inline:
		z.addStruct(t.Struct, direct(x))
	case t.Kind == model.StructKind && t.Struct.Recursive:
		z.parts = append(z.parts, part{t, x})
	default:
		z.term("%s.Msgsize()", direct(x))
	}
}

func (f *file) sizeParts(parts []part) {
	for _, p := range parts {
		f.sizePart(p.t, p.x)
	}
}

func (f *file) sizePart(t *model.Type, x string) {
	switch t.Kind {
	case model.Pointer:
		f.emit("if %s != nil {", x)
		f.sizeElement(part{t.Elem, deref(x)})
		f.emit("}")
	case model.Map:
		k, v := f.number("k"), f.number("v")
		f.loop(x, k, v, func() { f.sizeElement(part{t.Key, k}, part{t.Elem, v}) })
	case model.StructKind:
		f.sizeRecursive(t, direct(x))
	default:
		i := f.number("i")
		f.loop(x, i, "", func() { f.sizeElement(part{t.Elem, x + "[" + i + "]"}) })
	}
}

func (f *file) sizeElement(elements ...part) {
	var z sizes
	for _, e := range elements {
		z.add(e.t, e.x)
	}
	if z.constant != 0 || len(z.terms) > 0 {
		f.emit("$n += %s", z.sum())
	}
	f.sizeParts(z.parts)
}

// sizeRecursive gives up where a struct goes too deep to be encoded.
func (f *file) sizeRecursive(t *model.Type, x string) {
	if !f.recursion(t) {
		f.emit("$n += %s.Msgsize()", x)
		return
	}
	f.emit("if $n += %s.msgpSize($d + 1); $n < 0 {\nreturn $n\n}", x)
}
