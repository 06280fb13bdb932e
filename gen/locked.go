package gen

import (
	"errors"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/BurntSushi/toml"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/lock"
	"github.com/tqgen/taskqueue/gen/model"
)

// lock compares the tasks with tasks.lock and returns what it should hold; nil
// if there should be none.
func (r *run) lock() (path string, text []byte, err error) {
	path = filepath.Join(r.tree.Module.Dir, lock.File)
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, err
	}
	now := lock.Of(r.packages)
	if old != nil {
		before, err := lock.Parse(old)
		if err != nil {
			r.badLock(path, err)
			return path, nil, nil
		}
		now.Keep(before, func(task, path string) bool { return !r.tree.Matches(path) || r.hasTask(task) })
		if !r.Accept {
			now.Compare(before, func(task string) token.Position {
				return token.Position{Filename: path, Line: lock.Line(old, task), Column: 1}
			}, &r.errs)
		}
	}
	if len(now.Tasks) == 0 {
		return path, nil, nil
	}
	return path, now.Bytes(), nil
}

// hasTask reports whether any package of the module, also one that was not asked
// for, has a task of the name.
func (r *run) hasTask(wire string) bool {
	return slices.ContainsFunc(r.all, func(p *model.Package) bool {
		return slices.ContainsFunc(p.Tasks, func(t *model.Task) bool {
			return t.Wire == wire || slices.ContainsFunc(t.Was, func(a model.Alias) bool { return a.Wire == wire })
		})
	})
}

func (r *run) badLock(path string, err error) {
	at, text := token.Position{Filename: path, Line: 1, Column: 1}, err.Error()
	if parse := (toml.ParseError{}); errors.As(err, &parse) {
		at.Line, text = parse.Position.Line, parse.Message
	}
	r.errs.Add(at, diag.BadLock, "repair it, or take the version of the main branch and run tqgen", "%s", text)
}
