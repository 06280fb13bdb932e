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

// A resultName is what result= says: a name in one of some packages, or a
// predeclared type if there are none.
type resultName struct {
	paths     []string
	qualifier string // the name of the package; "" for an import path
	name      string
}

// parseResult reads result=: Type, *Type, pkg.Type or "import/path.Type".
func (p *Package) parseResult(text string) (resultName, bool) {
	text = strings.TrimPrefix(text, "*")
	i := strings.LastIndexByte(text, '.')
	if i < 0 {
		return p.parseLocal(text)
	}
	r := resultName{qualifier: text[:i], name: text[i+1:]}
	switch r.paths = load.Imported(p.Files, r.qualifier); {
	case r.qualifier == "time":
		r.paths = []string{"time"}
	case len(r.paths) == 1:
		r.qualifier = "" // it is certain
	}
	return r, len(r.paths) > 0 && token.IsIdentifier(r.name)
}

func (p *Package) parseLocal(text string) (resultName, bool) {
	switch {
	case text == "[]byte" || types.Universe.Lookup(text) != nil:
		return resultName{name: text}, true
	case token.IsIdentifier(text):
		return resultName{paths: []string{p.Dir.Import}, name: text}, true
	}
	return resultName{}, false
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
		fix := "declare the type, or correct the name"
		if strings.Contains(word.Text, ".") {
			fix = `correct the name; for a type of a package that no file with tasks imports, write result="import/path.Type"`
		}
		b.errs.Add(word.Position, diag.BadResult, fix, "result=%q: there is no such type", word.Text)
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
	case len(r.paths) == 0:
		return types.Universe.Lookup(r.name).Type()
	}
	for _, path := range r.paths {
		p := b.program.Package(path)
		if obj, ok := b.program.Lookup(path, r.name).(*types.TypeName); ok && (r.qualifier == "" || p.Name == r.qualifier) {
			return obj.Type()
		}
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
