package directive

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

// The limits of the runtime, which the generator does not import. A test holds
// them equal.
const (
	MaxNameLen = 128
	MaxRetries = 254
	MinTimeout = time.Millisecond
	MaxTimeout = 49 * 24 * time.Hour
	MaxDelay   = 10 * 365 * 24 * time.Hour
	MaxFactor  = 1000
	MaxVersion = 1000
)

func (p *parser) name(a arg) {
	if p.checkName("task", a) {
		p.Values.Name = a.value
	}
}

func (p *parser) queue(a arg) {
	if p.checkName("queue", a) {
		p.Settings.Queue = &a.value
	}
}

// checkName reports a name that is not valid.
func (p *parser) checkName(what string, a arg) bool {
	if len(a.value) > MaxNameLen {
		p.errs.Add(a.valueAt, diag.BadName, "shorten it", "the %s name has %d bytes, at most %d are allowed", what, len(a.value), MaxNameLen)
		return false
	}
	if bad := badRune(a.value); bad >= 0 {
		p.errs.Add(a.valueAt, diag.BadName, "use only A-Z a-z 0-9 _ . : -", "the %s name %q has %q", what, a.value, []rune(a.value[bad:])[0])
		return false
	}
	return true
}

// ValidName accepts [A-Za-z0-9_.:-]{1,128}, the names of tasks and queues.
func ValidName(name string) bool {
	return name != "" && len(name) <= MaxNameLen && badRune(name) < 0
}

func badRune(name string) int {
	return strings.IndexFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.:-", r))
	})
}

func (p *parser) retries(a arg) {
	if n, ok := p.number(a, a.value, 0, MaxRetries); ok {
		retries := int(n)
		p.Settings.Retries = &retries
	}
}

func (p *parser) version(a arg) {
	if n, ok := p.number(a, a.value, 1, MaxVersion); ok {
		p.Values.Version = int(n)
	}
}

// number reads a decimal number between two limits.
func (p *parser) number(a arg, text string, low, high float64) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	whole := a.key == "retries" || a.key == "version"
	if err != nil || math.IsNaN(n) || n < low || n > high || whole && n != math.Trunc(n) {
		what := "a number"
		if whole {
			what = "a whole number"
		}
		limits := strconv.FormatFloat(low, 'f', -1, 64) + " to " + strconv.FormatFloat(high, 'f', -1, 64)
		p.errs.Add(a.valueAt, diag.BadNumber, "use "+what+" from "+limits, "%s=%q: not %s from %s", a.key, a.value, what, limits)
		return 0, false
	}
	return n, true
}

func (p *parser) timeout(a arg) {
	if d, ok := p.duration(a, a.value, MinTimeout, MaxTimeout); ok {
		p.Settings.Timeout = &d
	}
}

func (p *parser) retention(a arg) {
	if d, ok := p.duration(a, a.value, 0, MaxDelay); ok {
		p.Settings.Retention = &d
	}
}

func (p *parser) expires(a arg) {
	if d, ok := p.duration(a, a.value, MinTimeout, MaxDelay); ok {
		p.Settings.Expires = &d
	}
}

func (p *parser) within(a arg) {
	d, ok := p.duration(a, a.value, MinTimeout, MaxDelay)
	if ok && d == 0 {
		p.errs.Add(a.valueAt, diag.BadDuration, "leave within= out: the key is then held until the task has ended", "within=0 is no window")
	} else if ok {
		p.Within = model.Window{Length: d, Position: a.at}
	}
}

// duration reads a duration that is 0 or between two limits.
func (p *parser) duration(a arg, text string, low, high time.Duration) (time.Duration, bool) {
	d, err := time.ParseDuration(text)
	if err != nil {
		fix := "write it like 90s, 1h30m or 200ms"
		problem := "not a duration"
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			problem, fix = "not a duration (needs a unit)", a.key+"="+strings.Replace(a.value, text, text+"s", 1)
		}
		p.errs.Add(a.valueAt, diag.BadDuration, fix, "%s=%q: %s", a.key, text, problem)
		return 0, false
	}
	if d != 0 && (d < low || d > high) {
		p.errs.Add(a.valueAt, diag.BadDuration, "use a duration from "+short(low)+" to "+short(high), "%s=%q: outside %s to %s", a.key, text, short(low), short(high))
		return 0, false
	}
	return d, true
}

// short writes a duration without trailing zero units.
func short(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	if d%(24*time.Hour) == 0 {
		return strconv.FormatInt(int64(d/time.Hour), 10) + "h"
	}
	return d.String()
}

func (p *parser) priority(a arg) {
	if p.choose(a, "low", "normal", "high", "critical") {
		p.Settings.Priority = &a.value
	}
}

func (p *parser) codec(a arg) {
	if p.choose(a, "map", "tuple") {
		tuple := a.value == "tuple"
		p.Tuple = &tuple
	}
}

func (p *parser) result(a arg) { p.Result = &Word{a.value, a.valueAt} }

func (p *parser) unique(a arg) {
	p.Values.Unique = p.list(a, "unique=Field,Field or unique=payload")
}

func (p *parser) was(a arg) {
	for _, w := range p.list(a, "was=old.name,older.name") {
		if p.checkName("old task", arg{value: w.Text, valueAt: w.Position}) {
			p.Values.Was = append(p.Values.Was, w)
		}
	}
}

// list reads words that are separated by commas.
func (p *parser) list(a arg, example string) (words []Word) {
	offset := 0
	for text := range strings.SplitSeq(a.value, ",") {
		at := shift(a.valueAt, offset)
		offset += len(text) + 1
		if text == "" {
			p.errs.Add(at, diag.EmptyValue, "write "+example, "%s= has an empty name", a.key)
			continue
		}
		words = append(words, Word{text, at})
	}
	return words
}

// Over returns v with what it does not say taken from the package's defaults.
func (v Values) Over(defaults *Values) Values {
	if defaults == nil {
		return v
	}
	d := defaults.Settings
	v.Settings = model.Settings{
		Queue:     or(v.Settings.Queue, d.Queue),
		Priority:  or(v.Settings.Priority, d.Priority),
		Retries:   or(v.Settings.Retries, d.Retries),
		Timeout:   or(v.Settings.Timeout, d.Timeout),
		Retention: or(v.Settings.Retention, d.Retention),
		Expires:   or(v.Settings.Expires, d.Expires),
		Memory:    or(v.Settings.Memory, d.Memory),
		Backoff:   or(v.Settings.Backoff, d.Backoff),
		Limit:     v.Settings.Limit,
	}
	v.Tuple = or(v.Tuple, defaults.Tuple)
	return v
}

func or[T any](v, otherwise *T) *T {
	if v == nil {
		return otherwise
	}
	return v
}
