// Package build makes the model of a program out of its types and directives.
package build

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/directive"
	"github.com/tqgen/taskqueue/gen/load"
	"github.com/tqgen/taskqueue/gen/model"
)

// A Package is what the directives of a package say.
type Package struct {
	Dir      load.Dir
	Files    []*ast.File // those with directives
	Tasks    []*directive.Task
	Defaults *directive.Values
}

// Read reads the directives of a folder.
func Read(t *load.Tree, d load.Dir, errs *diag.List) *Package {
	p := &Package{Dir: d}
	for _, src := range t.Candidates(d, errs) {
		f := directive.Read(src, errs)
		if len(f.Tasks) > 0 {
			p.Files = append(p.Files, src.AST)
			p.Tasks = append(p.Tasks, f.Tasks...)
		}
		switch {
		case f.Defaults == nil:
		case p.Defaults != nil:
			errs.Add(f.Defaults.At, diag.Duplicate, "keep one of them", "a second //taskqueue:defaults in the package; the first is at %s", p.Defaults.At)
		default:
			p.Defaults = f.Defaults
		}
	}
	return p
}

// Roots are the names that the package's tasks need to be loaded.
func (p *Package) Roots() []load.Root {
	var roots []load.Root
	for _, t := range p.Tasks {
		roots = append(roots, load.Root{Path: p.Dir.Import, Name: t.Spec.Name.Name})
		for v := range max(t.Version, 1) {
			roots = append(roots, load.Root{Path: p.Dir.Import, Name: olderName(t.Spec.Name.Name, v+1)})
		}
		if t.Result != nil {
			r, _ := p.parseResult(t.Result.Text)
			for _, n := range r.names() {
				for _, path := range n.paths {
					roots = append(roots, load.Root{Path: path, Name: n.name})
				}
			}
		}
	}
	return roots
}

// Build makes the model: every package of the module that has tasks, or structs
// that tasks of other packages need, by import path.
func Build(t *load.Tree, program *load.Program, packages []*Package, errs *diag.List) []*model.Package {
	b := &builder{
		tree: t, program: program, errs: errs,
		packages: map[string]*model.Package{}, structs: map[string]*model.Struct{},
		codecs: map[token.Pos]bool{}, defaults: map[string]*directive.Values{}, tasks: map[string]*directive.Task{},
		newer: map[string]*directive.Task{}, logged: map[*model.Struct]token.Position{},
	}
	for _, p := range packages {
		b.defaults[p.Dir.Import] = p.Defaults
		for _, task := range p.Tasks {
			name := p.Dir.Import + "." + task.Spec.Name.Name
			b.tasks[name] = task
			for v := 1; v < task.Version; v++ {
				b.newer[olderName(name, v)] = task
			}
		}
	}
	for _, p := range packages {
		for _, task := range p.Tasks {
			b.task(p, task)
		}
	}
	b.markRecursive()
	b.secrets()
	all := slices.SortedFunc(maps.Values(b.packages), func(x, y *model.Package) int { return strings.Compare(x.Path, y.Path) })
	for _, p := range all {
		slices.SortFunc(p.Structs, func(x, y *model.Struct) int { return strings.Compare(x.Name, y.Name) })
		slices.SortStableFunc(p.Tasks, func(x, y *model.Task) int {
			return cmp.Or(strings.Compare(x.Position.Filename, y.Position.Filename), cmp.Compare(x.Position.Offset, y.Position.Offset))
		})
	}
	return all
}

type builder struct {
	tree     *load.Tree
	program  *load.Program
	errs     *diag.List
	packages map[string]*model.Package
	structs  map[string]*model.Struct // by their full spelling
	codecs   map[token.Pos]bool       // types whose own codec was found wanting, by their name's place
	defaults map[string]*directive.Values
	tasks    map[string]*directive.Task       // by import path and name
	newer    map[string]*directive.Task       // by those of their older shapes
	logged   map[*model.Struct]token.Position // where they have a LogValue
}

func (b *builder) position(pos token.Pos) token.Position { return b.tree.Fset.Position(pos) }

// pkg returns the model of a package of the main module; nil for others.
func (b *builder) pkg(path string) *model.Package {
	if p := b.packages[path]; p != nil {
		return p
	}
	loaded := b.program.Package(path)
	if loaded == nil || loaded.Dir == "" {
		return nil
	}
	p := &model.Package{Ref: loaded.Ref, Dir: loaded.Dir, Scope: loaded.Scope, Uses: map[string]bool{}}
	b.packages[path] = p
	return p
}

// spell is the source of a type.
func spell(t types.Type) model.Spelling {
	var s model.Spelling
	s.Text = types.TypeString(t, func(p *types.Package) string {
		s.Packages = append(s.Packages, model.Ref{Name: p.Name(), Path: p.Path()})
		return "\x00"
	})
	return s
}

// full is a type for people and as a key: with import paths.
func full(t types.Type) string { return types.TypeString(t, nil) }

// shortly is a type for messages: with package names.
func shortly(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string { return p.Name() })
}
