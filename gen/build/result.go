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

// A resultName is a name that result= mentions: one in one of some packages, or
// a predeclared type if there are none.
type resultName struct {
	paths     []string
	qualifier string // the name of the package; "" for an import path
	name      string
}

// A resultText is a type as result= spells it: a name, or a slice or map of
// others. Pointers are to names.
type resultText struct {
	resultName
	pointer   bool
	key, elem *resultText // of a map, or only elem of a slice
}

// parseResult reads result=: Type, pkg.Type or "import/path.Type", each also
// behind *, [] or map[key].
func (p *Package) parseResult(text string) (*resultText, bool) {
	if rest, ok := strings.CutPrefix(text, "[]"); ok {
		elem, ok := p.parseResult(rest)
		return &resultText{elem: elem}, ok
	}
	if rest, ok := strings.CutPrefix(text, "map["); ok {
		keyText, elemText, _ := strings.Cut(rest, "]")
		key, ok1 := p.parseResult(keyText)
		elem, ok2 := p.parseResult(elemText)
		return &resultText{key: key, elem: elem}, ok1 && ok2
	}
	name, pointer := strings.CutPrefix(text, "*")
	r, ok := p.parseName(name)
	return &resultText{resultName: r, pointer: pointer}, ok
}

func (p *Package) parseName(text string) (resultName, bool) {
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
	case types.Universe.Lookup(text) != nil:
		return resultName{name: text}, true
	case token.IsIdentifier(text):
		return resultName{paths: []string{p.Dir.Import}, name: text}, true
	}
	return resultName{}, false
}

// names are those that a type mentions.
func (r *resultText) names() []resultName {
	switch {
	case r == nil:
		return nil
	case r.elem != nil || r.key != nil:
		return append(r.key.names(), r.elem.names()...)
	}
	return []resultName{r.resultName}
}

// resultWord resolves result=. A struct is returned by pointer.
func (b *builder) resultWord(p *Package, t *model.Task, word *directive.Word) {
	r, ok := p.parseResult(word.Text)
	if !ok {
		b.errs.Add(word.Position, diag.BadResult, `write a type of the package, pkg.Type for one that the file imports, result="import/path.Type", or a slice or map of such types`, "result=%q is no type", word.Text)
		return
	}
	typ := b.resolve(r, word)
	if typ == nil {
		return
	}
	if isStruct(typ) && full(typ) != "time.Time" {
		typ = types.NewPointer(typ)
	}
	t.Result = b.resultType(typ, use{at: word.Position, what: "the result of " + t.Name, home: p.Dir.Import})
}

// resolve finds the type that a text means; nil if there is none, which has been
// reported.
func (b *builder) resolve(r *resultText, word *directive.Word) types.Type {
	if r.elem == nil {
		return b.resolveName(r, word)
	}
	elem := b.resolve(r.elem, word)
	if elem == nil || r.key == nil {
		return slice(elem)
	}
	key := b.resolve(r.key, word)
	if key == nil {
		return nil
	}
	return types.NewMap(key, elem)
}

func slice(elem types.Type) types.Type {
	if elem == nil {
		return nil
	}
	return types.NewSlice(elem)
}

func (b *builder) resolveName(r *resultText, word *directive.Word) types.Type {
	typ := b.resultObject(r.resultName)
	if typ == nil {
		fix := "declare the type, or correct the name"
		if strings.Contains(word.Text, ".") {
			fix = `correct the name; for a type of a package that no file with tasks imports, write result="import/path.Type"`
		}
		b.errs.Add(word.Position, diag.BadResult, fix, "result=%q: there is no such type", word.Text)
		return nil
	}
	if named, ok := typ.(*types.Named); ok && named.TypeParams() != nil {
		b.errs.Add(word.Position, diag.BadResult, "declare a struct without type parameters, with a field for the value", "result=%q is a generic type", word.Text)
		return nil
	}
	if r.pointer {
		return types.NewPointer(typ)
	}
	return typ
}

func (b *builder) resultObject(r resultName) types.Type {
	if len(r.paths) == 0 {
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

// plainResult reports whether the runtime can encode a result as it is: no
// arrays, whose length is part of the type, and no structs without methods.
func plainResult(t *model.Type) bool {
	switch t.Kind {
	case model.StructKind:
		return !t.Struct.Inline
	case model.Pointer:
		return t.Elem.Kind == model.Foreign || t.Elem.Kind == model.StructKind && plainResult(t.Elem)
	case model.Slice:
		return plainResult(t.Elem)
	case model.Map:
		return plainResult(t.Key) && plainResult(t.Elem)
	}
	return t.Kind != model.Array
}
