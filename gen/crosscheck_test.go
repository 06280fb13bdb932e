package gen

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/gen/diag"
)

// Both loaders write the same bytes for the packages of this repository, its
// examples and its benchmarks, which are a module of their own.
func TestLoadersAgreeOnThisRepository(t *testing.T) {
	for dir, least := range map[string]int{"..": 8, "../bench": 3} {
		t.Run(dir, func(t *testing.T) {
			fast, errs := written(t, Config{Dir: dir, Loader: "fast"})
			packages, others := written(t, Config{Dir: dir, Loader: "packages"})
			if diff := cmp.Diff(errs, others); diff != "" {
				t.Errorf("diagnostics (-fast +packages):\n%s", diff)
			}
			if diff := cmp.Diff(fast, packages); diff != "" {
				t.Errorf("files (-fast +packages):\n%s", diff)
			}
			if len(fast) < least {
				t.Errorf("only %d files", len(fast))
			}
		})
	}
}

// written is what a run would write, by absolute path.
func written(t *testing.T, c Config) (map[string]string, []diag.Diagnostic) {
	t.Helper()
	c, err := c.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	r := run{Config: c}
	if err := r.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := r.render()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for path, text := range files {
		all[path] = string(text)
	}
	return all, r.diagnostics()
}
