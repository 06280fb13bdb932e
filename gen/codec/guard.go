package codec

import (
	"go/token"
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/gen/model"
)

// suffix makes the compiler's message about a stale file the instruction.
const suffix = "_changed__run_go_tool_tqgen"

// guards writes what fails to compile once a declaration differs from the one
// that this file was made from: a struct's fields and tags by assigning a
// literal of its copy, any other named type by converting pointers.
func (f *file) guards() {
	for _, s := range f.pkg.Structs {
		f.guard(s, s.Name, s.Name)
	}
	g := guard{file: f, seen: map[string]bool{}}
	for _, s := range f.pkg.Structs {
		g.fields(s)
	}
}

func (f *file) guard(s *model.Struct, name, spelling string) {
	f.emit("type %s%s = %s\n", name, suffix, f.literal(s))
	f.emit("var _ %s = %s%s{}\n", spelling, name, suffix)
}

// literal spells the type of a struct as it is declared.
func (f *file) literal(s *model.Struct) string {
	var b strings.Builder
	b.WriteString("struct {\n")
	for _, field := range s.Fields {
		if !field.Embedded {
			b.WriteString(field.Name + " ")
		}
		b.WriteString(f.spell(field.Type))
		if field.Tag != "" {
			b.WriteString(" " + quoteTag(field.Tag))
		}
		b.WriteString("\n")
	}
	return b.String() + "}"
}

func quoteTag(tag string) string {
	if strconv.CanBackquote(tag) {
		return "`" + tag + "`"
	}
	return strconv.Quote(tag)
}

// A guard finds the named types inside of fields.
type guard struct {
	*file
	seen map[string]bool
}

func (g *guard) fields(s *model.Struct) {
	for field := range s.Encoded() {
		g.named(field.Type)
	}
}

func (g *guard) named(t *model.Type) {
	if t == nil {
		return
	}
	spelling := g.spell(t)
	if g.seen[spelling] {
		return
	}
	g.seen[spelling] = true
	g.named(t.Key)
	g.named(t.Elem)
	switch {
	case t.Kind == model.StructKind && t.Struct.Inline:
		if !t.Go.IsZero() && t.Struct.Name != "" && g.visible(t.Struct) {
			g.guard(t.Struct, identifier(spelling), spelling)
		}
		g.fields(t.Struct)
	case t.Go.IsZero() || t.Kind >= model.StructKind || t.Kind == model.Time:
	default:
		declared := *t
		declared.Go = model.Spelling{}
		name := identifier(spelling) + suffix
		g.emit("type %s %s\n", name, g.spell(&declared))
		g.emit("var _ = (*%s)((*%s)(nil))\n", name, spelling)
	}
}

// visible reports whether the struct can be spelled here: the unexported fields
// of another package cannot.
func (f *file) visible(s *model.Struct) bool {
	for _, field := range s.Fields {
		if s.Package.Path != f.pkg.Path && !token.IsExported(field.Name) {
			return false
		}
	}
	return true
}

// identifier makes a name out of a type's spelling.
func identifier(spelling string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 0x7f {
			return r
		}
		return '_'
	}, spelling), "_")
}
