package directive

import (
	"errors"
	"go/token"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/internal/cron"
)

// cron reads a schedule by the runtime's own rules.
func (p *parser) cron(a arg) {
	p.Cron.Spec, p.Cron.Position = a.value, a.at
	_, err := cron.Parse(a.value, nil)
	if wrong := (*cron.Error)(nil); errors.As(err, &wrong) {
		fix := wrong.Fix
		if fix == "" {
			fix = `use five fields (minute hour day month weekday), as in cron="0 3 * * MON"`
		}
		p.errs.Add(a.inner(wrong.Offset), diag.BadCron, fix, "cron=%q: %s", a.value, wrong.Problem)
	}
}

// inner is the place of a byte of the value.
func (a arg) inner(offset int) token.Position {
	if a.quoted {
		offset++
	}
	return shift(a.valueAt, offset)
}

func (p *parser) zone(a arg) {
	p.Cron.Zone = a.value
	if _, err := cron.Zone(a.value); err != nil {
		text, _, _ := strings.Cut(err.Error(), "; ")
		p.errs.Add(a.valueAt, diag.BadCron, "use an IANA name such as Europe/Paris", "zone=%q: %s", a.value, text)
	}
}

func (p *parser) missed(a arg) {
	if p.choose(a, "skip", "once", "all") {
		p.Cron.Missed = a.value
	}
}
