package load

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// A Module is the main module.
type Module struct {
	Dir  string // absolute
	Path string

	ignore []string // folders that go.mod leaves out
}

// FindModule finds the module that a folder is in.
func FindModule(dir string) (Module, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Module{}, err
	}
	for root := dir; ; root = filepath.Dir(root) {
		text, err := os.ReadFile(filepath.Join(root, "go.mod"))
		switch {
		case err == nil:
			return parseModule(root, text)
		case !errors.Is(err, fs.ErrNotExist):
			return Module{}, err
		case root == filepath.Dir(root):
			return Module{}, fmt.Errorf("no go.mod in %s or above it; run: go mod init", dir)
		}
	}
}

func parseModule(root string, text []byte) (Module, error) {
	// Symbolic links would give files two names.
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return Module{}, err
	}
	f, err := modfile.ParseLax(filepath.Join(root, "go.mod"), text, nil)
	if err != nil {
		return Module{}, err
	}
	if f.Module == nil {
		return Module{}, fmt.Errorf("%s has no module line", filepath.Join(root, "go.mod"))
	}
	m := Module{Dir: root, Path: f.Module.Mod.Path}
	for _, ignored := range f.Ignore {
		m.ignore = append(m.ignore, ignored.Path)
	}
	return m, nil
}

// importPath is how the package in a folder of the module, relative to its
// root and with slashes, is imported.
func (m Module) importPath(rel string) string { return path.Join(m.Path, rel) }

// rel is the folder of a package of the module, from its root.
func (m Module) rel(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, m.Path), "/")
}

// dirOf is the folder of a package, if its path lies in the module and in no other
// one that is nested in it.
func (m Module) dirOf(importPath string) (string, bool) {
	if importPath == m.Path {
		return m.Dir, true
	}
	rest, ok := strings.CutPrefix(importPath, m.Path+"/")
	dir := filepath.Join(m.Dir, filepath.FromSlash(rest))
	for d := dir; ok && d != m.Dir; d = filepath.Dir(d) {
		_, err := os.Stat(filepath.Join(d, "go.mod"))
		ok = err != nil
	}
	return dir, ok
}

// skips reports whether "./..." leaves out a folder by its name: rel is its path
// from the root of the module.
func (m Module) skips(rel string) bool {
	name := path.Base(rel)
	if name == "testdata" || name == "vendor" || name[0] == '.' || name[0] == '_' {
		return true
	}
	return slices.ContainsFunc(m.ignore, func(p string) bool {
		if anchored, ok := strings.CutPrefix(p, "./"); ok {
			return rel == strings.TrimSuffix(anchored, "/")
		}
		return rel == p || strings.HasSuffix(rel, "/"+p)
	})
}
