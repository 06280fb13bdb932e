package e2e_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const vetted = `package main

import (
	"context"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// taskqueue:task
type Lost struct{ N int }

//taskqueue:task quue=mail
type Misspelt struct{ N int }

//taskqueue:task result=int
type Send struct{ N int }

type client struct{}

func (client) Enqueue(context.Context, int) (int, error) { return 0, nil }

func use(ctx context.Context, q *taskqueue.Client) error {
	Send{}.Enqueue(ctx, q)
	go Send{}.Enqueue(ctx, q)
	future, _ := Send{}.Enqueue(ctx, q)
	(q.Enqueue(ctx, Send{}.Job()))
	defer q.EnqueueAll(ctx, Send{}.Job())

	client{}.Enqueue(ctx, 1) // somebody else's
	_, _ = Send{}.Enqueue(ctx, q)
	future, err := Send{}.Enqueue(ctx, q)
	_ = future
	return err
}

func main() { _ = use }
`

// byLine orders findings in one file by the line that they are on.
func byLine(a, b string) int {
	line := func(s string) int {
		n, _ := strconv.Atoi(strings.Split(s, ":")[1])
		return n
	}
	return line(a) - line(b)
}

// go vet with tqgen-vet finds what tqgen would refuse and errors that are lost.
func TestVet(t *testing.T) {
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	m := newModule(t)
	tool := filepath.Join(t.TempDir(), "tqgen-vet")
	module{t, checkout}.run("go", "build", "-o", tool, "./cmd/tqgen-vet")
	fine := strings.NewReplacer("// taskqueue:task", "//taskqueue:task", " quue=mail", "")
	m.write("main.go", fine.Replace(vetted))
	m.run(tqgen)
	m.write("main.go", vetted)
	out, err := m.try("go", "vet", "-vettool="+tool, "./...")
	if err == nil {
		t.Error("go vet finds nothing")
	}
	got := regexp.MustCompile(`(?m)^main\.go:\d+:\d+: .*?(\]|;|:)`).FindAllString(out, -1)
	slices.SortFunc(got, byLine) // go vet prints the analyzers' findings in any order
	want := []string{
		"main.go:9:1: this comment is no directive, but looks like one [TQ100]",
		`main.go:12:18: unknown key "quue" [TQ110]`,
		"main.go:23:2: the error of main.Send.Enqueue is ignored:",
		"main.go:24:5: the error of main.Send.Enqueue is ignored:",
		"main.go:25:15: the error of main.Send.Enqueue is ignored:",
		"main.go:26:3: the error of taskqueue.Client.Enqueue is ignored:",
		"main.go:27:8: the error of taskqueue.Client.EnqueueAll is ignored:",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, out)
	}
	m.write("main.go", fine.Replace(vetted))
	if out, _ := m.try("go", "vet", "-vettool="+tool, "-tqdirective", "./..."); strings.Contains(out, "main.go:") {
		t.Errorf("good directives:\n%s", out)
	}
}
