package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

const module = "github.com/tqgen/taskqueue"

// A suite is a list of commands that run one after the other.
type suite struct {
	name  string
	steps []step
}

// A step is one command. The tests of a `go test -json` are counted one by
// one, any other command counts as one.
type step struct {
	args []string
	dir  string
	json bool
}

// suites divides the packages of the module: the house's own rules, the
// programs (end to end), and everything between (unit, conformance and property
// tests). Simulations compute for long in one goroutine each, where the race
// detector sees nothing and costs ten times the time. Of the benchmarks, a module
// of its own, it is enough that they build.
func suites(packages []string, race []string) []suite {
	var house, unit, simulations, endToEnd []string
	for _, p := range packages {
		switch rel := strings.TrimPrefix(p, module+"/"); {
		case strings.HasPrefix(rel, "internal/ci"), strings.HasPrefix(rel, "internal/house"):
			house = append(house, p)
		case strings.HasPrefix(rel, "cmd/"), strings.HasPrefix(rel, "examples/"), strings.HasPrefix(rel, "internal/e2e"), strings.HasPrefix(rel, "internal/newcomer"), strings.HasPrefix(rel, "internal/chaos"):
			endToEnd = append(endToEnd, p)
		case strings.HasPrefix(rel, "runtime/internal/autoscaler/sim"), strings.HasPrefix(rel, "internal/model"):
			simulations = append(simulations, p)
		default:
			unit = append(unit, p)
		}
	}
	all := []suite{
		{"house", houseSteps(house)},
		{"unit", append(goTest(longFirst(unit), race...), goTest(simulations)...)},
		{"end-to-end", goTest(longFirst(endToEnd))},
	}
	if exists("bench/go.mod") {
		all = append(all, suite{"bench", []step{
			{args: []string{"go", "build", "-o", os.DevNull, "./..."}, dir: "bench"},
			{args: []string{"go", "vet", "./..."}, dir: "bench"},
		}})
	}
	return all
}

// longest are the packages whose tests take longest, the longest first.
var longest = []string{
	"runtime/broker/redisbroker", "runtime", "internal/tq", "runtime/cli", "gen", "internal/redistest",
	"internal/e2e", "internal/chaos", "internal/newcomer", "examples/digest", "examples/servers",
}

// longFirst puts the longest packages first, as go test starts them in the order
// given: one that starts last has the machine for itself, and half of it idle.
func longFirst(packages []string) []string {
	place := func(p string) int {
		if i := slices.Index(longest, strings.TrimPrefix(p, module+"/")); i >= 0 {
			return i
		}
		return len(longest)
	}
	return slices.SortedStableFunc(slices.Values(packages), func(a, b string) int { return place(a) - place(b) })
}

func houseSteps(packages []string) []step {
	steps := []step{{args: []string{"go", "vet", "./..."}}}
	if exists("cmd/tqgen") {
		steps = append(steps, step{args: []string{"go", "run", "./cmd/tqgen", "-check", "./..."}})
	}
	return append(steps, goTest(packages)...)
}

func goTest(packages []string, flags ...string) []step {
	if len(packages) == 0 {
		return nil
	}
	args := append([]string{"go", "test", "-json", "-count=1", "-timeout=10m", "-vet=off"}, flags...) // the house vets all
	return []step{{args: append(args, packages...), json: true}}
}

// run runs every step, also after one that failed.
func (s suite) run(ctx context.Context, out io.Writer, env []string) result {
	r, start := result{suite: s.name}, time.Now()
	for _, step := range s.steps {
		step.run(ctx, out, env, &r)
	}
	r.elapsed = time.Since(start)
	return r
}

func (s step) run(ctx context.Context, out io.Writer, env []string, r *result) {
	cmd := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	cmd.Dir, cmd.Env = s.dir, env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	if s.json {
		s.runTests(cmd, out, r)
		return
	}
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	name := strings.Join(s.args, " ")
	r.add(name, err == nil)
	if err != nil {
		fmt.Fprintf(out, "FAIL %s: %v\n", name, err)
		return
	}
	fmt.Fprintln(out, "ok  ", name)
}

// runTests counts tests as they end. A command that fails without a failed
// test (it did not compile, say) is one failure.
func (s step) runTests(cmd *exec.Cmd, out io.Writer, r *result) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		r.add(err.Error(), false)
		return
	}
	before := r.failed
	readErr := countTests(stdout, out, r)
	err = cmd.Wait()
	if readErr != nil || err != nil && r.failed == before {
		fmt.Fprintf(out, "FAIL go test: %v %v\n%s", err, readErr, stderr.Bytes())
		r.add("go test", false)
	}
}

// listPackages names the packages of the module.
func listPackages(ctx context.Context) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list (run it at the root of the repository): %w", err)
	}
	return strings.Fields(string(out)), nil
}

// raceFlag is -race where a program with the race detector can be built and
// run: it needs cgo, a C compiler and its headers.
func raceFlag(ctx context.Context, out io.Writer) []string {
	probe := exec.CommandContext(ctx, "go", "test", "-race", "-count=1", "-run=^$", "errors")
	if msg, err := probe.CombinedOutput(); err != nil {
		fmt.Fprintf(out, "!!! no race detector (it needs cgo and a C compiler, e.g. gcc and libc6-dev): tests run WITHOUT -race\n%s", msg)
		return nil
	}
	fmt.Fprintln(out, "race detector: on")
	return []string{"-race"}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
