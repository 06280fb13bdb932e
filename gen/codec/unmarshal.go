package codec

import (
	"github.com/tqgen/taskqueue/gen/model"
)

// unmarshal writes UnmarshalMsg.
func (f *file) unmarshal(s *model.Struct) {
	f.current, f.numbers = s, 0
	f.emit("// UnmarshalMsg reads what MarshalMsg wrote and returns the rest. Nothing of what")
	f.emit("// the struct held before is left. Strings share the memory of b.")
	f.emit("func ($t *%s) UnmarshalMsg($b []byte) ([]byte, error) {", s.Name)
	if f.meters(s) {
		f.emit("$m := $c.NewMeter($b)\nreturn $t.msgpRead($b, &$m)\n}\n")
		f.emit("func ($t *%s) msgpRead($b []byte, $m *$c.Meter) ([]byte, error) {", s.Name)
	}
	f.emit("var $e error")
	if s.Recursive {
		f.try(f.whole(s), "$e = $m.Enter($b)")
	}
	f.emit("*$t = %s{}", s.Name)
	f.readStruct(s, f.receiver, f.whole(s))
	if s.Recursive {
		f.emit("$m.Leave()")
	}
	f.emit("return $b, nil\n}\n")
}

// meters reports whether reading a struct takes memory beyond its own.
func (f *file) meters(s *model.Struct) bool {
	known, ok := f.metered[s]
	if ok {
		return known
	}
	f.metered[s] = s.Recursive
	for field := range s.Encoded() {
		f.metered[s] = f.metered[s] || f.typeMeters(field.Type)
	}
	return f.metered[s]
}

func (f *file) typeMeters(t *model.Type) bool {
	switch t.Kind {
	case model.Slice, model.Map, model.Pointer:
		return true
	case model.Array:
		return f.typeMeters(t.Elem)
	case model.StructKind:
		return (t.Struct.Inline || f.own(t.Struct)) && f.meters(t.Struct)
	}
	return false
}

func (f *file) readStruct(s *model.Struct, x string, at where) {
	if s.Tuple {
		f.readTuple(s, x, at)
		return
	}
	n, key := f.number("n"), f.number("key")
	f.readCount(at, n, 0x80, "ReadFields")
	f.emit("for range %s {\nvar %s string", n, key)
	f.readShort(at, key, "string", "$c.ReadKey")
	f.emit("switch %s {", key)
	for field := range s.Encoded() {
		f.emit("case %q:", field.Wire)
		f.readField(s, field, x, at)
	}
	f.emit("default:")
	f.try(at, "$b, $e = $c.Skip($b)")
	f.emit("}\n}")
}

// readCount reads how many fields follow, with the common case inline.
func (f *file) readCount(at where, n string, first byte, otherwise string) {
	f.emit("%s := $c.Few($b, %#x)", n, first)
	f.emit("if %s >= 0 {\n$b = $b[1:]\n} else ", n)
	f.body.Truncate(f.body.Len() - 1)
	f.try(at, "%s, $b, $e = $c.%s($b)", n, otherwise)
}

// readTuple reads as many fields as were written, see codegen.ReadTuple.
func (f *file) readTuple(s *model.Struct, x string, at where) {
	n := f.number("n")
	f.readCount(at, n, 0x90, "ReadTuple")
	i := 0
	for field := range s.Encoded() {
		f.emit("if %s > %d {", n, i)
		f.readField(s, field, x, at)
		f.emit("}")
		i++
	}
	f.emit("if %s > %d {", n, i)
	f.try(at, "$b, $e = $c.SkipRest($b, %s-%d)", n, i)
	f.emit("}")
}

func (f *file) readField(s *model.Struct, field *model.Field, x string, at where) {
	x += "." + field.Name
	at = f.at(at, s, field)
	switch {
	case field.Type.Kind == model.String && field.Copy:
		f.try(at, "%s, $b, $e = $c.CopyString[%s]($b)", x, f.spell(field.Type))
	case field.Type.Kind == model.String:
		f.readShort(at, x, f.spell(field.Type), f.reader(field.Type))
	case field.Copy && aliases(field.Type):
		rest := f.number("rest")
		f.emit("var %s []byte", rest)
		f.try(at, "$b, %s, $e = $c.CopyNext($b)", rest)
		f.readValue(field.Type, x, at.in(f.words.Replace("$c.Before(%s, %s)"), rest))
		f.emit("$b = %s", rest)
	default:
		f.readValue(field.Type, x, at)
	}
	f.limit(field, x, at)
}

// aliases reports whether a value may share the memory of the payload.
func aliases(t *model.Type) bool {
	switch t.Kind {
	case model.String, model.StructKind, model.Foreign:
		return true
	case model.Slice, model.Array, model.Pointer:
		return aliases(t.Elem)
	case model.Map:
		return aliases(t.Key) || aliases(t.Elem)
	}
	return false
}

// readShort reads a string with the common case inline: short, and complete.
func (f *file) readShort(at where, x, typ, otherwise string) {
	n := f.number("n")
	f.emit("if %s := $c.Short($b); %s >= 0 {", n, n)
	f.emit("%s, $b = $c.Cut[%s]($b, %s)", x, typ, n)
	f.emit("} else ")
	f.body.Truncate(f.body.Len() - 1)
	f.try(at, "%s, $b, $e = "+otherwise+"($b)", x)
}

// reader is the function of package codegen that reads a value without parts;
// empty for any other.
func (f *file) reader(t *model.Type) string {
	var name string
	switch t.Kind {
	case model.Time:
		return f.words.Replace("$c.ReadTime")
	case model.Bool:
		name = "ReadBool"
	case model.Int, model.Int8, model.Int16, model.Int32, model.Int64, model.Duration:
		name = "ReadInt"
	case model.Uint, model.Uint8, model.Uint16, model.Uint32, model.Uint64:
		name = "ReadUint"
	case model.Float32:
		name = "ReadFloat32"
	case model.Float64:
		name = "ReadFloat64"
	case model.String:
		name = "ReadString"
	case model.Bytes:
		name = "ReadBytes"
	default:
		return ""
	}
	return f.words.Replace("$c.") + name + "[" + f.spell(t) + "]"
}

func (f *file) readValue(t *model.Type, x string, at where) {
	if read := f.reader(t); read != "" {
		f.try(at, "%s, $b, $e = %s($b)", x, read)
		return
	}
	switch t.Kind {
	case model.Slice:
		f.readSlice(t, x, at)
	case model.Array:
		f.readArray(t, x, at)
	case model.Map:
		f.readMap(t, x, at)
	case model.Pointer:
		f.emit("if $c.IsNil($b) {\n%s, $b = nil, $b[1:]\n} else {", x)
		f.try(at, "%s, $e = $c.New[%s]($b, $m)", x, f.spell(t.Elem))
		f.readValue(t.Elem, deref(x), at)
		f.emit("}")
	case model.StructKind, model.Foreign:
		f.readNested(t, x, at)
	}
}

func (f *file) readSlice(t *model.Type, x string, at where) {
	if read := f.reader(t.Elem); read != "" {
		f.try(at, "%s, $b, $e = $c.ReadSlice[%s]($b, $m, %s)", x, f.spell(t), read)
		return
	}
	f.try(at, "%s, $b, $e = $c.MakeSlice[%s]($b, $m)", x, f.spell(t))
	f.readElements(t, x, at)
}

func (f *file) readElements(t *model.Type, x string, at where) {
	i := f.number("i")
	f.loop(x, i, "", func() {
		f.readValue(t.Elem, x+"["+i+"]", at.in(f.words.Replace("$c.Index(%s, %s)"), i))
	})
}

func (f *file) readArray(t *model.Type, x string, at where) {
	if t.Binary() {
		f.try(at, "$b, $e = $c.ReadExactly($b, %s[:])", x)
		return
	}
	f.try(at, "$b, $e = $c.ReadArray($b, %d)", t.Len)
	f.readElements(t, x, at)
}

func (f *file) readMap(t *model.Type, x string, at where) {
	key := f.reader(t.Key)
	if value := f.reader(t.Elem); value != "" {
		f.try(at, "%s, $b, $e = $c.ReadMap[%s]($b, $m, %s, %s)", x, f.spell(t), key, value)
		return
	}
	n, k, v := f.number("n"), f.number("k"), f.number("v")
	f.emit("var %s int", n)
	f.try(at, "%s, %s, $b, $e = $c.MakeMap[%s]($b, $m)", x, n, f.spell(t))
	f.emit("for range %s {\nvar %s %s", n, k, f.spell(t.Key))
	f.try(at, "%s, $b, $e = %s($b)", k, key)
	f.emit("var %s %s", v, f.spell(t.Elem))
	f.readValue(t.Elem, v, at.in(f.words.Replace("$c.Entry(%s, %s)"), k))
	f.emit("%s[%s] = %s\n}", x, k, v)
}

// readNested reads a struct in place, or lets its own method do it.
func (f *file) readNested(t *model.Type, x string, at where) {
	s := t.Struct
	switch {
	case t.Kind == model.Foreign || !s.Inline && !f.own(s):
		f.try(at, "$b, $e = $c.ReadForeign($b, %s)", address(x))
	case s.Inline:
		f.emit("%s = %s{}", x, f.spell(t))
		f.readStruct(s, direct(x), at)
	case f.meters(s):
		f.try(at, "$b, $e = %s.msgpRead($b, $m)", direct(x))
	default:
		f.try(at, "$b, $e = %s.UnmarshalMsg($b)", direct(x))
	}
}
