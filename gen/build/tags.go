package build

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/directive"
	"github.com/tqgen/taskqueue/gen/model"
)

// tags applies the tags of a field.
func (b *builder) tags(f *model.Field) {
	tag := reflect.StructTag(f.Tag)
	name, msg := tag.Lookup("msg")
	words, tq := tag.Lookup("tq")
	if malformed(f.Tag) {
		b.errs.Add(f.Position, diag.BadTag, "write `msg:\"name\" tq:\"copy\"`: each once, no space at the colon, one between", "the tag of %s is malformed: %s", f.Name, strconv.Quote(f.Tag))
		return
	}
	if msg {
		b.msgTag(f, name)
	}
	if tq {
		for word := range strings.SplitSeq(words, ",") {
			b.tqTag(f, strings.TrimSpace(word))
		}
	}
}

// malformed reports whether a tag of ours says something that nobody would read: it
// is not written as package reflect wants it, in another case, or a second time.
func malformed(tag string) bool {
	seen := map[string]bool{}
	for {
		tag = strings.TrimLeft(tag, " ")
		key, after, found := strings.Cut(tag, ":")
		value, err := strconv.QuotedPrefix(after)
		if !found || err != nil || value[0] != '"' || strings.ContainsAny(key, " \"") {
			rest := strings.ToLower(strings.ReplaceAll(tag, " ", ""))
			return strings.Contains(rest, "msg:") || strings.Contains(rest, "tq:")
		}
		ours := strings.ToLower(strings.Trim(key, ",;\t"))
		if (ours == "msg" || ours == "tq") && (key != ours || seen[key]) {
			return true
		}
		seen[key], tag = true, after[len(value):]
	}
}

func (b *builder) msgTag(f *model.Field, text string) {
	name, options, more := strings.Cut(text, ",")
	switch {
	case more:
		b.errs.Add(f.Position, diag.BadTag, "remove it", "the option %q in the msg tag of %s is not supported", options, f.Name)
	case name == "-":
		f.Skip = true
	case name != "":
		f.Wire = name
	}
}

func (b *builder) tqTag(f *model.Field, word string) {
	key, value, _ := strings.Cut(word, "=")
	switch {
	case word == "-":
		f.Skip = true
	case word == "copy":
		f.Copy = true
	case word == "secret":
		f.Secret = true
	case word == "optional":
		f.Optional = true
	case word == "unique":
		f.Unique = true
	case word == "key":
		f.Key = true
	case key == "max":
		b.maxTag(f, value)
	default:
		b.errs.Add(f.Position, diag.BadTag, diag.DidYouMean(word, []string{"-", "copy", "secret", "unique", "key", "optional", "max=64KiB"}), "unknown word %q in the tq tag of %s", word, f.Name)
	}
}

// maxSize is the largest payload of any store.
const maxSize = 16 << 20

func (b *builder) maxTag(f *model.Field, text string) {
	if n, ok := directive.ParseSize(text, maxSize); ok {
		f.Max = n
		return
	}
	b.errs.Add(f.Position, diag.BadTag, "use a size from 1 to 16MiB, as in tq:\"max=64KiB\"", "max=%q of %s is not a size", text, f.Name)
}

// limits checks that tags go with the type of a field.
func (b *builder) limits(f *model.Field, name string) {
	kind := f.Type.Kind
	if f.Max > 0 && kind != model.String && kind != model.Bytes && kind != model.Slice && kind != model.Map {
		b.errs.Add(f.Position, diag.BadTag, "remove it: max is for strings, byte slices, slices and maps", "max on the field %s, which has no length", name)
	}
	if f.Copy && !aliases(f.Type) {
		b.errs.Add(f.Position, diag.BadTag, "remove it: only strings and byte slices can alias the payload", "copy on the field %s, which never aliases it", name)
	}
}

// aliases reports whether a decoded value may hold on to the payload's memory.
func aliases(t *model.Type) bool {
	switch t.Kind {
	case model.String, model.Bytes:
		return true
	case model.Slice, model.Array, model.Pointer:
		return aliases(t.Elem)
	case model.Map:
		return aliases(t.Key) || aliases(t.Elem)
	case model.StructKind:
		return t.Struct.Inline
	}
	return false
}

// idle reports tags that would say nothing: of a field that does not travel, or
// that only a task has.
func (b *builder) idle(s *model.Struct, f *model.Field) {
	name := s.Package.Path + "." + s.Name
	task := !s.Inline && (b.tasks[name] != nil || b.newer[name] != nil)
	for _, tag := range []struct {
		word        string
		has, ofTask bool
	}{
		{"copy", f.Copy, false}, {"max", f.Max > 0, false}, {"secret", f.Secret, false},
		{"unique", f.Unique, true}, {"key", f.Key, true}, {"optional", f.Optional, false},
	} {
		switch {
		case tag.has && f.Skip:
			b.errs.Add(f.Position, diag.BadTag, "remove one of them", "%s on the field %s, which is not on the wire", tag.word, f.Name)
		case tag.has && tag.ofTask && !task:
			b.errs.Add(f.Position, diag.BadTag, "remove it, or put it on a field of the task", "%s on the field %s, which is of no task", tag.word, f.Name)
		}
	}
}
