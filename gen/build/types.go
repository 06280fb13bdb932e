package build

import (
	"go/token"
	"go/types"
	"slices"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

// A use is where a type is needed: what is wrong is said there.
type use struct {
	at     token.Position
	what   string   // "field Customer", "the result of Render"
	home   string   // import path of the package whose code will spell the type
	owner  string   // of a field: the struct; "" if it has no name
	result bool     // not of a field
	inside []string // types without a codec of their own that are being described
}

const maxInline = 16

// typ describes a type; nil if it cannot be encoded, which has been reported.
func (b *builder) typ(t types.Type, u use) *model.Type {
	switch t := t.(type) {
	case *types.Alias:
		return b.alias(t, u)
	case *types.Named:
		return b.named(t, u)
	case *types.Basic:
		return b.basic(t, u)
	case *types.Struct:
		return b.inline(t, u)
	case *types.Slice:
		if isByte(t.Elem()) {
			return &model.Type{Kind: model.Bytes}
		}
		return b.compose(model.Type{Kind: model.Slice}, t.Elem(), u)
	case *types.Array:
		return b.compose(model.Type{Kind: model.Array, Len: t.Len()}, t.Elem(), u)
	case *types.Pointer:
		if _, twice := t.Elem().Underlying().(*types.Pointer); twice {
			b.errs.Add(u.at, diag.BadPointer, "use one pointer", "%s is a pointer to a pointer: %s", u.what, shortly(t))
			return nil
		}
		return b.compose(model.Type{Kind: model.Pointer}, t.Elem(), u)
	case *types.Map:
		return b.mapType(t, u)
	}
	b.unsupported(t, u)
	return nil
}

func (b *builder) unsupported(t types.Type, u use) {
	fix := `leave it out with the tag tq:"-", or replace it by data`
	switch t.Underlying().(type) {
	case *types.Interface:
		if u.result {
			fix = "return a struct, or a pointer to one"
			break
		}
		fix = `use a concrete type, or leave it out with the tag tq:"-"`
	case *types.Signature:
		fix = "what a task needs to do its work belongs to the Handler: make it a field there"
	}
	b.errs.Add(u.at, diag.Unsupported, fix, "%s has the type %s, which cannot be a payload", u.what, shortly(t))
}

func (b *builder) compose(outer model.Type, elem types.Type, u use) *model.Type {
	if outer.Elem = b.typ(elem, u); outer.Elem == nil {
		return nil
	}
	return &outer
}

func (b *builder) mapType(t *types.Map, u use) *model.Type {
	key := b.typ(t.Key(), u)
	if key == nil {
		return nil
	}
	if key.Kind != model.String && !(key.Kind >= model.Int && key.Kind <= model.Uint64) {
		b.errs.Add(u.at, diag.BadMapKey, "use a string or an integer as the key, or a slice of structs", "%s has keys of the type %s", u.what, shortly(t.Key()))
		return nil
	}
	return b.compose(model.Type{Kind: model.Map, Key: key}, t.Elem(), u)
}

// basic kinds, by those of go/types.
var basic = map[types.BasicKind]model.Kind{
	types.Bool: model.Bool, types.String: model.String,
	types.Int: model.Int, types.Int8: model.Int8, types.Int16: model.Int16, types.Int32: model.Int32, types.Int64: model.Int64,
	types.Uint: model.Uint, types.Uint8: model.Uint8, types.Uint16: model.Uint16, types.Uint32: model.Uint32, types.Uint64: model.Uint64,
	types.Float32: model.Float32, types.Float64: model.Float64,
}

func (b *builder) basic(t *types.Basic, u use) *model.Type {
	if kind, ok := basic[t.Kind()]; ok {
		return &model.Type{Kind: kind}
	}
	if t.Kind() == types.Invalid {
		b.unresolved(u.home, u)
		return nil
	}
	b.unsupported(t, u)
	return nil
}

// unresolved reports a type that the compiler could not make sense of, in its
// words if it has some about that line of the package.
func (b *builder) unresolved(path string, u use) {
	if p := b.program.Package(path); p != nil {
		if text, at, ok := p.Problem(u.at); ok {
			b.errs.Add(at, diag.Unresolved, compile, "%s: %s", u.what, text)
			return
		}
		if p.UsesC(u.at) {
			b.errs.Add(u.at, diag.Unsupported, "use a Go type, and convert it where the task runs", "%s has a type of C, which cannot be a payload", u.what)
			return
		}
	}
	b.errs.Add(u.at, diag.Unresolved, compile, "the type of %s cannot be resolved", u.what)
}

// compile is the fix for what the compiler finds.
const compile = "make the package compile; go build says more"

func isByte(t types.Type) bool {
	basic, ok := types.Unalias(t).(*types.Basic)
	return ok && basic.Kind() == types.Uint8
}

// reachable reports whether the code that uses the type can spell a name, and
// notes the use.
func (b *builder) reachable(obj *types.TypeName, u use) bool {
	if home := b.pkg(u.home); home != nil && obj.Pkg() != nil {
		home.Uses[obj.Pkg().Path()] = true
	}
	if obj.Exported() || obj.Pkg() == nil || obj.Pkg().Path() == u.home {
		return true
	}
	b.errs.Add(u.at, diag.Unexported, "export the type, or use another one", "%s needs the unexported type %s", u.what, shortly(obj.Type()))
	return false
}

func (b *builder) alias(t *types.Alias, u use) *model.Type {
	inner := b.typ(types.Unalias(t), u)
	if inner == nil || t.Obj().Pkg() == nil || !b.reachable(t.Obj(), u) {
		return inner
	}
	named := *inner
	named.Go = spell(t)
	return &named
}

func (b *builder) named(t *types.Named, u use) *model.Type {
	obj := t.Obj()
	if obj.Pkg() == nil { // error
		b.unsupported(t, u)
		return nil
	}
	switch obj.Pkg().Path() + "." + obj.Name() {
	case "time.Time":
		return &model.Type{Kind: model.Time}
	case "time.Duration":
		return &model.Type{Kind: model.Duration}
	}
	if !b.reachable(obj, u) {
		return nil
	}
	if has, missing := ownCodec(t); has > 0 {
		return b.foreign(t, missing, u)
	}
	switch under := t.Underlying().(type) {
	case *types.Struct:
		return b.structType(t, under, u)
	case *types.Pointer:
		b.errs.Add(u.at, diag.BadPointer, "use *"+shortly(under.Elem())+" itself", "%s has the named pointer type %s", u.what, shortly(t))
		return nil
	case *types.Basic, *types.Slice, *types.Array, *types.Map:
		key := full(t)
		if slices.Contains(u.inside, key) {
			b.errs.Add(u.at, diag.BadRecursion, "declare a struct with it as a field, and use that inside", "%s contains itself: %s", u.what, shortly(t))
			return nil
		}
		u.inside = append(slices.Clip(u.inside), key)
		inner := b.typ(under, u)
		if inner == nil {
			return nil
		}
		inner.Go = spell(t)
		return inner
	}
	b.unsupported(t, u)
	return nil
}

func (b *builder) foreign(t *types.Named, missing string, u use) *model.Type {
	if missing == "" {
		return &model.Type{Kind: model.Foreign, Go: spell(t)}
	}
	if at := t.Obj().Pos(); !b.codecs[at] {
		b.codecs[at] = true
		place := b.position(at)
		if b.pkg(t.Obj().Pkg().Path()) == nil {
			place = u.at
		}
		b.errs.Add(place, diag.PartialCodec, "add "+missing+", or remove the others: tqgen writes all three", "%s encodes itself but lacks %s", shortly(t), missing)
	}
	return nil
}

// codecMethods are msgp's interfaces, with their signatures.
func codecMethods() [][2]string {
	return [][2]string{
		{"MarshalMsg", "MarshalMsg(b []byte) ([]byte, error)"},
		{"UnmarshalMsg", "UnmarshalMsg(b []byte) ([]byte, error)"},
		{"Msgsize", "Msgsize() int"},
	}
}

// ownCodec counts the methods of msgp's interfaces that a type declares itself,
// not through embedding, and names the first that is missing or different.
func ownCodec(t *types.Named) (has int, missing string) {
	for _, want := range codecMethods() {
		found := false
		for m := range t.Methods() {
			if m.Name() == want[0] {
				has++
				found = codecSignature(m.Signature(), want[0] == "Msgsize")
			}
		}
		if !found && missing == "" {
			missing = want[1]
		}
	}
	return has, missing
}

func codecSignature(s *types.Signature, size bool) bool {
	if size {
		return s.Params().Len() == 0 && s.Results().Len() == 1 && types.Identical(s.Results().At(0).Type(), types.Typ[types.Int])
	}
	return s.Params().Len() == 1 && isBytes(s.Params().At(0).Type()) &&
		s.Results().Len() == 2 && isBytes(s.Results().At(0).Type()) && isError(s.Results().At(1).Type())
}

func isBytes(t types.Type) bool {
	s, ok := types.Unalias(t).(*types.Slice)
	return ok && isByte(s.Elem())
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }
