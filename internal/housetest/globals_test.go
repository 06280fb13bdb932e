package housetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNoPanics: libraries return errors. Only main ends a process.
func TestNoPanics(t *testing.T) {
	for _, s := range written(t) {
		if s.test() || s.support() {
			continue
		}
		for _, call := range ends(s.ast) {
			t.Errorf("%s: return an error", s.position(call))
		}
	}
}

// support tells packages that exist for tests.
func (s *source) support() bool {
	return slices.ContainsFunc(testSupport, func(folder string) bool { return covers(folder, ours+s.dir()) })
}

// ends are the calls in a file that end a goroutine or the process.
func ends(file *ast.File) []*ast.CallExpr {
	var found []*ast.CallExpr
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch f := call.Fun.(type) {
		case *ast.Ident:
			if f.Name == "panic" {
				found = append(found, call)
			}
		case *ast.SelectorExpr:
			if x, ok := f.X.(*ast.Ident); ok && file.Name.Name != "main" && ending(x.Name, f.Sel.Name) {
				found = append(found, call)
			}
		}
		return true
	})
	return found
}

func ending(pkg, name string) bool {
	return pkg == "os" && name == "Exit" || pkg == "log" && (strings.HasPrefix(name, "Fatal") || strings.HasPrefix(name, "Panic"))
}

// TestNoMutableGlobals: what a package declares for all stays as it is.
func TestNoMutableGlobals(t *testing.T) {
	globals := map[string]map[string]bool{} // by folder
	all := written(t)
	for _, s := range all {
		if globals[s.dir()] == nil {
			globals[s.dir()] = map[string]bool{}
		}
		for _, name := range variables(s.ast) {
			globals[s.dir()][name] = true
		}
	}
	for _, s := range all {
		if s.support() {
			continue
		}
		for _, id := range changed(s.ast, globals[s.dir()]) {
			t.Errorf("%s: %s is a variable of the package; give it an owner", s.position(id), id.Name)
		}
	}
}

// variables are the package-level variables of a file.
func variables(file *ast.File) []string {
	var names []string
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, spec := range g.Specs {
			for _, id := range spec.(*ast.ValueSpec).Names {
				if id.Name != "_" {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}

// changed finds assignments to globals, or to parts of them, in functions that
// do not declare the name themselves.
func changed(file *ast.File, globals map[string]bool) []*ast.Ident {
	var found []*ast.Ident
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		local := declared(f)
		for _, id := range assigned(f.Body) {
			if globals[id.Name] && !local[id.Name] {
				found = append(found, id)
			}
		}
	}
	return found
}

// declared are the names that a function declares anywhere.
func declared(f *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	add := func(exprs ...ast.Expr) {
		for _, e := range exprs {
			if id, ok := e.(*ast.Ident); ok {
				names[id.Name] = true
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, id := range n.Names {
				add(id)
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				add(id)
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				add(n.Lhs...)
			}
		case *ast.RangeStmt:
			add(n.Key, n.Value)
		}
		return true
	})
	return names
}

// assigned are the names on the left of an assignment, of x in x.y[z] too.
func assigned(body ast.Node) []*ast.Ident {
	var found []*ast.Ident
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, e := range n.Lhs {
					found = appendBase(found, e)
				}
			}
		case *ast.IncDecStmt:
			found = appendBase(found, n.X)
		}
		return true
	})
	return found
}

func appendBase(found []*ast.Ident, e ast.Expr) []*ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return append(found, x)
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return found
		}
	}
}

func TestGlobalRulesSee(t *testing.T) {
	const text = `package p

var a, b int
var _ = 1
var m map[string]int
var s struct{ f []int }
var shadowed int

func F(b int) {
	a = 1
	b = 2
	m["x"]++
	s.f[0] += 1
	shadowed := 1
	shadowed = 2
	for a := range 3 {
		_ = a
	}
	panic("no")
}

func G() {
	a++
	os.Exit(1)
	log.Fatalf("no")
	log.Print("yes")
	_ = 2
}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	globals := map[string]bool{}
	for _, name := range variables(file) {
		globals[name] = true
	}
	var got []string
	for _, id := range changed(file, globals) {
		got = append(got, id.Name)
	}
	// F declares an a of its own further down: the rule lets that pass.
	if diff := cmp.Diff([]string{"m", "s", "a"}, got); diff != "" {
		t.Errorf("changed globals (-want +got):\n%s", diff)
	}
	if n := len(ends(file)); n != 3 {
		t.Errorf("%d calls that end something, want 3", n)
	}
}
