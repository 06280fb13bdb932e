package codec_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/gen/codec"
	"github.com/tqgen/taskqueue/gen/model"
)

// generate returns the serializers for every struct that is declared in source.
func generate(t testing.TB, source string) string {
	t.Helper()
	out, err := codec.Source(read(t, source))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// read makes a model of a package of one file: all of its structs get a codec,
// those of "//msgp:tuple A B" as tuples. The tests stand on no other part of
// the generator.
func read(t testing.TB, source string) *model.Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "types.go", source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	config := types.Config{Importer: importer.Default()}
	pkg, err := config.Check("example.com/"+file.Name.Name, fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{
		pkg:     &model.Package{Ref: model.Ref{Name: pkg.Name(), Path: pkg.Path()}, Scope: map[string]bool{}},
		structs: map[types.Type]*model.Struct{},
		tuples:  map[string]bool{},
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			if names, ok := strings.CutPrefix(c.Text, "//msgp:tuple "); ok {
				for name := range strings.FieldsSeq(names) {
					r.tuples[name] = true
				}
			}
		}
	}
	for _, name := range pkg.Scope().Names() {
		r.pkg.Scope[name] = true
		if obj, ok := pkg.Scope().Lookup(name).(*types.TypeName); ok && !obj.IsAlias() {
			r.declared(obj)
		}
	}
	for _, s := range r.pkg.Structs {
		s.Recursive = contains(s, s, map[*model.Struct]bool{})
	}
	return r.pkg
}

type reader struct {
	pkg     *model.Package
	structs map[types.Type]*model.Struct
	tuples  map[string]bool
}

func (r *reader) declared(obj *types.TypeName) {
	named := obj.Type().(*types.Named)
	if _, ok := named.Underlying().(*types.Struct); ok && named.TypeParams().Len() == 0 && !foreign(named) {
		r.typ(named)
	}
}

func (r *reader) ref(pkg *types.Package) model.Ref {
	return model.Ref{Name: pkg.Name(), Path: pkg.Path()}
}

func (r *reader) spell(t types.Type) model.Spelling {
	var s model.Spelling
	s.Text = types.TypeString(t, func(p *types.Package) string {
		s.Packages = append(s.Packages, r.ref(p))
		return "\x00"
	})
	return s
}

func foreign(t *types.Named) bool {
	obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), false, t.Obj().Pkg(), "UnmarshalMsg")
	_, method := obj.(*types.Func)
	return method
}

var kinds = map[types.BasicKind]model.Kind{
	types.Bool: model.Bool, types.String: model.String,
	types.Int: model.Int, types.Int8: model.Int8, types.Int16: model.Int16, types.Int32: model.Int32, types.Int64: model.Int64,
	types.Uint: model.Uint, types.Uint8: model.Uint8, types.Uint16: model.Uint16, types.Uint32: model.Uint32, types.Uint64: model.Uint64,
	types.Float32: model.Float32, types.Float64: model.Float64,
}

func (r *reader) typ(t types.Type) *model.Type {
	switch t := t.(type) {
	case *types.Alias:
		m := *r.typ(types.Unalias(t))
		return &m
	case *types.Named:
		return r.named(t)
	case *types.Basic:
		return &model.Type{Kind: kinds[t.Kind()]}
	case *types.Slice:
		if t.Elem() == types.Typ[types.Uint8] || t.Elem() == types.Universe.Lookup("byte").Type() {
			return &model.Type{Kind: model.Bytes}
		}
		return &model.Type{Kind: model.Slice, Elem: r.typ(t.Elem())}
	case *types.Array:
		return &model.Type{Kind: model.Array, Len: t.Len(), Elem: r.typ(t.Elem())}
	case *types.Map:
		return &model.Type{Kind: model.Map, Key: r.typ(t.Key()), Elem: r.typ(t.Elem())}
	case *types.Pointer:
		return &model.Type{Kind: model.Pointer, Elem: r.typ(t.Elem())}
	case *types.Struct:
		s := &model.Struct{Inline: true}
		r.fields(s, t)
		return &model.Type{Kind: model.StructKind, Struct: s, Go: r.spell(t)}
	}
	panic(t.String())
}

func (r *reader) named(t *types.Named) *model.Type {
	switch path := t.String(); {
	case path == "time.Time":
		return &model.Type{Kind: model.Time}
	case path == "time.Duration":
		return &model.Type{Kind: model.Duration}
	case foreign(t):
		return &model.Type{Kind: model.Foreign, Go: r.spell(t)}
	}
	under, ok := t.Underlying().(*types.Struct)
	if !ok {
		m := *r.typ(t.Underlying())
		m.Go = r.spell(t)
		return &m
	}
	if t.TypeArgs().Len() > 0 {
		s := &model.Struct{Package: r.ref(t.Obj().Pkg()), Name: t.Obj().Name(), Inline: true}
		r.fields(s, under)
		return &model.Type{Kind: model.StructKind, Struct: s, Go: r.spell(t)}
	}
	s := r.structs[t]
	if s == nil {
		s = &model.Struct{Package: r.ref(t.Obj().Pkg()), Name: t.Obj().Name(), Tuple: r.tuples[t.Obj().Name()]}
		r.structs[t] = s
		r.pkg.Structs = append(r.pkg.Structs, s)
		r.fields(s, under)
	}
	return &model.Type{Kind: model.StructKind, Struct: s}
}

func (r *reader) fields(s *model.Struct, under *types.Struct) {
	for i := range under.NumFields() {
		v := under.Field(i)
		tag := reflect.StructTag(under.Tag(i))
		f := &model.Field{Name: v.Name(), Wire: v.Name(), Tag: under.Tag(i), Embedded: v.Embedded()}
		f.Skip = tag.Get("msg") == "-" || tag.Get("tq") == "-"
		f.Copy = tag.Get("tq") == "copy"
		if limit, ok := strings.CutPrefix(tag.Get("tq"), "max="); ok {
			f.Max, _ = strconv.ParseInt(limit, 10, 64)
		}
		if name := tag.Get("msg"); name != "" {
			f.Wire = name
		}
		if f.Skip {
			f.Type = &model.Type{Kind: model.Opaque, Go: r.spell(v.Type())}
		} else {
			f.Type = r.typ(v.Type())
		}
		s.Fields = append(s.Fields, f)
	}
}

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
