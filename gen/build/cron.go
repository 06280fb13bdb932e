package build

import (
	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

// cron notes when a task is enqueued by itself: as the zero value, so a field
// must be meant to be zero then.
func (b *builder) cron(t *model.Task, c model.Cron) {
	if c.Spec == "" {
		return
	}
	t.Cron = &c
	if t.Type == nil || t.Type.Struct == nil {
		return
	}
	for f := range t.Type.Struct.Encoded() {
		if !f.Optional {
			b.errs.Add(f.Position, diag.CronField, `remove it, or say that zero is fine: tq:"optional"`, "the field %s.%s would be zero whenever cron= enqueues the task", t.Name, f.Name)
		}
	}
}
