package config

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Options say where Load looks. The zero value is what programs use that have
// no flags.
type Options struct {
	// File is read instead of the first of task-queue.toml, task-queue.yaml,
	// task-queue.yml and the same in config/. Default: the variable
	// TASK_QUEUE_CONFIG. It has to be there.
	File string

	// Dir is where the files are looked for. Default: the working directory.
	Dir string

	// Environ is the environment as NAME=VALUE. Default: os.Environ().
	Environ []string

	// Flags are what the command line says, by the names of Flags.
	Flags map[string]string

	// Code is what the program itself says: it changes the defaults, and
	// everything else overrides it.
	Code func(*Config)
}

// Load reads the configuration. The error is an *Error, which wraps
// taskqueue.ErrInvalid and holds everything that is wrong: keys that do not
// exist, values of the wrong type or outside their range, contradictions.
func Load(o Options) (*Config, error) {
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	l := newLoader(environment(o.Environ))
	l.readCode(o.Code)
	l.readFile(&o)
	l.readEnvironment()
	l.readFlags(o.Flags)
	l.checkTogether()
	slices.SortFunc(l.config.Queues, func(a, b Queue) int { return strings.Compare(a.Name, b.Name) })
	if len(l.problems) > 0 {
		return nil, &Error{l.problems}
	}
	return l.config, nil
}

// A source is where a value came from.
type source struct {
	rank  rank
	place string // FILE:LINE, a variable, --FLAG, "code"
}

type rank uint8

const (
	fromDefault rank = iota
	fromCode
	fromFile
	fromEnvironment
	fromFlag
)

// A loader collects values and what is wrong with them.
type loader struct {
	config   *Config
	env      map[string]string
	problems []Problem
}

func newLoader(env map[string]string) *loader {
	c := Default()
	c.sources = map[string]source{}
	return &loader{config: c, env: env}
}

func environment(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, e := range environ {
		if name, value, ok := strings.Cut(e, "="); ok {
			env[name] = value
		}
	}
	return env
}

func (l *loader) refuse(place, key, format string, args ...any) {
	l.problems = append(l.problems, Problem{place, key, fmt.Sprintf(format, args...)})
}

func (l *loader) warn(p Problem) { l.config.Warnings = append(l.config.Warnings, p) }

// set stores a value at a path, or says what is wrong with it. What the same
// kind of source says twice is a contradiction, unless it is the same.
func set[C any](l *loader, c *C, k *key[C], path string, n node, from source) {
	before := *c
	if err := k.value.store(c, n); err != nil {
		*c = before
		l.refuse(from.place, path, "%v", err)
		return
	}
	if old, ok := l.config.sources[path]; ok && old.rank == from.rank && k.value.show(c) != k.value.show(&before) {
		l.refuse(from.place, path, "%s says something else (%s, not %s); drop one of them", old.place, k.value.show(&before), k.value.show(c))
		return
	}
	l.note(path, from)
}

// note remembers where a value came from.
func (l *loader) note(path string, from source) {
	l.config.sources[path] = from
}

// readCode takes what the program says, and checks it like all else.
func (l *loader) readCode(code func(*Config)) {
	if code == nil {
		return
	}
	before := Default()
	code(l.config)
	l.config.sources, l.config.Warnings = map[string]source{}, nil
	from := source{fromCode, "code"}
	for i := range keys {
		k := &keys[i]
		if err := k.value.check(l.config); err != nil {
			l.refuse(from.place, k.path, "%v", err)
		}
		if k.value.show(l.config) != k.value.show(before) {
			l.note(k.path, from)
		}
	}
	l.checkCodeQueues(from)
}

// readFlags takes what the command line says. The flags are known: cli made
// them of the same table.
func (l *loader) readFlags(flags map[string]string) {
	for i := range keys {
		k := &keys[i]
		if text, ok := flags[k.flag]; ok && k.flag != "" {
			set(l, l.config, k, k.path, k.value.parse(text), source{fromFlag, "--" + k.flag})
		}
	}
	known := []string{configFlag}
	for _, f := range Flags() {
		known = append(known, f.Name)
	}
	for name := range flags {
		if !slices.Contains(known, name) {
			l.refuse("--"+name, "", "there is no such flag%s", didYouMean(name, known))
		}
	}
}

const configFlag = "config"

// A Flag is a key that the command line can set.
type Flag struct {
	Name  string
	Short string // a letter, or empty
	Usage string
	Key   string
	Bool  bool // without a value it means true
}

// Flags are the flags of all keys that have one, in the order of the reference.
func Flags() []Flag {
	var flags []Flag
	for i := range keys {
		if k := &keys[i]; k.flag != "" {
			s := k.value.shape()
			flags = append(flags, Flag{k.flag, k.short, k.doc + " " + usage(s), k.path, s.kind == "boolean"})
		}
	}
	return flags
}

func usage(s shape) string {
	if s.kind == "boolean" {
		return ""
	}
	return "(" + s.limits + ")"
}
