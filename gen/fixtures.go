package gen

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/tqgen/taskqueue/gen/fixture"
)

// Fixtures writes one encoded payload of each task in each version that it knows
// into a folder, which it makes if needed. What is there stays as it is: it is
// what a queue may still hold. A relative folder is one of the working directory.
func Fixtures(ctx context.Context, c Config, folder string) (Result, error) {
	r, result, err := readFor(ctx, c)
	if err != nil || len(result.Diagnostics) > 0 {
		return result, err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return Result{}, err
	}
	changes, err := r.compareIn(folder, fixture.Files(result.Packages))
	result.Changes = slices.DeleteFunc(changes, func(c Change) bool { return c.State != Missing })
	if err != nil || c.Check {
		return result, err
	}
	return result, write(folder, result.Changes)
}

// readFor reads the source for something else than to generate code.
func readFor(ctx context.Context, c Config) (*run, Result, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, Result{}, err
	}
	r := &run{Config: c}
	if err := r.read(ctx); err != nil {
		return nil, Result{}, err
	}
	return r, Result{Packages: r.selected(), Diagnostics: r.diagnostics()}, nil
}

// write brings the files of a folder into their states.
func write(folder string, changes []Change) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, c := range changes {
		if err := c.apply(); err != nil {
			return err
		}
	}
	return nil
}
