package load

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/tqgen/taskqueue/gen/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tree writes files into a new folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Folders are left out as the go command leaves them out.
func TestFolders(t *testing.T) {
	const goFile, mod = "package p\n", "module example.com/m\n\ngo 1.26\n\nignore (\n\t./top\n\tanywhere\n)\n"
	dir := tree(t, map[string]string{
		"go.mod": mod, "root.go": goFile, "a/b/c.go": goFile, "a/text.md": "", "a/_x.go": goFile, "a/.x.go": goFile,
		"testdata/x.go": goFile, "a/testdata/x.go": goFile, "vendor/v/x.go": goFile, "_x/x.go": goFile, ".x/x.go": goFile,
		"nested/go.mod": mod, "nested/x.go": goFile, "top/x.go": goFile, "a/top/x.go": goFile, "a/anywhere/x.go": goFile,
	})
	m, err := FindModule(filepath.Join(dir, "a", "b"))
	if err != nil || m.Path != "example.com/m" || m.Dir != dir {
		t.Fatalf("%+v, %v", m, err)
	}
	dirs, err := scan(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range dirs {
		got = append(got, m.rel(d.Import))
	}
	if diff := cmp.Diff([]string{"", "a/b", "a/top"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPatterns(t *testing.T) {
	dir := tree(t, map[string]string{
		"go.mod": "module example.com/m\n", "m.go": "package m\n", "a/a.go": "package a\n", "a/b/b.go": "package b\n", "ab/ab.go": "package ab\n",
	})
	for _, tt := range []struct {
		from, pattern string
		want          []string // the last elements of import paths
	}{
		{"", "./...", []string{"m", "a", "b", "ab"}},
		{"", "...", []string{"m", "a", "b", "ab"}},
		{"", ".", []string{"m"}},
		{"", "./a", []string{"a"}},
		{"", "a", []string{"a"}},
		{"", "./a/...", []string{"a", "b"}},
		{"a", "./...", []string{"a", "b"}},
		{"a", "..", []string{"m"}},
		{"a", "../ab", []string{"ab"}},
		{"a", "example.com/m/...", []string{"m", "a", "b", "ab"}},
		{"", "example.com/m/a/b", []string{"b"}},
		{"", dir + "/a", []string{"a"}},
	} {
		tr, err := Open(t.Context(), Config{Dir: filepath.Join(dir, tt.from), Patterns: []string{tt.pattern}})
		if err != nil {
			t.Errorf("%s from %q: %v", tt.pattern, tt.from, err)
			continue
		}
		got := map[string]bool{}
		for path := range tr.Selected {
			got[filepath.Base(path)] = true
		}
		want := map[string]bool{}
		for _, name := range tt.want {
			want[name] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s from %q (-want +got):\n%s", tt.pattern, tt.from, diff)
		}
		if all := len(tt.want) == 4; tr.Matches("example.com/m/gone") != all {
			t.Errorf("%s from %q: matches a package that is gone: %v", tt.pattern, tt.from, !all)
		}
	}
}

// Our own output is known by its header, and never a candidate.
func TestOutput(t *testing.T) {
	dir := tree(t, map[string]string{
		"go.mod":                   "module example.com/m\n",
		"a/a.go":                   "package a\n\n//taskqueue:task\ntype A struct{}\n",
		"a/b.go":                   "package a\n\n// Nothing here.\n",
		"a/" + model.TasksFile:     model.Header + "\n\npackage a\n\n//taskqueue:task\ntype B struct{}\n",
		"other/" + model.CodecFile: "package other\n",
	})
	tr, err := Open(t.Context(), Config{Dir: dir, Patterns: []string{"./..."}})
	if err != nil {
		t.Fatal(err)
	}
	a, other := tr.Dirs[0], tr.Dirs[1]
	if len(a.candidates) != 1 || filepath.Base(a.candidates[0].path) != "a.go" || len(a.Output) != 1 || len(other.Output) != 0 {
		t.Errorf("%d candidates, output %v and %v", len(a.candidates), a.Output, other.Output)
	}
}

func TestImportName(t *testing.T) {
	for path, want := range map[string]string{
		"time": "time", "math/rand/v2": "rand", "github.com/redis/go-redis/v9": "redis", "gopkg.in/yaml.v3": "yaml",
		"example.com/x/foo-go": "foo", "example.com/x.go": "x", "v2": "v2",
	} {
		if got := importName(path); got != want {
			t.Errorf("%s: %s, not %s", path, got, want)
		}
	}
}

func TestGoflagsTags(t *testing.T) {
	for flags, want := range map[string][]string{"": nil, "-mod=mod": nil, "-race -tags=a,b": {"a", "b"}, "--tags=c": {"c"}} {
		if diff := cmp.Diff(want, goflagsTags(flags)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", flags, diff)
		}
	}
}

// A file is part of every build, or not; on every machine the same.
func TestConstrained(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"a.go", "package a\n", false},
		{"linux.go", "package a\n", false},
		{"a_linux.go", "package a\n", true},
		{"a_windows_arm64.go", "package a\n", true},
		{"a_amd64_test.go", "package a\n", true},
		{"a_test.go", "package a\n", false},
		{"a_unix.go", "package a\n", false}, // unix is no GOOS
		{"tag.go", "// Comment.\n\n//go:build linux || !linux\n\npackage a\n", true},
		{"late.go", "package a\n\n//go:build linux\n", false},
	} {
		if got := constrained(".", tt.name, []byte(tt.text)); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
