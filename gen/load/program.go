package load

import (
	"context"
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

// A Root is a name that the model needs: a task, or the type of a result.
type Root struct{ Path, Name string }

// A Loader type-checks what is reached from some roots.
type Loader interface {
	Load(ctx context.Context, t *Tree, roots []Root, errs *diag.List) (*Program, error)
}

// A Program is what a loader found.
type Program struct {
	packages map[string]*Package
}

// A Package is a type-checked package, or as much of one as was needed.
type Package struct {
	model.Ref
	Dir   string          // "" outside of the main module
	Types *types.Package  // the types may be incomplete where Errors say so
	Scope map[string]bool // every name at package level; only in the main module

	errors []types.Error
	cgo    map[string]bool // files and lines with a name of C
}

// Package returns a package that was needed; nil if it is not there.
func (p *Program) Package(path string) *Package { return p.packages[path] }

// Lookup finds a name at package level; nil if there is none.
func (p *Program) Lookup(path, name string) types.Object {
	if pkg := p.packages[path]; pkg != nil && pkg.Types != nil {
		return pkg.Types.Scope().Lookup(name)
	}
	return nil
}

// Problem returns the compiler's message about the line of a position, and
// where it is, if there is one.
func (p *Package) Problem(line token.Position) (text string, at token.Position, ok bool) {
	for _, e := range p.errors {
		if at := e.Fset.Position(e.Pos); at.Filename == line.Filename && at.Line == line.Line {
			return e.Msg, at, true
		}
	}
	return "", token.Position{}, false
}

// UsesC reports whether the line of a position mentions a name of C.
func (p *Package) UsesC(line token.Position) bool { return p.cgo[place(line)] }

func place(at token.Position) string { return at.Filename + ":" + strconv.Itoa(at.Line) }

// findC notes where the files of a package mention names of C.
func (p *Package) findC(fset *token.FileSet, files []*ast.File) {
	p.cgo = map[string]bool{}
	for _, f := range files {
		if !slices.ContainsFunc(f.Imports, func(s *ast.ImportSpec) bool { return pathOf(s) == "C" }) {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "C" {
					p.cgo[place(fset.Position(s.Pos()))] = true
				}
			}
			return true
		})
	}
}

// A source is the files of a package that take part in this build, tests and
// our own output left out.
type source struct {
	model.Ref
	dir   string
	files []*ast.File
}

// source reads the package in a folder. In the main module, what is wrong with
// the files is reported.
func (t *Tree) source(path, dir string, names []string, errs *diag.List) *source {
	s := &source{Ref: model.Ref{Path: path}, dir: dir}
	first := ""
	for _, name := range names {
		f := t.parse(filepath.Join(dir, name), nil)
		if errs != nil {
			f.report(errs)
		}
		if f.ast == nil {
			continue
		}
		switch clause := f.ast.Name.Name; {
		case s.Name == "":
			s.Name, first = clause, name
		case clause != s.Name:
			if errs != nil {
				errs.Add(t.Fset.Position(f.ast.Name.Pos()), diag.MixedPackages, "move one of the files to another folder", "package %s, but %s is of package %s", clause, first, s.Name)
			}
			continue
		}
		s.files = append(s.files, f.ast)
	}
	return s
}

// scope collects the names that files declare at package level.
func scope(files []*ast.File) map[string]bool {
	names := map[string]bool{}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names[d.Name.Name] = true
				}
			case *ast.GenDecl:
				addNames(names, d)
			}
		}
	}
	delete(names, "_")
	delete(names, "init")
	return names
}

func addNames(names map[string]bool, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			names[s.Name.Name] = true
		case *ast.ValueSpec:
			for _, id := range s.Names {
				names[id.Name] = true
			}
		}
	}
}

// importName guesses the name of a package from its path, as people and tools
// do: the last element that is no version, without "go-" and ".go".
func importName(path string) string {
	elements := strings.Split(path, "/")
	last := elements[len(elements)-1]
	if len(elements) > 1 && len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" {
		last = elements[len(elements)-2]
	}
	last, _, _ = strings.Cut(last, ".v")
	last = strings.TrimPrefix(strings.TrimSuffix(last, ".go"), "go-")
	return strings.TrimSuffix(last, "-go")
}

// Imported lists the import paths that a package's name may stand for in some
// files: the one that an alias or the guess of importName says, else all whose
// name shows only in their source. An import path stands for itself.
func Imported(files []*ast.File, name string) []string {
	if strings.Contains(name, "/") {
		return []string{name}
	}
	var candidates []string
	for _, f := range files {
		for _, spec := range f.Imports {
			path := pathOf(spec)
			switch {
			case spec.Name != nil && spec.Name.Name == name, spec.Name == nil && importName(path) == name:
				return []string{path}
			case spec.Name == nil && !slices.Contains(candidates, path):
				candidates = append(candidates, path)
			}
		}
	}
	return candidates
}

// newChecker is the configuration of the type-checker that both loaders share.
func newChecker(t *Tree, importer types.Importer, into *Package) *types.Config {
	return &types.Config{
		Importer:         importer,
		IgnoreFuncBodies: true,
		FakeImportC:      true,
		Sizes:            types.SizesFor("gc", t.build.GOARCH),
		Error: func(err error) {
			if e := (types.Error{}); errors.As(err, &e) {
				into.errors = append(into.errors, e)
			}
		},
	}
}
