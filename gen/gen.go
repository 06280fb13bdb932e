// Package gen is the generator as a library: it reads the packages of a module,
// finds the structs with //taskqueue:task, and writes what they need to be
// tasks. Command tqgen is its command line.
//
// It works in stages, each a package: load → directive → build (the model) →
// check → render and codec, and lock, which guards the tasks in flight.
package gen

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/tqgen/taskqueue/gen/build"
	"github.com/tqgen/taskqueue/gen/check"
	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/load"
	"github.com/tqgen/taskqueue/gen/lock"
	"github.com/tqgen/taskqueue/gen/model"
)

// Config says what to generate.
type Config struct {
	Dir      string   // where relative patterns start; default: the working directory
	Patterns []string // as for the go command; default: ./...
	Tags     []string // build tags
	Loader   string   // "fast", the default, or "packages"
	Check    bool     // write nothing, only say what would be written
	Accept   bool     // accept changes that break tasks in flight
}

// A Result is what a run has found.
type Result struct {
	// Diagnostics are the mistakes in the source, in order. If there are any,
	// nothing was written.
	Diagnostics []diag.Diagnostic

	// Changes are the files that were written or, with Check, are not what
	// they should be.
	Changes []Change

	// Packages are those that the patterns match, with their tasks.
	Packages []*model.Package
}

// Run generates. The error is not about the source but about the run itself: a
// pattern that matches nothing, a file that cannot be written. Runs of the same
// module must not overlap.
func Run(ctx context.Context, c Config) (Result, error) {
	c, err := c.withDefaults()
	if err != nil {
		return Result{}, err
	}
	r := run{Config: c}
	if err := r.read(ctx); err != nil {
		return Result{}, err
	}
	return r.finish()
}

func (c Config) withDefaults() (Config, error) {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, err
	}
	// Positions have real paths; so has the folder that they are shown from.
	if c.Dir, err = filepath.EvalSymlinks(dir); err != nil {
		return c, err
	}
	if len(c.Patterns) == 0 {
		c.Patterns = []string{"./..."}
	}
	return c, nil
}

// A run is one run of the generator.
type run struct {
	Config
	tree     *load.Tree
	errs     diag.List
	all      []*model.Package // of the module
	packages []*model.Package // to be generated: selected ones and what they need
}

// read takes the stages up to the checked model. The whole module is read, as
// structs get their codecs in the package that declares them, for all packages
// that use them.
func (r *run) read(ctx context.Context) error {
	loader, err := newLoader(r.Loader)
	if err != nil {
		return err
	}
	r.tree, err = load.Open(ctx, load.Config{Dir: r.Dir, Patterns: r.Patterns, Tags: r.Tags})
	if err != nil {
		return err
	}
	var annotated []*build.Package
	var roots []load.Root
	for _, d := range r.tree.Dirs {
		p := build.Read(r.tree, d, &r.errs)
		annotated = append(annotated, p)
		roots = append(roots, p.Roots()...)
	}
	if len(roots) == 0 {
		return nil
	}
	program, err := loader.Load(ctx, r.tree, roots, &r.errs)
	if err != nil {
		return err
	}
	r.all = build.Build(r.tree, program, annotated, &r.errs)
	r.packages = needed(r.all, r.tree.Selected)
	check.Run(r.all, &r.errs)
	return nil
}

func newLoader(name string) (load.Loader, error) {
	switch name {
	case "", "fast":
		return load.Fast{}, nil
	case "packages":
		return load.Packages{}, nil
	}
	return nil, fmt.Errorf("unknown loader %q; use fast or packages", name)
}

// needed are the selected packages, and those that declare structs of theirs.
func needed(all []*model.Package, selected map[string]bool) []*model.Package {
	byPath := map[string]*model.Package{}
	for _, p := range all {
		byPath[p.Path] = p
	}
	want := map[string]bool{}
	var follow func(t *model.Type)
	seen := map[*model.Struct]bool{}
	follow = func(t *model.Type) {
		for ; t != nil; t = t.Elem {
			s := t.Struct
			if s == nil || seen[s] {
				continue
			}
			seen[s], want[s.Package.Path] = true, want[s.Package.Path] || !s.Inline
			for f := range s.Encoded() {
				follow(f.Type)
			}
		}
	}
	for _, p := range all {
		if !selected[p.Path] {
			continue
		}
		want[p.Path] = true
		for _, t := range p.Tasks {
			follow(t.Type)
			for _, o := range t.Older {
				follow(o.Type)
			}
			if t.Result != nil {
				follow(t.Result.Type)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p *model.Package) bool { return !want[p.Path] })
}

// finish renders and writes, if nothing is wrong.
func (r *run) finish() (Result, error) {
	result := Result{Packages: r.selected(), Diagnostics: r.diagnostics()}
	if len(result.Diagnostics) > 0 {
		return result, nil
	}
	files, err := r.render()
	if err != nil {
		return Result{}, err
	}
	result.Changes, err = r.compare(files)
	if err != nil {
		return Result{}, err
	}
	if result.Diagnostics = r.diagnostics(); len(result.Diagnostics) > 0 || r.Check {
		return result, nil
	}
	for _, c := range result.Changes {
		if err := c.apply(); err != nil {
			return Result{}, err
		}
	}
	return result, nil
}

// selected are the packages that the patterns match.
func (r *run) selected() []*model.Package {
	return slices.DeleteFunc(slices.Clone(r.packages), func(p *model.Package) bool { return !r.tree.Selected[p.Path] })
}

// used are the selected packages and those whose types they name. What is wrong
// in one of them is in the way of the others.
func (r *run) used() map[string]bool {
	byPath, used := map[string]*model.Package{}, map[string]bool{}
	for _, p := range r.all {
		byPath[p.Path] = p
	}
	queue := slices.Collect(maps.Keys(r.tree.Selected))
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if p := byPath[path]; p != nil && !used[path] {
			used[path] = true
			queue = slices.AppendSeq(queue, maps.Keys(p.Uses))
		}
	}
	return used
}

// diagnostics are those about the packages that are to be generated.
func (r *run) diagnostics() []diag.Diagnostic {
	dirs := map[string]bool{}
	used := r.used()
	for _, p := range r.all {
		dirs[p.Dir] = used[p.Path]
	}
	for _, d := range r.tree.Dirs {
		dirs[d.Path] = dirs[d.Path] || r.tree.Selected[d.Import]
	}
	return r.errs.Sorted(r.Dir, func(file string) bool { return dirs[filepath.Dir(file)] || filepath.Base(file) == lock.File })
}
