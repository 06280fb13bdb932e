package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// root is the checkout that the modules of the tests use.
const root = "../.."

// tqgen is the program under test.
var tqgen = filepath.Join(os.TempDir(), fmt.Sprintf("tqgen-e2e-%d", os.Getpid()))

func TestMain(m *testing.M) {
	out, err := exec.Command("go", "build", "-o", tqgen, root+"/cmd/tqgen").CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "build tqgen: %v\n%s", err, out)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := os.Remove(tqgen); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		os.Exit(code)
	}))
}

// A module is one in a temporary folder that uses this checkout.
type module struct {
	t   *testing.T
	dir string
}

// newModule makes a module that needs what this one needs, at the same
// versions, so that building it needs no network.
func newModule(t *testing.T) module {
	t.Helper()
	m := module{t, t.TempDir()}
	m.write("go.mod", "module example.com/shop\n")
	m.use()
	return m
}

// use adds this checkout to a go.mod that is there.
func (m module) use() {
	m.t.Helper()
	checkout, err := filepath.Abs(root)
	if err != nil {
		m.t.Fatal(err)
	}
	needs, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		m.t.Fatal(err)
	}
	_, needs, _ = bytes.Cut(needs, []byte("\n")) // without its module line
	own := m.read("go.mod")
	own = strings.ReplaceAll(own, "\ngo 1.26\n", "\n")
	m.write("go.mod", own+"\nrequire github.com/tqgen/taskqueue v0.0.0\nreplace github.com/tqgen/taskqueue => "+checkout+"\n"+withoutTools(string(needs)))
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		m.t.Fatal(err)
	}
	m.write("go.sum", string(sums))
}

// withoutTools drops the tool lines, which name packages of this module.
func withoutTools(mod string) string {
	var b strings.Builder
	for line := range strings.Lines(mod) {
		if !strings.HasPrefix(line, "tool ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func (m module) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m module) read(name string) string {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, filepath.FromSlash(name)))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(text)
}

// replace changes a file of the module.
func (m module) replace(name, old, text string) {
	m.t.Helper()
	before := m.read(name)
	if strings.Count(before, old) != 1 {
		m.t.Fatalf("%s has %d of %q, not one", name, strings.Count(before, old), old)
	}
	m.write(name, strings.Replace(before, old, text, 1))
}

// try runs a command in the module.
func (m module) try(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(m.t.Context(), name, args...)
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// run runs a command that must not fail.
func (m module) run(name string, args ...string) string {
	m.t.Helper()
	out, err := m.try(name, args...)
	if err != nil {
		m.t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return out
}

// fails runs a command that must fail, and say what is wanted.
func (m module) fails(wanted, name string, args ...string) {
	m.t.Helper()
	out, err := m.try(name, args...)
	if err == nil || !strings.Contains(out, wanted) {
		m.t.Errorf("%s %s: %v, and not %q:\n%s", filepath.Base(name), strings.Join(args, " "), err, wanted, out)
	}
}
