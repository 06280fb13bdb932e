package lock

import (
	"fmt"
	"go/token"
	"maps"
	"slices"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
)

const (
	newName    = "keep it as it was, or raise version= and keep the older shape as a type with Upgrade; if none is queued: tqgen -accept"
	appendOnly = "add new fields at the end; or raise version= and keep the older shape as a type with Upgrade; if none is queued: tqgen -accept"
	newTask    = "keep it as it was, or declare a new task beside it; if none is queued: tqgen -accept"
)

// Compare reports every change from old to l that breaks tasks in flight. gone
// says where to report that a task is gone.
func (l *Lock) Compare(old *Lock, gone func(task string) token.Position, errs *diag.List) {
	c := comparison{old, l, errs, map[[2]string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(old.Tasks)) {
		before := old.Tasks[name]
		for _, was := range before.Was {
			if _, ok := l.named(was); !ok {
				errs.Add(gone(name), diag.Incompatible, "keep was="+was+"; if none is queued: tqgen -accept", "nothing runs %q any more, as the task %q did", was, name)
			}
		}
		after, ok := l.named(name)
		if !ok {
			errs.Add(gone(name), diag.Incompatible, "if it was renamed, add was="+name+"; if none is queued: tqgen -accept", "the task %q is gone: those that are queued would find no worker", name)
			continue
		}
		c.payloads(name, before, after)
		if before.Result != "" && !c.types(before.Result, after.Result) {
			errs.Add(after.position, diag.Incompatible, newTask, "the result of the task %q was %s and is now %s", name, before.Result, orNone(after.Result))
		}
	}
}

// payloads compares every shape that a payload may still have.
func (c *comparison) payloads(name string, before, after Task) {
	if after.Version < before.Version {
		c.errs.Add(after.position, diag.Incompatible, fmt.Sprintf("version=%d; if none is queued: tqgen -accept", before.Version), "the task %q was at version %d and is now at %d", name, before.Version, after.Version)
		return
	}
	for _, old := range before.shapes() {
		now, ok := after.shape(old.Version)
		switch {
		case !ok:
			typ := after.Type[strings.LastIndexByte(after.Type, '.')+1:]
			fix := fmt.Sprintf("declare it as the type %sV%d with func (v %[1]sV%[2]d) Upgrade() %[1]s; if none is queued: tqgen -accept", typ, old.Version)
			c.errs.Add(after.position, diag.Incompatible, fix, "version %d of the task %q, which may be queued, cannot be read", old.Version, name)
		case !c.types(old.Type, now):
			c.errs.Add(after.position, diag.Incompatible, newName, "the payload of the task %q was %s and is now %s", name, old.Type, now)
		}
	}
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

type comparison struct {
	old, new *Lock
	errs     *diag.List
	seen     map[[2]string]bool
}

// types reports whether two types have one form on the wire, but for fields of
// structs: those are compared, and reported, one by one.
func (c *comparison) types(before, after string) bool {
	for {
		p, rest := peel(before)
		q, more := peel(after)
		if p != q {
			return false
		}
		if p == "" {
			break
		}
		before, after = rest, more
	}
	old, wasStruct := c.old.Structs[before]
	s, isStruct := c.new.Structs[after]
	if !wasStruct || !isStruct {
		return before == after
	}
	if pair := [2]string{before, after}; !c.seen[pair] {
		c.seen[pair] = true
		c.structs(after, old, s)
	}
	return true
}

// peel cuts the outermost part off a type: "[]", "[4]", "map[string]" or "*".
func peel(text string) (outer, rest string) {
	switch {
	case strings.HasPrefix(text, "*"):
		return "*", text[1:]
	case strings.HasPrefix(text, "["), strings.HasPrefix(text, "map["):
		i := strings.IndexByte(text, ']') + 1
		return text[:i], text[i:]
	}
	return "", text
}

// leaf is the innermost part of a type.
func leaf(text string) string {
	for {
		outer, rest := peel(text)
		if outer == "" {
			return text
		}
		text = rest
	}
}

func (c *comparison) structs(name string, old, s Struct) {
	short := name[strings.LastIndexByte(name, '/')+1:]
	switch {
	case old.Codec != s.Codec:
		c.errs.Add(s.position, diag.Incompatible, newTask, "%s was encoded with codec=%s and is now with codec=%s", short, old.Codec, s.Codec)
	case s.Codec == "tuple":
		c.tuple(short, old, s)
	default:
		c.fields(short, old, s)
	}
}

// fields compares structs whose fields go by name.
func (c *comparison) fields(name string, old, s Struct) {
	for i, before := range old.Fields {
		j := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == before.Name })
		switch {
		case j >= 0:
			c.field(name, before, s.Fields[j])
		case i < len(s.Fields) && s.Fields[i].Type == before.Type && !has(old.Fields, s.Fields[i].Name):
			f := s.Fields[i]
			c.errs.Add(f.position, diag.Incompatible, `keep its name on the wire with the tag msg:"`+before.Name+`"; if none is queued: tqgen -accept`, "the field %s of %s was called %s", f.Name, name, before.Name)
		default:
			c.errs.Add(s.position, diag.Incompatible, newName, "the field %s of %s is gone", before.Name, name)
		}
	}
}

func has(fields []Field, name string) bool {
	return slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name })
}

func (c *comparison) field(name string, before, after Field) {
	if !c.types(before.Type, after.Type) {
		c.errs.Add(after.position, diag.Incompatible, newName, "the field %s of %s had the type %s and now has %s", after.Name, name, before.Type, after.Type)
	}
}

// tuple compares structs whose fields go by their place: nothing but adding to
// the end is safe.
func (c *comparison) tuple(name string, old, s Struct) {
	for i, before := range old.Fields {
		switch {
		case i >= len(s.Fields):
			c.errs.Add(s.position, diag.Incompatible, appendOnly, "the field %s of %s, which is a tuple, is gone", before.Name, name)
		case s.Fields[i].Name != before.Name && has(old.Fields, s.Fields[i].Name):
			c.errs.Add(s.Fields[i].position, diag.Incompatible, appendOnly, "the field %s of %s, which is a tuple, was in another place: here was %s", s.Fields[i].Name, name, before.Name)
			return
		case s.Fields[i].Name != before.Name && has(s.Fields, before.Name):
			c.errs.Add(s.Fields[i].position, diag.Incompatible, appendOnly, "the field %s of %s, which is a tuple, is new and not at the end", s.Fields[i].Name, name)
			return
		default:
			c.field(name, before, s.Fields[i])
		}
	}
}
