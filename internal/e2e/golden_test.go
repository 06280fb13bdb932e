package e2e_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// What the generator writes for its golden files compiles and passes go vet.
func TestGoldensCompile(t *testing.T) {
	paths, err := filepath.Glob(root + "/testdata/gen/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	compiled := 0
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if wrong(archive) || bytes.Contains(archive.Comment, []byte("\nnot compiled\n")) {
			continue
		}
		compiled++
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			m := module{t, t.TempDir()}
			m.write("go.mod", "module example.com/shop\n\ngo 1.26\n")
			for _, f := range archive.Files {
				if !strings.HasPrefix(f.Name, "want/") {
					m.write(f.Name, string(f.Data))
				}
			}
			m.use()
			m.run(tqgen, "-accept")
			m.run("go", "vet", "./...")
		})
	}
	if compiled < 8 {
		t.Errorf("only %d of %d golden files are to be compiled", compiled, len(paths))
	}
}

// wrong reports whether a golden is about mistakes.
func wrong(archive *txtar.Archive) bool {
	for _, f := range archive.Files {
		if f.Name == "want/diagnostics" {
			return true
		}
	}
	return false
}
