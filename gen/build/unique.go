package build

import (
	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/directive"
	"github.com/tqgen/taskqueue/gen/model"
	"go/token"
)

// unique finds the fields that make a task unique: those of unique=, or those
// with the tag.
func (b *builder) unique(t *model.Task, v *directive.Values) {
	u := &model.Unique{Within: v.Within.Length}
	tagged := b.taggedUnique(t, u)
	switch {
	case len(v.Unique) > 0 && tagged:
		b.errs.Add(v.Unique[0].Position, diag.Conflict, "keep one of them", `unique= on %s, and tq:"unique" on a field`, t.Name)
	case len(v.Unique) == 0 && !tagged:
		if at := v.Within.Position; at.IsValid() {
			b.errs.Add(at, diag.Conflict, "add unique=payload or unique=Field,Field", "within= without unique=")
		}
		return
	case len(v.Unique) == 1 && v.Unique[0].Text == "payload":
		u.Payload = true
	default:
		for _, w := range v.Unique {
			b.uniqueField(t, u, w)
		}
	}
	t.Unique = u
	if u.Payload && t.Type != nil && unordered(t.Type, map[*model.Struct]bool{}) {
		b.errs.Add(v.Unique[0].Position, diag.BadUnique, "name the fields: unique=Field,Field", "unique=payload on %s, which has a map: its order is not the same each time", t.Name)
	}
}

func (b *builder) taggedUnique(t *model.Task, u *model.Unique) bool {
	if t.Type == nil || t.Type.Struct == nil {
		return false
	}
	for f := range t.Type.Struct.Encoded() {
		if f.Unique {
			b.addUnique(u, f, f.Position)
		}
	}
	return len(u.Fields) > 0
}

func (b *builder) uniqueField(t *model.Task, u *model.Unique, w directive.Word) {
	if t.Type == nil || t.Type.Struct == nil {
		if t.Type != nil {
			b.errs.Add(w.Position, diag.BadUnique, "use unique=payload", "unique=%s on %s, which encodes itself", w.Text, t.Name)
		}
		return
	}
	f := t.Type.Struct.Field(w.Text)
	if f == nil || f.Skip {
		var known []string
		for f := range t.Type.Struct.Encoded() {
			known = append(known, f.Name)
		}
		b.errs.Add(w.Position, diag.BadUnique, diag.DidYouMean(w.Text, append(known, "payload")), "unique=: %s has no field %s on the wire", t.Name, w.Text)
		return
	}
	b.addUnique(u, f, w.Position)
}

func (b *builder) addUnique(u *model.Unique, f *model.Field, at token.Position) {
	switch k := f.Type.Kind; {
	case f.Secret:
		b.errs.Add(at, diag.BadUnique, "use another field, or a hash in a field of its own", "the field %s is secret, and a unique key is shown to whoever looks at the queue", f.Name)
	case k == model.Bool, k.Number(), k == model.String, k == model.Bytes, k == model.Time, k == model.Duration, f.Type.Binary():
		u.Fields = append(u.Fields, f)
	case k != model.Opaque && k != model.Invalid:
		b.errs.Add(at, diag.BadUnique, "use a field that is a boolean, a number, a string, bytes, a time or a duration", "the field %s cannot be part of a unique key", f.Name)
	}
}

// unordered reports whether two encodings of equal values can differ.
func unordered(t *model.Type, seen map[*model.Struct]bool) bool {
	for ; t != nil; t = t.Elem {
		if t.Kind == model.Map || t.Kind == model.Foreign {
			return true
		}
		if s := t.Struct; s != nil && !seen[s] {
			seen[s] = true
			for f := range s.Encoded() {
				if unordered(f.Type, seen) {
					return true
				}
			}
		}
	}
	return false
}
