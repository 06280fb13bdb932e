package load

import (
	"context"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

// Packages is the loader that asks golang.org/x/tools/go/packages, and so
// whatever GOPACKAGESDRIVER says. Packages of the main module are type-checked
// from source, as our own output in them must not count; all others come from
// the compiler's export data.
type Packages struct{}

// Load implements Loader.
func (Packages) Load(ctx context.Context, t *Tree, roots []Root, errs *diag.List) (*Program, error) {
	var paths []string
	for _, r := range roots {
		if !slices.Contains(paths, r.Path) {
			paths = append(paths, r.Path)
		}
	}
	slices.Sort(paths)
	listed, err := packages.Load(&packages.Config{
		Context:    ctx,
		Dir:        t.Module.Dir,
		Fset:       t.Fset,
		BuildFlags: tagFlags(t.build.BuildTags),
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedExportFile | packages.NeedModule,
	}, paths...)
	if err != nil {
		return nil, fmt.Errorf("go/packages: %w", err)
	}
	d := &deps{tree: t, errs: errs, listed: map[string]*packages.Package{}, program: Program{packages: map[string]*Package{}}}
	d.exports = importer.ForCompiler(token.NewFileSet(), "gc", d.open)
	packages.Visit(listed, nil, func(p *packages.Package) { d.listed[p.PkgPath] = p })
	for _, path := range paths {
		if err := d.broken(path); err != nil {
			return nil, err
		}
		// A package that is not there shows where it is used.
		_, _ = d.load(path)
	}
	return &d.program, nil
}

func tagFlags(tags []string) []string {
	if len(tags) == 0 {
		return nil
	}
	return []string{"-tags=" + strings.Join(tags, ",")}
}

// deps loads packages that go/packages has listed.
type deps struct {
	tree    *Tree
	errs    *diag.List
	listed  map[string]*packages.Package
	program Program
	exports types.Importer // of packages outside of the module; one, so that equal types are identical
}

// broken reports why the go command could not list a package of the main
// module, where it could not.
func (d *deps) broken(path string) error {
	_, own := d.tree.Module.dirOf(path)
	if p := d.listed[path]; own && p != nil && len(p.GoFiles) == 0 && len(p.Errors) > 0 {
		return fmt.Errorf("go/packages: %s: %s", path, p.Errors[0].Msg)
	}
	return nil
}

func (d *deps) load(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p, ok := d.program.packages[path]; ok {
		if p.Types == nil {
			return nil, errCycle
		}
		return p.Types, nil
	}
	listed := d.listed[path]
	if listed == nil || len(listed.GoFiles) == 0 {
		return nil, errNotThere
	}
	p := &Package{Ref: model.Ref{Name: listed.Name, Path: path}}
	d.program.packages[path] = p
	dir := filepath.Dir(listed.GoFiles[0])
	own := listed.Module != nil && listed.Module.Main && listed.Module.Path == d.tree.Module.Path
	if !own {
		var err error
		p.Types, err = d.exports.Import(path)
		return p.Types, err
	}
	d.check(p, dir, listed)
	return p.Types, nil
}

// check type-checks a package of the main module.
func (d *deps) check(p *Package, dir string, listed *packages.Package) {
	var names []string
	for _, file := range listed.GoFiles {
		if name := filepath.Base(file); !model.IsOutput(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	s := d.tree.source(p.Path, dir, names, d.errs)
	p.Dir, p.Scope = dir, scope(s.files)
	p.findC(d.tree.Fset, s.files)
	config := newChecker(d.tree, importerFunc(func(path string) (*types.Package, error) {
		if i := listed.Imports[path]; i != nil {
			path = i.PkgPath
		}
		return d.load(path)
	}), p)
	p.Types, _ = config.Check(p.Path, d.tree.Fset, s.files, nil)
}

// open gives the importer of other modules' packages their export data.
func (d *deps) open(path string) (io.ReadCloser, error) {
	listed := d.listed[path]
	if listed == nil || listed.ExportFile == "" {
		return nil, errNotThere
	}
	return os.Open(listed.ExportFile)
}
