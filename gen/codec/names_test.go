package codec_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/tqgen/taskqueue/gen/codec"
)

// exports finds what the compiler knows of the packages that generated code may
// import.
func exports(t *testing.T) importer.Lookup {
	t.Helper()
	paths, err := exported()
	if err != nil {
		t.Fatal(err)
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(paths[path]) }
}

var exported = sync.OnceValues(func() (map[string]string, error) {
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "../../runtime/codegen").Output()
	paths := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		paths[path] = file
	}
	return paths, err
})

// compiles checks a package of two files.
func compiles(t *testing.T, source, methods string) {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for name, text := range map[string]string{"types.go": source, "methods.go": methods} {
		file, err := parser.ParseFile(fset, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", exports(t))}
	if _, err := config.Check("example.com/names", fset, files, nil); err != nil {
		t.Errorf("%v\n%s", err, methods)
	}
}

// TestNames generates for packages that declare, import or call their fields
// whatever the generated code would like to call its own.
func TestNames(t *testing.T) {
	for name, source := range map[string]string{
		"time by another name": "package names\nimport t \"time\"\ntype A struct { At t.Time; For t.Duration; Times []t.Time }",
		"declared": `package names
			type ( t string; b []string; m map[string]int; n int; err bool; depth struct { Next *depth; codegen codegen }; codegen struct { A string } )
			type A struct { T t; B b; M m; N n; E err; D *depth; C codegen; K1 map[t]b; Next *A }
			func i1() {}
			var k2, v3, key2, n4 int`,
		"fields":   "package names\ntype A struct { t, b, m, err, codegen string }",
		"dollars":  "package names\ntype A struct {\n X string `msg:\"$b $e %s %%\"`\n}",
		"unicode":  "package names\ntype Größe struct { Höhe float64 `msg:\"höhe\"`; Next *Größe }",
		"no field": "package names\ntype A struct {}\ntype B struct { A A; Many []struct{}; Map map[string]struct{} }\n//msgp:tuple A",
	} {
		t.Run(name, func(t *testing.T) {
			compiles(t, source, generate(t, source))
		})
	}
}

func TestPredeclaredNamesAreNeeded(t *testing.T) {
	_, err := codec.Source(read(t, "package names\nfunc append() {}\ntype A struct { S string }"))
	want := `package example.com/names declares "append", whose usual meaning generated code needs: give it another name`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestNothingToWrite(t *testing.T) {
	if out, err := codec.Source(read(t, "package names\ntype Locale string")); out != nil || err != nil {
		t.Errorf("%s, %v", out, err)
	}
}

// TestManyFields: msgp needs a time that doubles with each omitempty field beyond
// sixty-four.
func TestManyFields(t *testing.T) {
	var b strings.Builder
	b.WriteString("package names\ntype A struct {\n")
	for i := range 300 {
		fmt.Fprintf(&b, "F%d []string\n", i)
	}
	b.WriteString("}\n")
	compiles(t, b.String(), generate(t, b.String()))
}

func TestSameInputSameOutput(t *testing.T) {
	source := random(7, family, false)
	first := generate(t, source)
	for range 5 {
		if generate(t, source) != first {
			t.Fatal("two runs differ")
		}
	}
}
