package load

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

// Fast is the loader that parses and type-checks only what the roots reach.
type Fast struct{}

// Load implements Loader.
func (Fast) Load(ctx context.Context, t *Tree, roots []Root, errs *diag.List) (*Program, error) {
	c := &closure{tree: t, errs: errs, found: map[string]*pruned{}, dirs: map[string]string{}, names: map[string]string{}}
	for _, r := range roots {
		c.want(r)
	}
	if err := c.follow(ctx); err != nil {
		return nil, err
	}
	p := &Program{packages: map[string]*Package{}}
	for path := range c.found {
		if _, err := c.check(path); err == nil {
			p.packages[path] = c.found[path].checked
		}
	}
	return p, nil
}

// A closure follows names from package to package.
type closure struct {
	tree  *Tree
	errs  *diag.List
	found map[string]*pruned // by import path; nil: it is not there
	dirs  map[string]string  // of packages outside of the module and of Go, once known
	names map[string]string  // their names

	queue   []Root
	waiting []waiting
}

// waiting is a name that cannot be followed before the go command has said
// where some packages are.
type waiting struct {
	paths []string
	retry func()
}

func (c *closure) want(r Root) { c.queue = append(c.queue, r) }

// follow runs until nothing new is wanted. Each round asks the go command once,
// for all packages that only it can find.
func (c *closure) follow(ctx context.Context) error {
	for {
		for len(c.queue) > 0 {
			r := c.queue[len(c.queue)-1]
			c.queue = c.queue[:len(c.queue)-1]
			c.reach(r)
		}
		if len(c.waiting) == 0 {
			return nil
		}
		retries := c.waiting
		c.waiting = nil
		if err := c.locate(ctx, retries); err != nil {
			return err
		}
		for _, w := range retries {
			w.retry()
		}
	}
}

// reach keeps the declaration of a name and wants what it mentions.
func (c *closure) reach(r Root) {
	if r.Path == "unsafe" || r.Path == "C" {
		return
	}
	p, unknown := c.load(r.Path)
	if unknown {
		c.waiting = append(c.waiting, waiting{[]string{r.Path}, func() { c.want(r) }})
		return
	}
	if p != nil {
		p.keep(r.Name, func(f *ast.File, qualifier, name string) { c.use(p, f, qualifier, name) })
	}
}

// use follows a name that is mentioned in a file of p.
func (c *closure) use(p *pruned, f *ast.File, qualifier, name string) {
	if qualifier == "" {
		c.useLocal(p, f, name)
		return
	}
	spec, unknown := importOf(f, qualifier, c.nameOf)
	switch {
	case spec != nil:
		p.imports[f][spec] = true
		c.want(Root{c.resolve(p, pathOf(spec)), name})
	case len(unknown) > 0:
		c.waiting = append(c.waiting, waiting{unknown, func() { c.use(p, f, qualifier, name) }})
	}
}

func (c *closure) useLocal(p *pruned, f *ast.File, name string) {
	if _, ok := p.index[name]; ok {
		c.want(Root{p.Path, name})
		return
	}
	if predeclared(name) {
		return
	}
	for _, spec := range f.Imports {
		if spec.Name != nil && spec.Name.Name == "." {
			p.imports[f][spec] = true
			c.want(Root{c.resolve(p, pathOf(spec)), name})
		}
	}
}

// resolve maps an import of a package of Go itself to what is vendored there.
func (c *closure) resolve(from *pruned, path string) string {
	if c.standard(from.Path) && strings.Contains(first(path), ".") {
		return "vendor/" + path
	}
	return path
}

func first(path string) string {
	f, _, _ := strings.Cut(path, "/")
	return f
}

// standard reports whether a package comes with Go.
func (c *closure) standard(path string) bool {
	if _, own := c.tree.Module.dirOf(path); own || strings.Contains(first(path), ".") {
		return false
	}
	info, err := os.Stat(c.standardDir(path))
	return err == nil && info.IsDir()
}

func (c *closure) standardDir(path string) string {
	return filepath.Join(c.tree.build.GOROOT, "src", filepath.FromSlash(path))
}

// nameOf returns the name of a package, if it is known without asking.
func (c *closure) nameOf(path string) (string, bool) {
	if p := c.found[path]; p != nil {
		return p.Name, true
	}
	if name, asked := c.names[path]; asked {
		return cmp.Or(name, importName(path)), true
	}
	if c.standard(path) {
		return importName(path), true
	}
	if _, own := c.tree.Module.dirOf(path); own {
		if p, unknown := c.load(path); !unknown && p != nil {
			return p.Name, true
		}
	}
	return "", false
}

// load parses a package, unless only the go command knows where it is.
func (c *closure) load(path string) (p *pruned, unknown bool) {
	if p, ok := c.found[path]; ok {
		return p, false
	}
	dir, own := c.tree.Module.dirOf(path)
	if own {
		_, err := os.Stat(dir)
		own = err == nil
	}
	if !own {
		var known bool
		if dir, known = c.dirs[path]; !known && c.standard(path) {
			dir = c.standardDir(path)
		} else if !known {
			return nil, true
		}
	}
	c.found[path] = c.read(path, dir, own)
	return c.found[path], false
}

// read parses the files that take part in the build.
func (c *closure) read(path, dir string, own bool) *pruned {
	names, err := c.tree.goFiles(dir)
	if dir == "" || err != nil || len(names) == 0 {
		return nil
	}
	var errs *diag.List
	if own {
		errs = c.errs
	} else {
		names = c.withOutput(dir, names)
	}
	s := c.tree.source(path, dir, names, errs)
	if len(s.files) == 0 {
		return nil
	}
	p := newPruned(s)
	p.own = own
	return p
}

// withOutput adds what tqgen wrote in another module: there it is source like
// any other.
func (c *closure) withOutput(dir string, names []string) []string {
	for _, name := range []string{model.TasksFile, model.CodecFile} {
		if ok, err := c.tree.build.MatchFile(dir, name); err == nil && ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// goFiles lists the files of the package in a folder that take part in the
// build, without tests and our own output.
func (t *Tree) goFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !goFile(name) || strings.HasSuffix(name, "_test.go") || model.IsOutput(name) {
			continue
		}
		if ok, err := t.build.MatchFile(dir, name); err != nil || ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// locate asks the go command where packages are.
func (c *closure) locate(ctx context.Context, all []waiting) error {
	var paths []string
	for _, w := range all {
		for _, path := range w.paths {
			if _, known := c.names[path]; !known && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	if len(paths) == 0 {
		return nil
	}
	slices.Sort(paths)
	args := append([]string{"list", "-find", "-e", "-f", "{{.ImportPath}}\t{{.Name}}\t{{.Dir}}", "--"}, paths...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = c.tree.Module.Dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	for _, path := range paths {
		c.names[path], c.dirs[path] = "", "" // not found
	}
	for line := range strings.Lines(string(out)) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(f) == 3 {
			c.names[f[0]], c.dirs[f[0]] = f[1], f[2]
		}
	}
	return nil
}

var (
	errNotThere = errors.New("package not found")
	errCycle    = errors.New("import cycle")
)

// check type-checks what was kept of a package.
func (c *closure) check(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	p := c.found[path]
	if p == nil {
		return nil, errNotThere
	}
	if p.checked != nil {
		if p.checked.Types == nil {
			return nil, errCycle
		}
		return p.checked.Types, nil
	}
	p.checked = &Package{Ref: p.Ref}
	if p.own {
		p.checked.Dir, p.checked.Scope = p.dir, scope(p.files)
		p.checked.findC(c.tree.Fset, p.files)
	}
	config := newChecker(c.tree, importerFunc(func(imported string) (*types.Package, error) {
		return c.check(c.resolve(p, imported))
	}), p.checked)
	files := p.prunedFiles()
	if len(files) == 0 { // nothing is wanted that is there
		p.checked.Types = types.NewPackage(path, p.Name)
		p.checked.Types.MarkComplete()
		return p.checked.Types, nil
	}
	// What is wrong is in p.checked.errors; the model says what matters of it.
	p.checked.Types, _ = config.Check(path, c.tree.Fset, files, nil)
	return p.checked.Types, nil
}

type importerFunc func(path string) (*types.Package, error)

// Import implements types.Importer.
func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }
