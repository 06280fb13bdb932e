package housetest

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTasksDocKnowsTheKeys: docs/tasks.md describes the keys of
// //taskqueue:task that the generator supports, and no others.
func TestTasksDocKnowsTheKeys(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/tasks.md"))
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+)=` ").FindAllSubmatch(text, -1) {
		documented = append(documented, string(m[1]))
	}
	supported := supportedKeys(t)
	slices.Sort(documented)
	slices.Sort(supported)
	if len(supported) == 0 {
		t.Fatal("no key found in gen/directive")
	}
	if diff := cmp.Diff(supported, documented); diff != "" {
		t.Errorf("docs/tasks.md (-generator +document):\n%s", diff)
	}
}

// supportedKeys reads the generator's table of keys: {"name", verbTask, …, f},
// where f is nil if the key is only reserved.
func supportedKeys(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, s := range written(t) {
		if s.dir() != "gen/directive" || s.test() {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if lit, ok := n.(*ast.CompositeLit); ok && len(lit.Elts) == 4 && isIdent(lit.Elts[1], "verbTask") && !isIdent(lit.Elts[3], "nil") {
				if name, err := strconv.Unquote(lit.Elts[0].(*ast.BasicLit).Value); err == nil {
					names = append(names, name)
				}
			}
			return true
		})
	}
	return names
}

func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
