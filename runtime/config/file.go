package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// fileVariable names the file to read.
const fileVariable = "TASK_QUEUE_CONFIG"

// fileNames are looked for in this order.
var fileNames = []string{
	"task-queue.toml", "task-queue.yaml", "task-queue.yml",
	"config/task-queue.toml", "config/task-queue.yaml", "config/task-queue.yml",
}

// maxFileBytes bounds a configuration.
const maxFileBytes = 1 << 20

// readFile takes what the file says, if there is one.
func (l *loader) readFile(o *Options) {
	path := l.findFile(o)
	if path == "" {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		l.refuse(path, "", "it cannot be read: %v", plain(err))
		return
	}
	l.config.file = path
	l.readText(path, string(text))
}

// plain is the cause of an error about a file, without the path.
func plain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// findFile is the named file, or the first of the usual ones; it warns about
// others that are not read.
func (l *loader) findFile(o *Options) string {
	if o.File != "" {
		return o.File
	}
	if path := l.env[fileVariable]; path != "" {
		return path
	}
	found := ""
	for _, name := range fileNames {
		path := filepath.Join(o.Dir, filepath.FromSlash(name))
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			continue
		}
		if found == "" {
			found = path
			continue
		}
		l.warn(Problem{path, "", "it is not read: " + found + " comes first"})
	}
	return found
}

// readText takes what the text of a file says.
func (l *loader) readText(path, text string) {
	if len(text) > maxFileBytes {
		l.refuse(path, "", "it has %d bytes, at most %d are allowed", len(text), maxFileBytes)
		return
	}
	parse := parseTOML
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		parse = parseYAML
	}
	top, err := parse(text)
	if err != nil {
		place, message := path, err.Error()
		if e, ok := errors.AsType[*syntaxError](err); ok {
			place, message = at(path, e.line), e.message
		}
		l.refuse(place, "", "%s", message)
		return
	}
	f := &file{loader: l, path: path}
	f.table("", top)
	f.warnStrays()
}

func at(path string, line int) string {
	if line == 0 {
		return path
	}
	return path + ":" + strconv.Itoa(line)
}

// A file is one that is being read.
type file struct {
	*loader
	path   string
	strays []stray
}

// A stray is a key in the wrong table.
type stray struct {
	line       int
	table, key string
}

// warnStrays says once for each table which keys are not its own.
func (f *file) warnStrays() {
	for i := 0; i < len(f.strays); {
		first := f.strays[i]
		var found []string
		for ; i < len(f.strays) && f.strays[i].table == first.table; i++ {
			found = append(found, f.strays[i].key)
		}
		f.warn(Problem{at(f.path, first.line), first.table, fmt.Sprintf(
			"%s of another table, %s, and read as such; move what is not its own above [%s]: %s",
			counted(len(found), "key is", "keys are"), misplaced[first.table], first.table, strings.Join(found, ", "))})
	}
}

func (f *file) source(line int) source { return source{fromFile, at(f.path, line)} }

// olderTables are other names of tables.
var olderTables = map[string]string{"actix": "web", "axum": "web"}

// misplaced are keys that stand behind the header of a table that is not
// theirs, as in the sample files of the original.
var misplaced = map[string]string{
	"autoscaler.scaling_triggers": "autoscaler",
	"autoscaler.target_sla":       "autoscaler",
}

// table takes the keys of a table of the file.
func (f *file) table(prefix string, table node) {
	for _, e := range table.table {
		path := join(prefix, e.key)
		if name, ok := olderTables[path]; ok {
			path = name
		}
		switch {
		case path == "queues":
			f.queues(e)
		case isTable(path) && e.node.kind == tableNode:
			f.table(path, e.node)
		case isTable(path):
			f.refuse(at(f.path, e.line), path, "%v was found where a table is needed", e.node.kind)
		default:
			f.key(prefix, e)
		}
	}
}

func (f *file) key(prefix string, e entry) {
	path := join(prefix, e.key)
	if k := keyAt(path); k != nil {
		set(f.loader, f.config, k, path, e.node, f.source(e.line))
		return
	}
	if right, ok := misplaced[prefix]; ok && keyAt(join(right, e.key)) != nil {
		k := keyAt(join(right, e.key))
		f.strays = append(f.strays, stray{e.line, prefix, e.key})
		set(f.loader, f.config, k, k.path, e.node, f.source(e.line))
		return
	}
	f.refuse(at(f.path, e.line), path, "there is no such key%s", suggestion(prefix, e.key))
}

func join(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return prefix + "." + key
}

func keyAt(path string) *key[Config] {
	i := slices.IndexFunc(keys, func(k key[Config]) bool { return k.path == path })
	if i < 0 {
		return nil
	}
	return &keys[i]
}

func isTable(path string) bool {
	return slices.ContainsFunc(keys, func(k key[Config]) bool { return strings.HasPrefix(k.path, path+".") })
}

// suggestion looks for a key of the name in another table, then for one that is
// written alike.
func suggestion(prefix, name string) string {
	var paths, siblings []string
	for i := range keys {
		path := keys[i].path
		table, last := split(path)
		if last == name {
			return "; did you mean " + path + "?"
		}
		if table == prefix {
			siblings = append(siblings, last)
		}
		first, _, _ := strings.Cut(path, ".")
		if prefix == "" && !slices.Contains(siblings, first) {
			siblings = append(siblings, first)
		}
		paths = append(paths, path)
	}
	if prefix == "" {
		siblings = append(siblings, "queues")
	}
	if hint := didYouMean(name, siblings); hint != "" {
		return hint
	}
	return didYouMean(join(prefix, name), paths)
}

func split(path string) (table, last string) {
	i := strings.LastIndex(path, ".")
	return path[:max(i, 0)], path[i+1:]
}
