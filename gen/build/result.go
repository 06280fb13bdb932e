package build

import (
	"go/token"
	"go/types"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/directive"
	"github.com/tqgen/taskqueue/gen/load"
	"github.com/tqgen/taskqueue/gen/model"
)

// A resultName is what result= says: a predeclared type if path is empty.
type resultName struct{ path, name string }

// parseResult reads result=: Type, *Type, pkg.Type or "import/path.Type".
func (p *Package) parseResult(text string) (resultName, bool) {
	text = strings.TrimPrefix(text, "*")
	i := strings.LastIndexByte(text, '.')
	if i < 0 {
		if !token.IsIdentifier(text) && text != "[]byte" {
			return resultName{}, false
		}
		if obj := types.Universe.Lookup(text); obj != nil || text == "[]byte" {
			return resultName{"", text}, true
		}
		return resultName{p.Dir.Import, text}, true
	}
	qualifier, name := text[:i], text[i+1:]
	if qualifier == "time" {
		return resultName{"time", name}, true
	}
	path, ok := load.Imported(p.Files, qualifier)
	return resultName{path, name}, ok && token.IsIdentifier(name)
}

// resultWord resolves result=. A struct is returned by pointer.
func (b *builder) resultWord(p *Package, t *model.Task, word *directive.Word) {
	r, ok := p.parseResult(word.Text)
	if !ok {
		b.errs.Add(word.Position, diag.BadResult, `write a type of the package, pkg.Type for one that the file imports, or result="import/path.Type"`, "result=%q is no type", word.Text)
		return
	}
	typ := b.resultObject(r)
	if typ == nil {
		b.errs.Add(word.Position, diag.BadResult, "declare the type, or correct the name", "result=%q: there is no such type", word.Text)
		return
	}
	if named, ok := typ.(*types.Named); ok && named.TypeParams() != nil {
		b.errs.Add(word.Position, diag.BadResult, "declare a struct without type parameters, with a field for the value", "result=%q is a generic type", word.Text)
		return
	}
	if _, ok := typ.Underlying().(*types.Struct); ok && full(typ) != "time.Time" {
		typ = types.NewPointer(typ)
	}
	t.Result = b.resultType(typ, use{at: word.Position, what: "the result of " + t.Name, home: p.Dir.Import})
}

func (b *builder) resultObject(r resultName) types.Type {
	switch {
	case r.name == "[]byte":
		return types.NewSlice(types.Typ[types.Byte])
	case r.path == "" && types.Universe.Lookup(r.name) != nil:
		return types.Universe.Lookup(r.name).Type()
	}
	if obj, ok := b.program.Lookup(r.path, r.name).(*types.TypeName); ok {
		return obj.Type()
	}
	return nil
}

// resultType checks that a result can travel back.
func (b *builder) resultType(t types.Type, u use) *model.Result {
	u.result = true
	typ := b.typ(t, u)
	if typ == nil {
		return nil
	}
	if !plainResult(typ) {
		b.errs.Add(u.at, diag.BadResult, "make it a field of a struct: a struct can also grow later", "%s has the type %s, which has no codec of its own", u.what, shortly(t))
		return nil
	}
	return &model.Result{Type: typ, Position: u.at}
}

// plainResult reports whether the runtime can encode a result as it is.
func plainResult(t *model.Type) bool {
	inner := t
	if t.Kind == model.Pointer {
		inner = t.Elem
	}
	switch inner.Kind {
	case model.StructKind:
		return !inner.Struct.Inline
	case model.Foreign:
		return true
	case model.String, model.Bool, model.Int, model.Int64, model.Uint64, model.Float64, model.Time, model.Duration, model.Bytes:
		return t.Go.IsZero() && t.Kind != model.Pointer
	}
	return false
}
