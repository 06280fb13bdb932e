// Command ci runs every test suite of the repository, each one whatever became
// of the others, and sums up: a table of suites and a last line "N passed, N
// failed". `make test` and .ci/run call it; it exits 1 if anything failed.
//
//	go run ./internal/ci [suite ...]
//	go run ./internal/ci broker
//	go run ./internal/ci web
//
// The second form holds both stores against the law and the model, for longer, and
// ends with "broker: C cases, S steps, D divergences". The third tests the dashboard in
// a browser and ends with "web: E endpoints, P pages, A actions, C console errors".
//
// It needs Go alone. Redis is found (REDIS_SERVER, then redis-server or
// valkey-server on PATH) or, as root or with CI=true, installed; the race
// detector is used where it works.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Stdout, os.Args[1:])
	if err != nil && !errors.Is(err, errFailed) { // the summary's total stays the last line
		fmt.Fprintln(os.Stderr, "ci:", err)
	}
	if err != nil {
		os.Exit(1)
	}
}

// run prepares the machine and runs the named suites, or all if none is named.
// The error is errFailed where something failed.
func run(ctx context.Context, out io.Writer, names []string) error {
	if len(names) == 1 && names[0] == "broker" {
		return testBroker(ctx, out)
	}
	if len(names) == 1 && names[0] == "web" {
		return testWeb(ctx, out)
	}
	redis, setup := prepareRedis(ctx, out)
	packages, err := listPackages(ctx)
	if err != nil {
		return err
	}
	suites, err := choose(suites(packages, raceFlag(ctx, out)), names)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "taskqueue-ci-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)

	env := append(os.Environ(), "TMPDIR="+temp)
	if redis != "" {
		env = append(env, "REDIS_SERVER="+redis)
	}
	if prepareBrowser(ctx, out) {
		env = append(env, browserVariable)
	}
	results := []result{setup}
	for _, s := range suites {
		fmt.Fprintf(out, "\n=== %s\n", s.name)
		results = append(results, s.run(ctx, out, env))
	}
	return summarize(out, results)
}

// choose returns the suites with the given names, or all.
func choose(all []suite, names []string) ([]suite, error) {
	if len(names) == 0 {
		return all, nil
	}
	var chosen []suite
	for _, name := range names {
		i := slices.IndexFunc(all, func(s suite) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no suite %q; there are: %s", name, suiteNames(all))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func suiteNames(all []suite) string {
	var names []string
	for _, s := range all {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}

// A result is what became of a suite.
type result struct {
	suite          string
	passed, failed int
	skipped        []string
	failures       []string
	elapsed        time.Duration
}

// add books the outcome of one step or test.
func (r *result) add(name string, ok bool) {
	if ok {
		r.passed++
		return
	}
	r.failed++
	r.failures = append(r.failures, name)
}
