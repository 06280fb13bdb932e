package housetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The rules are only worth something if they see.
func TestUndocumentedSees(t *testing.T) {
	const text = `package p

// Doc.
func Good() {}
func Bad() {}
func (t *Type[K]) BadMethod() {}
func (u hidden) Method() {}

// Group.
const (
	GoodInGroup = 1
)
var (
	// GoodVar is documented.
	GoodVar, AlsoGood int
	BadVar int
	GoodLine int // a line comment
)
type (
	// Type is documented.
	Type[K any] struct{}
	BadType struct{}
)
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range file.Decls {
		for _, id := range undocumented(d) {
			got = append(got, id.Name)
		}
	}
	want := []string{"Bad", "BadMethod", "BadVar", "BadType"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("undocumented (-want +got):\n%s", diff)
	}
}

func TestLinesSees(t *testing.T) {
	s := &source{fset: token.NewFileSet()}
	file, err := parser.ParseFile(s.fset, "p.go", "package p\n\nfunc F() {\n\tprintln()\n}\n", 0)
	if err != nil {
		t.Fatal(err)
	}
	s.ast = file
	for f := range functions(s) {
		if got := s.lines(f); got != 3 {
			t.Errorf("F has %d lines, want 3", got)
		}
		if got := s.position(f.Name); got != "p.go:3:6" {
			t.Errorf("F is at %s", got)
		}
	}
}

func TestReceiver(t *testing.T) {
	for _, tt := range []struct{ method, want string }{
		{"func (T) m() {}", "T"},
		{"func (t *T) m() {}", "T"},
		{"func (t *T[K]) m() {}", "T"},
		{"func (t T[K, V]) m() {}", "T"},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "p.go", "package p\n"+tt.method, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := receiver(file.Decls[0].(*ast.FuncDecl)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.method, got, tt.want)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		want       bool
	}{
		{"./runtime", "./runtime", true},
		{"./runtime", "./runtime/broker", false},
		{"./runtime/...", "./runtime", true},
		{"./runtime/...", "./runtime/broker", true},
		{"./runtime/...", "./runtimes", false},
		{"net/http/...", "net/http/httptest", true},
	} {
		if got := covers(tt.name, tt.path); got != tt.want {
			t.Errorf("covers(%q, %q) = %v", tt.name, tt.path, got)
		}
	}
}
