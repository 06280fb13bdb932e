// Package scaffold writes a new project: a task, a program that enqueues and
// works it, and its test.
package scaffold

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
)

//go:embed template
var template embed.FS

// Config describes a project.
type Config struct {
	Dir     string // must be empty or not there
	Module  string // default: example.com/ and the name of the folder
	Version string // of the runtime, as in v1.2.3; "": go mod tidy takes the newest
}

// The words in the template that a project replaces.
const (
	moduleWord  = "example.com/project"
	requireLine = "// require\n"
)

// Write makes the project and returns the names of its files.
func Write(c Config) ([]string, error) {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, err
	}
	if c.Module == "" {
		c.Module = "example.com/" + filepath.Base(dir)
	}
	if err := module.CheckImportPath(c.Module); err != nil {
		return nil, fmt.Errorf("%w; name the module: tqgen init -module example.com/name DIR", err)
	}
	if err := empty(dir); err != nil {
		return nil, err
	}
	return c.write(dir)
}

func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty; init starts a new project", dir)
	}
	return nil
}

func (c Config) write(dir string) ([]string, error) {
	var names []string
	err := fs.WalkDir(template, "template", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := template.ReadFile(name)
		if err != nil {
			return err
		}
		// The files have names that the go command does not look at.
		name = strings.TrimSuffix(strings.TrimPrefix(name, "template/"), ".txt")
		names = append(names, name)
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(path.Dir(name))), 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, []byte(c.fill(string(text))), 0o644)
	})
	return names, err
}

func (c Config) fill(text string) string {
	require := ""
	if c.Version != "" {
		require = "require github.com/tqgen/taskqueue " + c.Version + "\n"
	}
	return strings.NewReplacer(moduleWord, c.Module, requireLine, require).Replace(text)
}
