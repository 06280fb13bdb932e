package e2e_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// Two packages with tasks, and a third one whose struct both use.
var shared = map[string]string{
	"mail/mail.go":   "package mail\n\nimport \"example.com/shop/money\"\n\n//taskqueue:task\ntype Receipt struct{ Paid money.Amount }\n",
	"bill/bill.go":   "package bill\n\nimport \"example.com/shop/money\"\n\n//taskqueue:task\ntype Charge struct{ Due []money.Amount }\n",
	"money/money.go": "package money\n\ntype Amount struct {\n\tCents    int64\n\tCurrency string\n}\n",
	"main.go":        "package main\n\nfunc main() {}\n",
}

// One line at the root of the module, or one in each package: go generate writes
// the same.
func TestGoGenerate(t *testing.T) {
	const each, root = "//go:generate go tool tqgen .\n\n", "//go:generate go tool tqgen ./...\n\n"
	generate := func(t *testing.T, lines map[string]string) map[string]string {
		m := newModule(t)
		m.write("go.mod", m.read("go.mod")+"\ntool github.com/tqgen/taskqueue/cmd/tqgen\n")
		for name, text := range shared {
			m.write(name, lines[name]+text)
		}
		m.run("go", "generate", "./...")
		m.run("go", "tool", "tqgen", "-check")
		m.run("go", "vet", "./...")
		files := map[string]string{}
		for _, name := range []string{
			"tasks.lock", "mail/taskqueue_gen.go", "mail/taskqueue_msgp.go", "bill/taskqueue_gen.go", "bill/taskqueue_msgp.go", "money/taskqueue_msgp.go",
		} {
			files[name] = m.read(name)
		}
		return files
	}
	atRoot := generate(t, map[string]string{"main.go": root})
	inEach := generate(t, map[string]string{"mail/mail.go": each, "bill/bill.go": each})
	if diff := cmp.Diff(atRoot, inEach); diff != "" {
		t.Errorf("(-root +each):\n%s", diff)
	}
}

// What a task may be made of, in several packages: random values of it come back
// as they were, and whatever else comes is refused or read, at a bounded cost.
func TestRoundTripAcrossPackages(t *testing.T) {
	m := module{t, t.TempDir()}
	const path = "github.com/tqgen/taskqueue/scratch" // may import what is internal
	m.write("go.mod", "module "+path+"\n")
	m.use()
	archive, err := txtar.ParseFile("testdata/roundtrip.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		m.write(f.Name, strings.ReplaceAll(string(f.Data), "SCRATCH", path))
	}
	m.run(tqgen)
	m.run("go", "vet", "./...")
	m.run("go", "test", ".")
}
