package e2e_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// The project of tqgen init vets, passes its tests and runs.
func TestInit(t *testing.T) {
	parent := module{t, t.TempDir()}
	if out := parent.run(tqgen, "init", "shop"); !strings.HasSuffix(out, "\nNext: cd shop && go mod tidy && go run .\n") {
		t.Errorf("init says\n%s", out)
	}
	m := module{t, filepath.Join(parent.dir, "shop")}
	m.use()
	m.run("go", "vet", "./...")
	m.run("go", "test", "./...")
	if out := m.run("go", "run", "."); !strings.Contains(out, "Welcome, Ada!\n") {
		t.Errorf("the program prints\n%s", out)
	}
	m.run("go", "tool", "tqgen", "-check")
	m.run("go", "generate", "./...")
	m.run(tqgen, "-check")
}
