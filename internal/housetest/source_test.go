package housetest

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	module = "github.com/tqgen/taskqueue"
	root   = "../.."
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A source is one Go file of the repository, of any of its modules.
type source struct {
	path      string // from the root of the repository, with slashes
	text      []byte
	ast       *ast.File
	fset      *token.FileSet
	generated bool
}

func (s *source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// position is file:line of a node.
func (s *source) position(n ast.Node) string {
	p := s.fset.Position(n.Pos())
	return p.String()
}

// lines is how many lines a node covers.
func (s *source) lines(n ast.Node) int {
	return s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1
}

// dir is the package's folder from the root.
func (s *source) dir() string { return filepath.ToSlash(filepath.Dir(s.path)) }

// sources parses every Go file outside testdata, once.
var sources = sync.OnceValues(func() ([]*source, error) {
	var all []*source
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		s, err := parse(fset, path)
		all = append(all, s)
		return err
	})
	return all, err
})

func parse(fset *token.FileSet, path string) (*source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return nil, err
	}
	rel = filepath.ToSlash(rel)
	file, err := parser.ParseFile(fset, rel, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &source{path: rel, text: text, ast: file, fset: fset, generated: ast.IsGenerated(file)}, nil
}

// written are the files that people wrote.
func written(t *testing.T) []*source {
	t.Helper()
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d Go files under %s: is this the repository?", len(all), root)
	}
	return slices.DeleteFunc(slices.Clone(all), func(s *source) bool { return s.generated })
}

// compare holds the file at path (from the root) against want, or rewrites it.
func compare(t *testing.T, path string, want []byte) {
	t.Helper()
	path = filepath.Join(root, path)
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale; run: go generate ./internal/housetest\n%s", path, firstDifference(string(got), string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "file: " + g[i] + "\ntree: " + w[i]
		}
	}
	return "one is a part of the other"
}
