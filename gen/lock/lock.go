// Package lock keeps tasks.lock, the record of what tasks look like in the
// store. It is committed with the source, so that a change that would break
// tasks which are queued already shows before it is deployed.
package lock

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/tqgen/taskqueue/gen/model"
)

// File is the name of the record, at the root of the module.
const File = "tasks.lock"

// protocol is the version of the file's form.
const protocol = 1

// A Lock is what is recorded.
type Lock struct {
	Protocol int               `toml:"protocol"`
	Tasks    map[string]Task   `toml:"tasks"`   // by wire name
	Structs  map[string]Struct `toml:"structs"` // by import path and name
}

// A Task is what is recorded of a task.
type Task struct {
	Type    string   `toml:"type"` // import path and name, or a foreign one
	Was     []string `toml:"was"`  // older names
	Version int      `toml:"version"`
	Queue   string   `toml:"queue"`
	Older   []Shape  `toml:"older"`
	Result  string   `toml:"result"` // "" for none
	Hash    string   `toml:"hash"`   // of everything that its payload consists of

	position token.Position
}

// A Shape is the type of a payload in some version.
type Shape struct {
	Version int    `toml:"version"`
	Type    string `toml:"type"`
}

// shapes are all that can be read, the present one last.
func (t Task) shapes() []Shape { return append(slices.Clone(t.Older), Shape{t.Version, t.Type}) }

// shape is the type of a version, if it can be read.
func (t Task) shape(version int) (string, bool) {
	for _, s := range t.shapes() {
		if s.Version == version {
			return s.Type, true
		}
	}
	return "", false
}

// A Struct is the layout of a struct.
type Struct struct {
	Codec  string  `toml:"codec"` // map or tuple
	Fields []Field `toml:"fields"`

	position token.Position
}

// A Field is a field on the wire.
type Field struct {
	Name string `toml:"name"`
	Type string `toml:"type"`

	position token.Position
}

// Of records packages.
func Of(packages []*model.Package) *Lock {
	l := &Lock{Protocol: protocol, Tasks: map[string]Task{}, Structs: map[string]Struct{}}
	for _, p := range packages {
		for _, t := range p.Tasks {
			l.addTask(t)
		}
	}
	for name, t := range l.Tasks {
		t.Hash = l.hash(t.Type)
		l.Tasks[name] = t
	}
	return l
}

func (l *Lock) addTask(t *model.Task) {
	e := Task{Type: l.describe(t.Type), Version: max(t.Version, 1), Queue: "default", position: t.Position}
	if t.Settings.Queue != nil {
		e.Queue = *t.Settings.Queue
	}
	if t.Result != nil {
		e.Result = l.describe(t.Result.Type)
	}
	for _, o := range t.Older {
		e.Older = append(e.Older, Shape{o.Version, l.describe(o.Type)})
	}
	for _, a := range t.Was {
		e.Was = append(e.Was, a.Wire)
	}
	l.Tasks[t.Wire] = e
}

// named finds the task that runs what has a name, its present one or an older
// one.
func (l *Lock) named(name string) (Task, bool) {
	if t, ok := l.Tasks[name]; ok {
		return t, true
	}
	for _, t := range l.Tasks {
		if slices.Contains(t.Was, name) {
			return t, true
		}
	}
	return Task{}, false
}

// full writes packages with their import paths.
func full(r model.Ref) string { return r.Path }

// describe is the text for a type; structs are added on the way.
func (l *Lock) describe(t *model.Type) string {
	switch t.Kind {
	case model.Slice:
		return "[]" + l.describe(t.Elem)
	case model.Array:
		if t.Binary() {
			return fmt.Sprintf("[%d]byte", t.Len)
		}
		return fmt.Sprintf("[%d]%s", t.Len, l.describe(t.Elem))
	case model.Map:
		return "map[" + t.Key.Kind.String() + "]" + l.describe(t.Elem)
	case model.Pointer:
		return "*" + l.describe(t.Elem)
	case model.Foreign:
		return "own codec of " + t.Spell(full)
	case model.StructKind:
		return l.describeStruct(t)
	}
	return t.Kind.String()
}

func (l *Lock) describeStruct(t *model.Type) string {
	name := t.Struct.Package.Path + "." + t.Struct.Name
	if t.Struct.Inline {
		name = t.Spell(full)
	}
	if _, known := l.Structs[name]; known {
		return name
	}
	l.Structs[name] = Struct{} // it may contain itself
	s := Struct{Codec: "map", position: t.Struct.Position}
	if t.Struct.Tuple {
		s.Codec = "tuple"
	}
	for f := range t.Struct.Encoded() {
		s.Fields = append(s.Fields, Field{f.Wire, l.describe(f.Type), f.Position})
	}
	l.Structs[name] = s
	return name
}

// reach lists the structs that a type consists of, in the order of the fields.
func (l *Lock) reach(text string, into []string) []string {
	name := leaf(text)
	s, ok := l.Structs[name]
	if !ok || slices.Contains(into, name) {
		return into
	}
	into = append(into, name)
	for _, f := range s.Fields {
		into = l.reach(f.Type, into)
	}
	return into
}

// hash is a short fingerprint of all that a type consists of on the wire; the
// names of Go types do not matter.
func (l *Lock) hash(text string) string {
	order := l.reach(text, nil)
	anonymous := func(text string) string {
		name := leaf(text)
		if i := slices.Index(order, name); i >= 0 {
			return fmt.Sprintf("%s#%d", strings.TrimSuffix(text, name), i)
		}
		return text
	}
	h := sha256.New()
	fmt.Fprintln(h, anonymous(text))
	for _, name := range order {
		s := l.Structs[name]
		fmt.Fprintln(h, s.Codec)
		for _, f := range s.Fields {
			fmt.Fprintf(h, "%q %s\n", f.Name, anonymous(f.Type))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Keep adds what old has of the tasks for which keep, given their name and the
// import path of their package, is true.
func (l *Lock) Keep(old *Lock, keep func(task, path string) bool) {
	for name, t := range old.Tasks {
		if _, known := l.named(name); known || !keep(name, t.path()) {
			continue
		}
		l.Tasks[name] = t
		reached := old.reach(t.Result, nil)
		for _, s := range t.shapes() {
			reached = old.reach(s.Type, reached)
		}
		for _, s := range reached {
			if _, known := l.Structs[s]; !known {
				l.Structs[s] = old.Structs[s]
			}
		}
	}
}

// path is the import path of the task's package.
func (t Task) path() string {
	name := strings.TrimPrefix(t.Type, "own codec of ")
	return name[:max(strings.LastIndexByte(name, '.'), 0)]
}

// Parse reads a record. It is strict: a key that it does not know is an error.
func Parse(text []byte) (*Lock, error) {
	var l Lock
	meta, err := toml.Decode(string(text), &l)
	if err != nil {
		return nil, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("unknown key %s", unknown[0])
	}
	if l.Protocol != protocol {
		return nil, fmt.Errorf("protocol %d; this tqgen knows %d", l.Protocol, protocol)
	}
	return &l, nil
}

const header = `# What the tasks of this module look like in the store, written by tqgen. Commit
# it: tqgen refuses changes that would break tasks which are queued already.
`

// Bytes is the text of the record; the same for equal records.
func (l *Lock) Bytes() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%sprotocol = %d\n", header, l.Protocol)
	for _, name := range slices.Sorted(maps.Keys(l.Tasks)) {
		t := l.Tasks[name]
		fmt.Fprintf(&b, "\n%s\ntype = %q\n", section(name), t.Type)
		if len(t.Was) > 0 {
			fmt.Fprintf(&b, "was = [%s]\n", strings.Join(quoted(t.Was), ", "))
		}
		fmt.Fprintf(&b, "version = %d\nqueue = %q\n", t.Version, t.Queue)
		if len(t.Older) > 0 {
			b.WriteString("older = [\n")
			for _, o := range t.Older {
				fmt.Fprintf(&b, "\t{ version = %d, type = %q },\n", o.Version, o.Type)
			}
			b.WriteString("]\n")
		}
		if t.Result != "" {
			fmt.Fprintf(&b, "result = %q\n", t.Result)
		}
		fmt.Fprintf(&b, "hash = %q\n", t.Hash)
	}
	for _, name := range slices.Sorted(maps.Keys(l.Structs)) {
		s := l.Structs[name]
		fmt.Fprintf(&b, "\n[structs.%q]\ncodec = %q\nfields = [\n", name, s.Codec)
		for _, f := range s.Fields {
			fmt.Fprintf(&b, "\t{ name = %q, type = %q },\n", f.Name, f.Type)
		}
		b.WriteString("]\n")
	}
	return []byte(b.String())
}

func quoted(words []string) []string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = strconv.Quote(w)
	}
	return all
}

// Ours reports whether the text of a file is a record, and not a file of
// somebody else with the same name.
func Ours(text []byte) bool { return strings.HasPrefix(string(text), header[:len("# What the tasks")]) }

func section(task string) string { return fmt.Sprintf("[tasks.%q]", task) }

// Line is where a task stands in the text of a record; 1 if it is not there.
func Line(text []byte, task string) int {
	before, _, found := strings.Cut(string(text), section(task))
	if !found {
		return 1
	}
	return strings.Count(before, "\n") + 1
}
