package codec

import (
	"fmt"
	"strconv"

	"github.com/tinylib/msgp/msgp"

	"github.com/tqgen/taskqueue/gen/model"
)

// marshal writes MarshalMsg.
func (f *file) marshal(s *model.Struct) {
	f.current, f.numbers = s, 0
	f.emit("// MarshalMsg appends the MessagePack form to b.")
	f.emit("func ($t *%s) MarshalMsg($b []byte) ([]byte, error) {", s.Name)
	f.emit("if cap($b) == 0 {\n$b = $c.NewBuffer($t.Msgsize())\n}")
	if s.Recursive {
		f.emit("return $t.msgpAppend($b, 0)\n}\n")
		f.emit("func ($t *%s) msgpAppend($b []byte, $d int) ([]byte, error) {", s.Name)
		f.emit("if $e := $c.CheckDepth($d); $e != nil {\nreturn $b, $e\n}")
	}
	if f.mayFail(s) {
		f.emit("var $e error")
	}
	f.appendStruct(s, f.receiver, f.whole(s))
	f.flush()
	f.emit("return $b, nil\n}\n")
}

// mayFail reports whether the encoder calls others, which return errors.
func (f *file) mayFail(s *model.Struct) bool {
	for field := range s.Encoded() {
		t := field.Type
		for t.Elem != nil {
			t = t.Elem
		}
		if t.Kind == model.Foreign || t.Kind == model.StructKind && (!t.Struct.Inline || f.mayFail(t.Struct)) {
			return true
		}
	}
	return false
}

// constant appends bytes that are the same for every value; they are gathered
// until something else is to be appended.
func (f *file) constant(b []byte) { f.pending = append(f.pending, b...) }

func (f *file) flush() {
	switch len(f.pending) {
	case 0:
	case 1:
		f.emit("$b = append($b, %#02x)", f.pending[0])
	default:
		f.emit("$b = append($b, %s...)", strconv.Quote(string(f.pending)))
	}
	f.pending = f.pending[:0]
}

func count(s *model.Struct) uint32 {
	n := uint32(0)
	for range s.Encoded() {
		n++
	}
	return n
}

func (f *file) appendStruct(s *model.Struct, x string, at where) {
	if s.Tuple {
		f.constant(msgp.AppendArrayHeader(nil, count(s)))
	} else {
		f.constant(msgp.AppendMapHeader(nil, count(s)))
	}
	for field := range s.Encoded() {
		if !s.Tuple {
			f.constant(msgp.AppendString(nil, field.Wire))
		}
		place := f.at(at, s, field)
		f.limit(field, x+"."+field.Name, place)
		f.appendValue(field.Type, x+"."+field.Name, place)
	}
}

// appenders are the functions of package codegen for values without parts.
var appenders = map[model.Kind]string{
	model.Bool: "AppendBool", model.String: "AppendString", model.Bytes: "AppendBytes",
	model.Int: "AppendInt", model.Int8: "AppendInt", model.Int16: "AppendInt", model.Int32: "AppendInt", model.Int64: "AppendInt",
	model.Uint: "AppendUint", model.Uint8: "AppendUint", model.Uint16: "AppendUint", model.Uint32: "AppendUint", model.Uint64: "AppendUint",
	model.Float32: "AppendFloat32", model.Float64: "AppendFloat64",
	model.Time: "AppendTime", model.Duration: "AppendInt",
}

// appendFirst appends the first string of a tuple together with the header: one
// check of the capacity instead of two, and a string of 8 to 16 bytes, as names
// and ids have, without a call.
func (f *file) appendFirst(x string) {
	done, n, header := f.number("ok"), f.number("n"), fmt.Sprintf("%#02x", f.pending[0])
	f.pending = f.pending[:0]
	f.emit("var %s bool", done)
	f.emit("if $b, %s = $c.AppendWord($b, %s, %s); !%[1]s {", done, header, x)
	f.emit("if %s := len(%s); %[1]s < 32 {", n, x)
	f.emit("$b = append($b, %s, 0xa0|byte(%s))\n} else {", header, n)
	f.emit("$b = $c.AppendStringHeader(append($b, %s), %s)\n}", header, n)
	f.emit("$b = append($b, %s...)\n}", x)
}

func (f *file) appendValue(t *model.Type, x string, at where) {
	if t.Kind == model.String && len(f.pending) == 1 {
		f.appendFirst(x)
		return
	}
	if name, ok := appenders[t.Kind]; ok {
		f.flush()
		f.emit("$b = $c.%s($b, %s)", name, x)
		return
	}
	switch t.Kind {
	case model.Slice:
		f.flush()
		f.emit("$b = $c.AppendArrayHeader($b, len(%s))", x)
		f.appendElements(t, x, at)
	case model.Array:
		f.appendArray(t, x, at)
	case model.Map:
		f.appendMap(t, x, at)
	case model.Pointer:
		f.flush()
		f.emit("if %s == nil {\n$b = append($b, 0xc0)\n} else {", x)
		f.appendValue(t.Elem, deref(x), at)
		f.flush()
		f.emit("}")
	case model.StructKind, model.Foreign:
		f.appendNested(t, x, at)
	}
}

func (f *file) appendElements(t *model.Type, x string, at where) {
	i := f.number("i")
	f.loop(x, i, "", func() {
		f.appendValue(t.Elem, x+"["+i+"]", at.in(f.words.Replace("$c.Index(%s, %s)"), i))
		f.flush()
	})
}

func (f *file) appendArray(t *model.Type, x string, at where) {
	if t.Binary() {
		f.constant(msgp.AppendBytesHeader(nil, uint32(t.Len)))
		f.flush()
		f.emit("$b = append($b, %s[:]...)", x)
		return
	}
	f.constant(msgp.AppendArrayHeader(nil, uint32(t.Len)))
	f.flush()
	f.appendElements(t, x, at)
}

func (f *file) appendMap(t *model.Type, x string, at where) {
	f.flush()
	k, v := f.number("k"), f.number("v")
	f.emit("$b = $c.AppendMapHeader($b, len(%s))", x)
	f.loop(x, k, v, func() {
		f.appendValue(t.Key, k, at)
		f.appendValue(t.Elem, v, at.in(f.words.Replace("$c.Entry(%s, %s)"), k))
		f.flush()
	})
}

// appendNested appends a struct in place, or lets its own method do it.
func (f *file) appendNested(t *model.Type, x string, at where) {
	if s := t.Struct; t.Kind == model.StructKind && s.Inline {
		f.appendStruct(s, direct(x), at)
		return
	}
	f.flush()
	call := "MarshalMsg($b)"
	if f.recursion(t) {
		call = "msgpAppend($b, $d+1)"
	}
	f.try(at, "$b, $e = %s."+call, direct(x))
}

// recursion reports whether the current struct may be inside of t.
func (f *file) recursion(t *model.Type) bool {
	return t.Kind == model.StructKind && f.current.Recursive && t.Struct.Recursive && f.own(t.Struct)
}
