package build

import (
	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/directive"
	"github.com/tqgen/taskqueue/gen/model"
)

// key finds the field that says whose task it is.
func (b *builder) key(t *model.Task, d *directive.Task) {
	if t.Type == nil {
		return
	}
	if t.Type.Struct != nil {
		for f := range t.Type.Struct.Encoded() {
			if f.Key {
				b.keyField(t, f)
			}
		}
	}
	if l := t.Settings.Limit; t.Key == nil && (l.KeyRate.N > 0 || l.KeyConcurrency > 0) {
		b.errs.Add(d.At, diag.Conflict, `give the field that says whose task it is the tag tq:"key", or use rate= and concurrency=`,
			"keyrate= or keyconcurrency= on %s, which has no key", t.Name)
	}
}

func (b *builder) keyField(t *model.Task, f *model.Field) {
	switch k := f.Type.Kind; {
	case f.Secret:
		b.errs.Add(f.Position, diag.BadKey, "use another field, or a hash in a field of its own", "the field %s is secret, and a key is shown to whoever looks at the queue", f.Name)
	case t.Key != nil:
		b.errs.Add(f.Position, diag.Duplicate, "keep one of them; a key of several parts is a field of its own", "a second key, %s.%s; the first is %s", t.Name, f.Name, t.Key.Name)
	case k == model.String || k.Number() && k != model.Float32 && k != model.Float64 || f.Type.Binary():
		t.Key = f
	case k != model.Opaque && k != model.Invalid:
		b.errs.Add(f.Position, diag.BadKey, "use a field that is a string, an integer or an array of bytes", "the field %s cannot be a key", f.Name)
	}
}

// batch notes how many tasks one call of the handler may get.
func (b *builder) batch(t *model.Task, batch model.Batch) {
	switch {
	case batch.Max == 0:
		return
	case t.Execute:
		b.errs.Add(batch.Position, diag.Conflict, "remove batch=, or Execute: then a method of Handler gets the tasks", "batch= on %s, whose Execute runs one task", t.Name)
	case t.Result != nil:
		b.errs.Add(batch.Position, diag.Conflict, "keep one of them", "batch= on %s, which has a result", t.Name)
	}
	t.Batch = batch
}
