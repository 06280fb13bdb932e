package gen_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tqgen/taskqueue/gen"
	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each golden file is a module and what becomes of it: want/diagnostics and
// want/PATH of every taskqueue_gen.go, and of other files that it names.
const goldens = "../testdata/gen"

const wanted = "want/"

// A story is a golden file.
type story struct {
	path    string
	comment []byte
	input   []txtar.File
	want    map[string]string
}

func stories(t *testing.T) map[string]story {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(goldens, "*.txtar"))
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d golden files: %v", len(paths), err)
	}
	all := map[string]story{}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := story{path: path, comment: archive.Comment, want: map[string]string{}}
		for _, f := range archive.Files {
			if name, ok := strings.CutPrefix(f.Name, wanted); ok {
				s.want[name] = string(f.Data)
			} else {
				s.input = append(s.input, f)
			}
		}
		all[strings.TrimSuffix(filepath.Base(path), ".txtar")] = s
	}
	return all
}

// module writes the input into a new folder. A story without a go.mod gets one.
func (s story) module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.com/shop\n\ngo 1.26\n")
	for _, f := range s.input {
		write(t, dir, f.Name, string(f.Data))
	}
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := writeFile(dir, name, text); err != nil {
		t.Fatal(err)
	}
}

func writeFile(dir, name, text string) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// generated are the files in a folder that were not there before.
func (s story) generated(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		name := filepath.ToSlash(rel)
		old := slices.IndexFunc(s.input, func(f txtar.File) bool { return f.Name == name })
		if name != "go.mod" && (old < 0 || !bytes.Equal(s.input[old].Data, text)) {
			found[name] = string(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func text(all []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range all {
		fmt.Fprintln(&b, d)
	}
	return b.String()
}

func run(t *testing.T, c gen.Config) gen.Result {
	t.Helper()
	result, err := gen.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// option reports whether the story's comment has a line.
func (s story) option(name string) bool { return bytes.Contains(s.comment, []byte("\n"+name+"\n")) }

func TestGoldens(t *testing.T) {
	for name, s := range stories(t) {
		t.Run(name, func(t *testing.T) {
			dir := s.module(t)
			config := gen.Config{Dir: dir, Accept: s.option("-accept")}
			result := run(t, config)
			files := s.generated(t, dir)
			s.compare(t, result, files)

			config.Loader, config.Dir = "packages", s.module(t)
			other := run(t, config)
			if diff := cmp.Diff(text(result.Diagnostics), text(other.Diagnostics)); diff != "" {
				t.Errorf("-loader=packages says something else (-fast +packages):\n%s", diff)
			}
			if diff := cmp.Diff(files, s.generated(t, config.Dir)); diff != "" {
				t.Errorf("-loader=packages writes something else (-fast +packages):\n%s", diff)
			}
			if len(result.Diagnostics) == 0 {
				if again := run(t, gen.Config{Dir: dir, Check: true}); len(again.Changes) > 0 || len(again.Diagnostics) > 0 {
					t.Errorf("a second run would change %+v and says\n%s", again.Changes, text(again.Diagnostics))
				}
			}
		})
	}
}

// compare holds what came out against the golden file, or rewrites that.
func (s story) compare(t *testing.T, result gen.Result, files map[string]string) {
	t.Helper()
	got := map[string]string{}
	if len(result.Diagnostics) > 0 {
		got["diagnostics"] = text(result.Diagnostics)
	}
	for name, text := range files {
		if _, asked := s.want[name]; asked || filepath.Base(name) == model.TasksFile {
			got[name] = text
		}
	}
	if !*update {
		if diff := cmp.Diff(s.want, got); diff != "" {
			t.Errorf("(-want +got), go test -update accepts it:\n%s", diff)
		}
		return
	}
	archive := txtar.Archive{Comment: s.comment, Files: s.input}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		archive.Files = append(archive.Files, txtar.File{Name: wanted + name, Data: []byte(got[name])})
	}
	if err := os.WriteFile(s.path, txtar.Format(&archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every code has a golden, and no golden has another one.
func TestEveryCodeHasAGolden(t *testing.T) {
	var all strings.Builder
	for _, s := range stories(t) {
		all.WriteString(s.want["diagnostics"])
	}
	for _, e := range diag.Catalogue() {
		if !strings.Contains(all.String(), "["+string(e.Code)+"]") {
			t.Errorf("no golden shows %s, %s", e.Code, e.Title)
		}
	}
}

// What is C's cannot travel. (No golden file: the go command leaves files with cgo out
// where no C compiler is, and then the other loader has none of it.)
func TestTypesOfC(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.com/shop\n\ngo 1.26\n")
	write(t, dir, "a.go", "package shop\n\n// typedef struct { int x; } point;\nimport \"C\"\n\n//taskqueue:task\ntype A struct {\n\tN []C.int\n\tP *C.point\n\tOwn Own\n}\n\ntype Own uint8\n")
	const want = `a.go:8:2: error: the field A.N has a type of C, which cannot be a payload [TQ202]
    fix: use a Go type, and convert it where the task runs
a.go:9:2: error: the field A.P has a type of C, which cannot be a payload [TQ202]
    fix: use a Go type, and convert it where the task runs
`
	if diff := cmp.Diff(want, text(run(t, gen.Config{Dir: dir}).Diagnostics)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// docs/diagnostics.md and the catalogue say the same.
func TestCatalogueIsDocumented(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Diagnostics of tqgen\n\nEvery mistake has a code, a place and a fix; all of them are shown at once. `tqgen -json` prints the same for editors.\n\nWritten by `go test ./gen -update`.\n")
	for _, e := range diag.Catalogue() {
		fmt.Fprintf(&b, "\n## %s: %s\n\n%s\n", e.Code, e.Title, e.Why)
	}
	const path = "../docs/diagnostics.md"
	if *update {
		write(t, "../docs", "diagnostics.md", b.String())
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(got)); diff != "" {
		t.Errorf("%s (-catalogue +file), go test ./gen -update rewrites it:\n%s", path, diff)
	}
}
