package codec_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tinylib/msgp/gen"
	"github.com/tinylib/msgp/parse"
)

// A writer writes random declarations. It says byte, never uint8: to msgp a
// slice of the one is binary and of the other an array; to Go, and to us, they
// are the same.
type writer struct {
	*rand.Rand
	b       strings.Builder
	structs int
	oracle  bool // only what msgp supports
}

// named are types with names that random fields use. What msgp would write in
// another form, or not at all, comes last.
const named = `
type (
	Word  string
	Small int8
	Wide  uint64
	Ratio float32
	Yes   bool
	Raw   []byte
	Words []string
	Hash  [4]byte
	Grid  [2][2]int16
	Dict  map[string]Word
)
`

const notInOracle = `
type (
	Octets []Octet
	Octet  uint8
	Wait   time.Duration
	Byte   = byte
	Page[T any] struct { Items []T; Next *T }
	Pair[K comparable, V any] struct { Key K; Value V }
)
`

// family is how many structs may have each other inside: more would make the
// last of them very large.
const family = 25

// random declares n structs. Each is a tuple or a map, and may have those of its
// family before it inside, or itself.
func random(seed uint64, n int, oracle bool) string {
	w := &writer{Rand: rand.New(rand.NewPCG(seed, 1)), oracle: oracle}
	w.b.WriteString("package random\n\nimport \"time\"\n" + named)
	if !oracle {
		w.b.WriteString(notInOracle)
	}
	tuples := "//msgp:tuple"
	for w.structs = range n {
		w.declare()
		if w.IntN(2) == 0 {
			tuples += fmt.Sprintf(" S%d", w.structs)
		}
	}
	w.b.WriteString("\n" + tuples + "\n\nvar _ time.Time\n")
	return w.b.String()
}

func (w *writer) declare() {
	fmt.Fprintf(&w.b, "\ntype S%d struct {\n", w.structs)
	if older := w.older(); older != "" && w.IntN(4) == 0 {
		fmt.Fprintf(&w.b, "\t%s%s\n", older, w.tag())
	}
	if w.oracle { // else msgp's code for slices of empty structs, and of maps before maps, does not compile
		w.b.WriteString("\tTop map[string]bool\n")
	}
	for i := range w.IntN(9) {
		fmt.Fprintf(&w.b, "\tF%d %s%s\n", i, w.typ(3), w.tag())
	}
	switch {
	case w.IntN(8) > 0:
	case w.oracle:
		fmt.Fprintf(&w.b, "\tSelf *S%d\n", w.structs)
	default:
		fmt.Fprintf(&w.b, "\tSelf %s\n", w.around(fmt.Sprint("S", w.structs)))
	}
	w.b.WriteString("}\n")
}

// around refers to a struct from inside of it.
func (w *writer) around(self string) string {
	return w.choose("*", "[]", "map[string]", "[]*", "map[int16]*", "map[string][]", "[1]*", "*[]", "[2][]") + self
}

// older is a struct of the family that has been declared; empty if none has.
func (w *writer) older() string {
	n := w.structs % family
	if n == 0 {
		return ""
	}
	return fmt.Sprint("S", w.structs-1-w.IntN(n))
}

func (w *writer) choose(list ...string) string { return list[w.IntN(len(list))] }

func (w *writer) tag() string {
	switch {
	case w.IntN(4) > 0:
		return ""
	case w.oracle || w.IntN(2) == 0:
		return fmt.Sprintf(" `msg:\"w%d\"`", w.IntN(1<<30))
	}
	return " `tq:\"" + w.choose("copy", "-", "copy") + "\"`"
}

func (w *writer) typ(depth int) string {
	if depth > 0 && w.IntN(3) == 0 {
		return w.compound(depth - 1)
	}
	if !w.oracle && w.IntN(4) == 0 {
		return w.choose("Octets", "Octet", "Wait", "[3]Byte", "[]Octet", "struct{}", "[0]string")
	}
	if older := w.older(); older != "" && w.IntN(5) == 0 {
		return older
	}
	return w.choose("bool", "int", "int8", "int16", "int32", "int64", "uint", "uint16", "uint32", "uint64",
		"float32", "float64", "string", "[]byte", "[7]byte", "time.Time", "time.Duration", "byte", "rune",
		"Word", "Small", "Wide", "Ratio", "Yes", "Raw", "Words", "Hash", "Grid", "Dict")
}

func (w *writer) compound(depth int) string {
	if w.oracle {
		return w.choose("[]", "[2]", "map[string]") + w.typ(depth)
	}
	switch w.IntN(6) {
	case 0:
		return "struct { A " + w.typ(depth) + "; B string `msg:\"b\"` }"
	case 1:
		return "Page[" + strings.TrimLeft(w.typ(depth), "*") + "]" // Page has a pointer to it
	case 2:
		return "Pair[" + w.choose("string", "Word", "int64", "Octet") + ", " + w.typ(depth) + "]"
	}
	elem := w.typ(depth)
	prefix := w.choose("[]", "[2]", "*", "map[string]", "map[Word]", "map[int]", "map[Octet]", "map[uint64]", "[]")
	if prefix == "*" && strings.HasPrefix(elem, "*") {
		prefix = "[]"
	}
	return prefix + elem
}

// all lists the structs for the checks.
func all(n int) string {
	var b strings.Builder
	b.WriteString("package random\n\nimport \"github.com/tqgen/taskqueue/internal/codectest\"\n\nfunc All() []codectest.Codec {\n\treturn []codectest.Codec{\n")
	for i := range n {
		fmt.Fprintf(&b, "\t\t&S%d{},\n", i)
	}
	b.WriteString("\t}\n}\n")
	return b.String()
}

// msgpMethods is what msgp itself generates for a file. Its generator has global
// state: one at a time.
func msgpMethods(t testing.TB, path string) string {
	t.Helper()
	files, err := parse.File(path, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.WriteString("package random\n\nimport (\n\t\"github.com/tinylib/msgp/msgp\"\n\t\"time\"\n)\n\nvar _ time.Time\nvar _ msgp.Raw\n")
	if err := files.PrintTo(gen.NewPrinter(gen.Marshal|gen.Unmarshal|gen.Size, &b, nil)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A module is a scratch module, inside of ours as far as imports go.
type module string

func newModule(t testing.TB) module {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	m := module(t.TempDir())
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if name == "go.mod" {
			text = strings.Replace(text, "module github.com/tqgen/taskqueue", "module github.com/tqgen/taskqueue/scratch", 1)
			text += fmt.Sprintf("\nrequire github.com/tqgen/taskqueue v0.0.0\n\nreplace github.com/tqgen/taskqueue => %s\n", root)
		}
		m.write(t, name, text)
	}
	return m
}

func (m module) write(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join(string(m), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs the go command.
func (m module) run(t testing.TB, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = string(m)
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

const checks = `package random_test

import (
	"math/rand/v2"
	"testing"

	"github.com/tqgen/taskqueue/internal/codectest"
	ours "github.com/tqgen/taskqueue/scratch/ours"
	theirs "github.com/tqgen/taskqueue/scratch/theirs"
	wild "github.com/tqgen/taskqueue/scratch/wild"
)

func TestSame(t *testing.T) {
	all := theirs.All()
	for i, c := range ours.All() {
		for seed := range uint64(20) {
			codectest.SameBytes(t, seed, c, all[i])
		}
	}
}

func TestAll(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, c := range append(wild.All(), ours.All()...) {
		for range 20 {
			codectest.RoundTrip(t, r, c)
		}
		codectest.Truncated(t, r, c)
		codectest.Hostile(t, r, c)
	}
}
`

// TestRandomStructs writes random structs, their codecs and those that msgp
// writes, and lets a test of their own check them. With TASKQUEUE_SOAK=1 they
// are a thousand.
func TestRandomStructs(t *testing.T) {
	seed, n := uint64(1), family
	if os.Getenv("TASKQUEUE_SOAK") == "1" {
		n = 500
	}
	m := newModule(t)
	for _, name := range []string{"wild", "ours", "theirs"} {
		types := random(seed, n, name != "wild")
		m.write(t, name+"/types.go", types)
		m.write(t, name+"/all.go", all(n))
		var methods string
		if name == "theirs" {
			methods = msgpMethods(t, filepath.Join(string(m), name, "types.go"))
		} else {
			methods = generate(t, types)
		}
		m.write(t, name+"/methods.go", methods)
	}
	m.write(t, "random_test.go", checks)
	if out, err := m.run(t, "vet", "./..."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := m.run(t, "test", "-timeout", "30m", "."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
