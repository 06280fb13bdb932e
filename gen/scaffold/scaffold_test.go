package scaffold_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/gen/scaffold"
)

// That a project compiles, passes its tests and runs is tested end to end.
func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	names, err := scaffold.Write(scaffold.Config{Dir: dir, Version: "v1.2.3"})
	if err != nil || len(names) < 6 {
		t.Fatalf("%q, %v", names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "example.com/project") || strings.HasSuffix(name, ".txt") {
			t.Errorf("%s is still a template", name)
		}
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil || !strings.HasPrefix(string(mod), "module example.com/shop\n") || !strings.HasSuffix(string(mod), "\nrequire github.com/tqgen/taskqueue v1.2.3\n") {
		t.Errorf("%v\n%s", err, mod)
	}
	if _, err := scaffold.Write(scaffold.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("into a project: %v", err)
	}
	bad := filepath.Join(t.TempDir(), "a b")
	if _, err := scaffold.Write(scaffold.Config{Dir: bad}); err == nil || !strings.Contains(err.Error(), "-module") {
		t.Errorf("into %q: %v", bad, err)
	}
	if _, err := os.Stat(bad); !os.IsNotExist(err) {
		t.Errorf("%q was made", bad)
	}
}
