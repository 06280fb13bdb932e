package build

import (
	"cmp"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

// structType describes a declared struct.
func (b *builder) structType(t *types.Named, under *types.Struct, u use) *model.Type {
	if t.TypeArgs().Len() > 0 {
		return b.instance(t, under, u)
	}
	obj := t.Obj()
	home := b.pkg(obj.Pkg().Path())
	if home == nil {
		b.errs.Add(u.at, diag.NoCodec, "copy what you need of it into a struct of your own",
			"%s has the type %s of another module, which has no codec", u.what, shortly(t))
		return nil
	}
	key := full(t)
	s, known := b.structs[key]
	if !known {
		s = &model.Struct{Package: home.Ref, Name: obj.Name(), Position: b.position(obj.Pos()), Tuple: b.tuple(obj)}
		b.structs[key] = s
		home.Structs = append(home.Structs, s)
		if b.opaque(s, under) {
			return nil
		}
		b.fields(s, under, use{at: s.Position, home: home.Path, owner: s.Name})
		if m := method(t, "LogValue"); m != nil && !promoted(t, "LogValue") {
			b.logged[s] = b.position(m.Pos())
		}
	}
	return &model.Type{Kind: model.StructKind, Struct: s}
}

// secrets refuses methods that tqgen writes where something is secret, once all
// structs are known.
func (b *builder) secrets() {
	for s, at := range b.logged {
		if s.HasSecret() {
			b.errs.Add(at, diag.TakenMember, `remove it, or the tags tq:"secret" in it: tqgen writes a method LogValue`, "%s has a LogValue of its own", s.Name)
		}
	}
}

// opaque refuses a struct type that is declared by a type of another module
// whose fields nobody else can see, as in type Stamp time.Time.
func (b *builder) opaque(s *model.Struct, under *types.Struct) bool {
	for v := range under.Fields() {
		if !v.Exported() && b.pkg(v.Pkg().Path()) == nil {
			b.errs.Add(s.Position, diag.Unexported, "use that type itself, or declare a struct with fields of your own", "%s consists of unexported fields of package %s", s.Name, v.Pkg().Name())
			return true
		}
	}
	return false
}

// tuple says how a declared struct is encoded: by its own directive or that of
// the task whose older shape it is, else by that of its package.
func (b *builder) tuple(obj *types.TypeName) bool {
	path := obj.Pkg().Path()
	name := path + "." + obj.Name()
	if task := cmp.Or(b.tasks[name], b.newer[name]); task != nil && task.Tuple != nil {
		return *task.Tuple
	}
	d := b.defaults[path]
	return d != nil && d.Tuple != nil && *d.Tuple
}

// instance describes an instantiated generic struct: its fields are encoded
// where it is used.
func (b *builder) instance(t *types.Named, under *types.Struct, u use) *model.Type {
	key := full(t)
	if len(u.inside) == maxInline || slices.Contains(u.inside, key) {
		b.errs.Add(u.at, diag.BadRecursion, "declare a struct without type parameters", "%s contains itself: %s", u.what, shortly(t))
		return nil
	}
	u.inside, u.owner = append(slices.Clip(u.inside), key), shortly(t)
	obj := t.Obj()
	s := &model.Struct{
		Package: model.Ref{Name: obj.Pkg().Name(), Path: obj.Pkg().Path()}, Name: obj.Name(),
		Position: b.position(obj.Pos()), Inline: true,
	}
	b.fields(s, under, u)
	return &model.Type{Kind: model.StructKind, Struct: s, Go: spell(t)}
}

// inline describes a struct type without a name.
func (b *builder) inline(t *types.Struct, u use) *model.Type {
	u.owner = ""
	s := &model.Struct{Position: u.at, Inline: true}
	b.fields(s, t, u)
	return &model.Type{Kind: model.StructKind, Struct: s, Go: spell(t)}
}

// fields fills in the fields of s. home is where its codec is written.
func (b *builder) fields(s *model.Struct, under *types.Struct, u use) {
	names := map[string]*model.Field{}
	for i := range under.NumFields() {
		v := under.Field(i)
		f := &model.Field{
			Name: v.Name(), Wire: v.Name(), Tag: under.Tag(i), Embedded: v.Embedded(),
			Position: b.fieldPosition(v, u), Type: &model.Type{Kind: model.Opaque, Go: spell(v.Type())},
		}
		s.Fields = append(s.Fields, f)
		b.tags(f)
		b.idle(s, f)
		if f.Skip {
			skipped := u
			skipped.at, skipped.what = f.Position, "the field "+u.field(f)
			b.broken(v, skipped)
			continue
		}
		b.field(s, f, v, u)
		if other := names[f.Wire]; other != nil && f.Name != "_" {
			b.errs.Add(f.Position, diag.DuplicateField, `give one of them another name with the tag msg:"name"`, "the fields %s and %s are both %q on the wire", other.Name, f.Name, f.Wire)
		}
		names[f.Wire] = f
	}
}

// fieldPosition is where a field is declared or, in another module, used.
func (b *builder) fieldPosition(v *types.Var, u use) token.Position {
	if v.Pkg() != nil && b.pkg(v.Pkg().Path()) != nil {
		return b.position(v.Pos())
	}
	return u.at
}

// field is a field's name in messages.
func (u use) field(f *model.Field) string {
	if u.owner == "" {
		return f.Name
	}
	return u.owner + "." + f.Name
}

func (b *builder) field(s *model.Struct, f *model.Field, v *types.Var, u use) {
	name := u.field(f)
	if !v.Exported() && v.Pkg() != nil && b.pkg(v.Pkg().Path()) == nil {
		b.errs.Add(f.Position, diag.NoCodec, "copy what you need of it into a struct of your own", "the field %s is unexported in another module", name)
		return
	}
	if !v.Exported() {
		b.errs.Add(f.Position, diag.Unexported, `export it, or leave it out with the tag tq:"-"`, "the field %s is unexported: it would be lost on the way", name)
		return
	}
	if reserved(f.Name) && !s.Inline {
		b.errs.Add(f.Position, diag.TakenMember, `rename it; the tag msg:"`+f.Name+`" keeps its name on the wire`, "the field %s has the name of a generated method", name)
		return
	}
	u.at, u.what = f.Position, "the field "+name
	if b.broken(v, u) {
		return
	}
	if t := b.typ(v.Type(), u); t != nil {
		f.Type = t
		b.limits(f, name)
	}
}

// broken reports what the compiler says about the type of a field.
func (b *builder) broken(v *types.Var, u use) bool {
	spelled := !strings.Contains(full(v.Type()), "invalid type") // as go/types writes it
	if v.Pkg() == nil || spelled && !invalid(v.Type(), map[types.Type]bool{}) {
		return false
	}
	b.unresolved(v.Pkg().Path(), u)
	return true
}

// reserved are the methods that every struct gets.
func reserved(name string) bool {
	return name == "MarshalMsg" || name == "UnmarshalMsg" || name == "Msgsize"
}

// invalid reports whether something in a type's spelling could not be resolved.
func invalid(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Basic:
		return t.Kind() == types.Invalid
	case *types.Alias:
		return invalid(types.Unalias(t), seen)
	case *types.Slice:
		return invalid(t.Elem(), seen)
	case *types.Array:
		return t.Len() < 0 || invalid(t.Elem(), seen)
	case *types.Pointer:
		return invalid(t.Elem(), seen)
	case *types.Map:
		return invalid(t.Key(), seen) || invalid(t.Elem(), seen)
	case *types.Named:
		return invalid(t.Underlying(), seen)
	}
	return false
}

// markRecursive finds the structs that can contain themselves.
func (b *builder) markRecursive() {
	for _, s := range b.structs {
		s.Recursive = contains(s, s, map[*model.Struct]bool{})
	}
}

// contains reports whether target is reached from the fields of s.
func contains(s, target *model.Struct, seen map[*model.Struct]bool) bool {
	if seen[s] {
		return false
	}
	seen[s] = true
	for f := range s.Encoded() {
		for t := f.Type; t != nil; t = t.Elem {
			if t.Kind == model.StructKind && (t.Struct == target || contains(t.Struct, target, seen)) {
				return true
			}
		}
	}
	return false
}
