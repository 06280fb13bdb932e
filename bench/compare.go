package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const benchstat = "golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da"

// compared are the packages whose Go benchmarks are compared.
var compared = []string{"./runtime", "./runtime/internal/worker", "./runtime/broker/redisbroker", "./runtime/internal/autoscaler"}

// compare runs the Go benchmarks here and at another revision, in turns, and prints
// what benchstat says of them. The other revision is checked out beside.
func compare(ctx context.Context, base string) error {
	dir, err := os.MkdirTemp("", "bench-base")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	there := filepath.Join(dir, "tree")
	if err := command(ctx, "..", os.Stderr, "git", "worktree", "add", "--detach", there, base); err != nil {
		return err
	}
	defer command(context.WithoutCancel(ctx), "..", os.Stderr, "git", "worktree", "remove", "--force", there)
	results := map[string]*os.File{}
	for _, name := range []string{"base", "here"} {
		if results[name], err = os.Create(filepath.Join(dir, name)); err != nil {
			return err
		}
		defer results[name].Close()
	}
	for round := range 6 {
		for name, tree := range map[string]string{"base": there, "here": ".."} {
			fmt.Fprintf(os.Stderr, "round %d of 6: %s\n", round+1, name)
			args := append([]string{"test", "-run", "^$", "-bench", ".", "-benchtime", "0.3s", "-benchmem"}, compared...)
			if err := command(ctx, tree, results[name], "go", args...); err != nil {
				return fmt.Errorf("the benchmarks of %s: %w", name, err)
			}
		}
	}
	return command(ctx, "..", os.Stdout, "go", "run", benchstat, filepath.Join(dir, "base"), filepath.Join(dir, "here"))
}

func command(ctx context.Context, dir string, out *os.File, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Stdout, c.Stderr = dir, out, os.Stderr
	return c.Run()
}
