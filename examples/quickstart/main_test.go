package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The program in the README is this one, from its package clause on.
func TestReadmeProgram(t *testing.T) {
	readme := read(t, "../../README.md")
	_, rest, _ := strings.Cut(readme, "```go\n")
	shown, _, _ := strings.Cut(rest, "```\n")
	source := read(t, "main.go")
	if diff := cmp.Diff(source[strings.Index(source, "package main"):], shown); diff != "" {
		t.Errorf("README.md shows another program (-main.go +README.md):\n%s", diff)
	}
	if strings.Count(readme, "```go\n") != 1 {
		t.Error("README.md has further Go code that no test compiles")
	}
}

func TestProgram(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "quickstart")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	out, err := exec.Command(binary).Output()
	if err != nil || string(out) != "Hello, world!\n" {
		t.Errorf("it prints %q, %v", out, err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
