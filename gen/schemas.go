package gen

import (
	"bytes"
	"context"
	"errors"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/schema"
)

// Schemas writes what package schema says of the tasks into a folder, which it
// makes if needed: a file for each payload and each result, and TASKS.md. Other
// files that it wrote there before are removed. A relative folder is one of the
// working directory.
func Schemas(ctx context.Context, c Config, folder string) (Result, error) {
	r, result, err := readFor(ctx, c)
	if err != nil || len(result.Diagnostics) > 0 {
		return result, err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return Result{}, err
	}
	files, err := schema.Files(result.Packages)
	if err != nil {
		return Result{}, err
	}
	result.Changes, err = r.compareSchemas(folder, files)
	result.Diagnostics = r.errs.Sorted(r.Dir, func(string) bool { return true })
	if err != nil || len(result.Diagnostics) > 0 || c.Check {
		return result, err
	}
	return result, write(folder, result.Changes)
}

// compareIn finds the files of a folder that are not as they should be.
func (r *run) compareIn(folder string, files map[string][]byte) ([]Change, error) {
	var changes []Change
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(folder, name)
		old, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			changes = append(changes, r.change(path, Missing, nil, files[name]))
		case err != nil:
			return nil, err
		case !bytes.Equal(old, files[name]):
			changes = append(changes, r.change(path, Stale, old, files[name]))
		}
	}
	return changes, nil
}

// compareSchemas finds the files in a folder that are not as they should be, and
// those that are somebody else's.
func (r *run) compareSchemas(folder string, files map[string][]byte) ([]Change, error) {
	changes, err := r.compareIn(folder, files)
	if err != nil {
		return nil, err
	}
	changes = slices.DeleteFunc(changes, func(c Change) bool {
		theirs := c.State == Stale && !bytes.Contains(c.old, []byte(schema.Mark))
		if theirs {
			r.errs.Add(token.Position{Filename: c.file, Line: 1, Column: 1}, diag.NotOurs, "move the file, or write to another folder", "the file has a name that tqgen needs, but was not written by it")
		}
		return theirs
	})
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if _, wanted := files[e.Name()]; wanted || filepath.Ext(path) != ".json" || !e.Type().IsRegular() {
			continue
		}
		if old, err := os.ReadFile(path); err != nil {
			return nil, err
		} else if bytes.Contains(old, []byte(schema.Mark)) {
			changes = append(changes, r.change(path, Orphaned, old, nil))
		}
	}
	return changes, nil
}
