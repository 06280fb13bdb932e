package directive

import (
	"strconv"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

// The limits of the runtime, see values.go.
const (
	MaxRate        = 1_000_000
	MaxConcurrency = 1 << 31
	MinPeriod      = time.Millisecond
	MaxPeriod      = 24 * time.Hour
	MaxBatch       = 1000
	MaxLinger      = time.Minute
)

func (p *parser) rate(a arg)    { p.setRate(a, &p.Settings.Limit.Rate) }
func (p *parser) keyRate(a arg) { p.setRate(a, &p.Settings.Limit.KeyRate) }

// periods are the words for a period without a number.
var periods = map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour}

// setRate reads 10/s, or 10/30s.
func (p *parser) setRate(a arg, into *model.Rate) {
	count, period, ok := strings.Cut(a.value, "/")
	if !ok {
		p.errs.Add(a.valueAt, diag.BadNumber, "write a number and a period, as in "+a.key+"=10/s or "+a.key+"=100/5m", "%s=%q: not a rate", a.key, a.value)
		return
	}
	n, ok := p.whole(a, count, MaxRate)
	if !ok {
		return
	}
	d, short := periods[period]
	if !short {
		a.valueAt = shift(a.valueAt, len(count)+1)
		if d, ok = p.duration(a, period, MinPeriod, MaxPeriod); !ok {
			return
		}
	}
	if d == 0 {
		p.errs.Add(a.valueAt, diag.BadDuration, "use at least 1ms", "%s=%q: a period of nothing", a.key, a.value)
		return
	}
	into.N, into.Period = n, d
}

func (p *parser) burst(a arg)    { p.setWhole(a, &p.Settings.Limit.Rate.Burst, MaxRate) }
func (p *parser) keyBurst(a arg) { p.setWhole(a, &p.Settings.Limit.KeyRate.Burst, MaxRate) }

func (p *parser) concurrency(a arg) {
	p.setWhole(a, &p.Settings.Limit.Concurrency, MaxConcurrency)
}

func (p *parser) keyConcurrency(a arg) {
	p.setWhole(a, &p.Settings.Limit.KeyConcurrency, MaxConcurrency)
}

func (p *parser) setWhole(a arg, into *int64, highest int64) {
	if n, ok := p.whole(a, a.value, highest); ok {
		*into = n
	}
}

// whole reads a number from 1 on.
func (p *parser) whole(a arg, text string, highest int64) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > highest {
		limits := "a whole number from 1 to " + strconv.FormatInt(highest, 10)
		p.errs.Add(a.valueAt, diag.BadNumber, "use "+limits, "%s=%q: not %s", a.key, text, limits)
		return 0, false
	}
	return n, true
}

func (p *parser) batch(a arg) {
	if n, ok := p.whole(a, a.value, MaxBatch); ok && n == 1 {
		p.errs.Add(a.valueAt, diag.BadNumber, "leave batch= out: each task then has a call of its own", "batch=1 is no batch")
	} else if ok {
		p.Batch.Max, p.Batch.Position = int(n), a.at
	}
}

func (p *parser) linger(a arg) {
	if d, ok := p.duration(a, a.value, MinPeriod, MaxLinger); ok {
		p.Batch.Linger = d
	}
}
