package housetest

import (
	"bytes"
	"go/ast"
	"strconv"
	"testing"
)

const goleak = "go.uber.org/goleak"

// TestLeaksAreLookedFor: where a package starts goroutines or processes, its
// tests look for those that were left behind.
func TestLeaksAreLookedFor(t *testing.T) {
	starts, looks := map[string]string{}, map[string]bool{}
	for _, s := range written(t) {
		looks[s.dir()] = looks[s.dir()] || s.looksForLeaks()
		if n := start(s.ast); n != nil && !s.test() && s.dir() != "bench" { // a module without tests
			starts[s.dir()] = s.position(n)
		}
	}
	for dir, at := range starts {
		if !looks[dir] {
			t.Errorf("%s: something is started, but no test of %s uses goleak: func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }", at, dir)
		}
	}
}

// looksForLeaks also knows redistest's own way to do it.
func (s *source) looksForLeaks() bool {
	return imports(s.ast, goleak) || s.test() && bytes.Contains(s.text, []byte("redistest.Main("))
}

// start finds what may leave something behind: a go statement, the Go method
// of a group, a command. It is nil if there is nothing of that kind.
func start(file *ast.File) ast.Node {
	var found ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = n
		case *ast.CallExpr:
			if starter(n) {
				found = n
			}
		}
		return found == nil
	})
	return found
}

func starter(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, _ := f.X.(*ast.Ident)
	return f.Sel.Name == "Go" && len(call.Args) == 1 || x != nil && x.Name == "exec" && (f.Sel.Name == "Command" || f.Sel.Name == "CommandContext")
}

func imports(file *ast.File, path string) bool {
	for _, i := range file.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil && p == path {
			return true
		}
	}
	return false
}
