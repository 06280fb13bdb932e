package gen

import (
	"bytes"
	"errors"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/tqgen/taskqueue/gen/codec"
	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/lock"
	"github.com/tqgen/taskqueue/gen/model"
	"github.com/tqgen/taskqueue/gen/render"
)

// State says what is wrong with a file.
type State string

// The states of files.
const (
	Missing  State = "missing"  // it is not there
	Stale    State = "stale"    // it has other bytes
	Orphaned State = "orphaned" // nothing needs it any more
)

// A Change is a file that is not, or was not, what it should be.
type Change struct {
	Path  string // as seen from Config.Dir, with slashes
	State State

	file     string // absolute
	old, new []byte
}

// Diff shows, in a few lines, how a stale file differs from what it should be.
// It is empty for other states.
func (c Change) Diff() string {
	if c.State != Stale {
		return ""
	}
	return diff(c.old, c.new)
}

// apply brings the file into its state. A reader sees the old file or the new
// one, never a part.
func (c Change) apply() error {
	if c.State == Orphaned {
		return os.Remove(c.file)
	}
	f, err := os.CreateTemp(filepath.Dir(c.file), "."+filepath.Base(c.file)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(c.new)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), c.file)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// render returns the contents of all files, by absolute path.
func (r *run) render() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, p := range r.packages {
		for _, f := range []struct {
			name   string
			needed bool
			source func(*model.Package) ([]byte, error)
		}{
			{model.TasksFile, render.Needed(p), render.Source},
			{model.CodecFile, len(p.Structs) > 0, codec.Source},
		} {
			if !f.needed {
				continue
			}
			text, err := f.source(p)
			if err != nil {
				return nil, err
			}
			files[filepath.Join(p.Dir, f.name)] = text
		}
	}
	path, text, err := r.lock()
	if text != nil {
		files[path] = text
	}
	return files, err
}

// compare finds the files that are not as they should be.
func (r *run) compare(files map[string][]byte) ([]Change, error) {
	var changes []Change
	for _, path := range slices.Sorted(maps.Keys(files)) {
		old, err := os.ReadFile(path)
		state := Stale
		switch {
		case errors.Is(err, fs.ErrNotExist):
			state = Missing
		case err != nil:
			return nil, err
		case bytes.Equal(old, files[path]):
			continue
		case filepath.Base(path) != lock.File && !bytes.HasPrefix(old, []byte(model.Header)):
			r.errs.Add(token.Position{Filename: path, Line: 1, Column: 1}, diag.NotOurs, "move the file, or give it another name", "the file has a name that tqgen needs, but was not written by it")
			continue
		}
		changes = append(changes, r.change(path, state, old, files[path]))
	}
	orphans, err := r.orphans(files)
	return append(changes, orphans...), err
}

func (r *run) change(path string, state State, old, text []byte) Change {
	return Change{Path: diag.Relative(r.Dir, path), State: state, file: path, old: old, new: text}
}

// orphans finds our files that nothing needs any more.
func (r *run) orphans(files map[string][]byte) ([]Change, error) {
	var changes []Change
	ours := []string{filepath.Join(r.tree.Module.Dir, lock.File)}
	for _, d := range r.tree.Dirs {
		for _, name := range d.Output {
			if r.tree.Selected[d.Import] {
				ours = append(ours, filepath.Join(d.Path, name))
			}
		}
	}
	for _, path := range ours {
		if _, needed := files[path]; needed {
			continue
		}
		old, err := os.ReadFile(path)
		switch {
		case err == nil && filepath.Base(path) == lock.File && !lock.Ours(old):
			continue
		case err == nil:
			changes = append(changes, r.change(path, Orphaned, old, nil))
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return changes, nil
}
