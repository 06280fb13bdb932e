package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/scanner"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/directive"
)

// Config says what to load.
type Config struct {
	Dir      string   // where relative patterns start; its module is the main one
	Patterns []string // as for the go command
	Tags     []string // build tags
}

// A Tree is the source of a module: where directives may be, and every file
// that was parsed so far, each once.
type Tree struct {
	Module   Module
	Fset     *token.FileSet
	Dirs     []Dir           // with Go files, in order
	Selected map[string]bool // import paths that the patterns match

	patterns []pattern
	build    build.Context
	parsed   map[string]*file
}

// A file is a parsed file.
type file struct {
	path  string
	ast   *ast.File // nil if there is an error: half a file says nothing
	error error
}

// Open finds the module and reads its files.
func Open(ctx context.Context, c Config) (*Tree, error) {
	m, err := FindModule(c.Dir)
	if err != nil {
		return nil, err
	}
	dirs, err := scan(ctx, m)
	if err != nil {
		return nil, err
	}
	t := &Tree{Module: m, Fset: token.NewFileSet(), Dirs: dirs, build: build.Default, parsed: map[string]*file{}}
	t.build.Dir = m.Dir
	if err := t.findGo(ctx); err != nil {
		return nil, err
	}
	t.build.BuildTags = append(goflagsTags(os.Getenv("GOFLAGS")), c.Tags...)
	return t, t.selectDirs(c.Dir, c.Patterns)
}

// findGo asks the go command where Go is, if this program cannot know: it may
// have been built elsewhere.
func (t *Tree) findGo(ctx context.Context) error {
	if t.build.GOROOT != "" {
		if _, err := os.Stat(filepath.Join(t.build.GOROOT, "src")); err == nil {
			return nil
		}
	}
	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT")
	cmd.Dir = t.Module.Dir
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go env GOROOT (is the go command there?): %w", err)
	}
	t.build.GOROOT = strings.TrimSpace(string(out))
	return nil
}

// goflagsTags are the build tags in GOFLAGS.
func goflagsTags(flags string) []string {
	var tags []string
	for f := range strings.FieldsSeq(flags) {
		name, list, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if name == "tags" {
			tags = strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
		}
	}
	return tags
}

// Candidates parses the files in a folder that may hold directives.
func (t *Tree) Candidates(d Dir, errs *diag.List) []directive.Source {
	var sources []directive.Source
	for _, c := range d.candidates {
		f := t.parse(c.path, c.text)
		f.report(errs)
		if f.ast == nil {
			continue
		}
		sources = append(sources, Source(t.Fset, f.ast, c.path, c.text))
	}
	return sources
}

// Source is what directives in a parsed file need to know of it.
func Source(fset *token.FileSet, file *ast.File, path string, text []byte) directive.Source {
	dir, name := filepath.Split(path)
	return directive.Source{
		Fset: fset, AST: file,
		Test:        strings.HasSuffix(name, "_test.go"),
		Constrained: constrained(dir, name, text),
		Generated:   ast.IsGenerated(file),
	}
}

// parse parses a file once. text may be nil; then it is read.
func (t *Tree) parse(path string, text []byte) *file {
	if f := t.parsed[path]; f != nil {
		return f
	}
	f := &file{path: path}
	if text == nil {
		text, f.error = os.ReadFile(path)
	}
	if f.error == nil {
		f.ast, f.error = parser.ParseFile(t.Fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	}
	if f.error != nil {
		f.ast = nil
	}
	t.parsed[path] = f
	return f
}

// report adds the first error of a file that could not be parsed.
func (f *file) report(errs *diag.List) {
	if f.error == nil {
		return
	}
	at, text := token.Position{Filename: f.path, Line: 1, Column: 1}, f.error.Error()
	if list := (scanner.ErrorList)(nil); errors.As(f.error, &list) && len(list) > 0 {
		at, text = list[0].Pos, list[0].Msg
	}
	errs.Add(at, diag.BadSource, "correct the file; gofmt -l finds such mistakes as well", "%s", text)
}

// constrained reports whether a file is left out of some builds.
func constrained(dir, name string, text []byte) bool {
	if _, found := buildLine(text); found {
		return true
	}
	elsewhere := build.Context{GOOS: "none", GOARCH: "none", Compiler: "gc", OpenFile: func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(text)), nil
	}}
	matches, err := elsewhere.MatchFile(dir, strings.TrimSuffix(name, "_test.go")+".go")
	return err == nil && !matches
}

// buildLine finds the //go:build line of a file: it stands before the package
// clause.
func buildLine(text []byte) (string, bool) {
	for line := range bytes.Lines(text) {
		switch s := strings.TrimSpace(string(line)); {
		case constraint.IsGoBuild(s):
			return s, true
		case s != "" && !strings.HasPrefix(s, "//"):
			return "", false
		}
	}
	return "", false
}
