package directive

import (
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

// Values are what a task's directives, or a package's defaults, say.
type Values struct {
	At       token.Position // of the directive
	Name     string         // of the kind; "" if it is not said
	Settings model.Settings
	Tuple    *bool // nil if it is not said
	Result   *Word // a Go type expression
	Unique   []Word
	Was      []Word // older names
	Version  int    // of the payload; 0 if it is not said
	Within   model.Window
	Cron     model.Cron     // the zero value: none
	Batch    model.Batch    // likewise
	NoRetry  token.Position // of //taskqueue:retry none
}

// A Word is a part of a value, with its place.
type Word struct {
	Text     string
	Position token.Position
}

// A key is one that the grammar knows.
type key struct {
	name     string
	verb     string // the verb that it belongs to
	defaults bool   // and //taskqueue:defaults, too
	set      func(p *parser, a arg)
}

// keys lists all keys.
func keys() []key {
	return []key{
		{"name", verbTask, false, (*parser).name},
		{"queue", verbTask, true, (*parser).queue},
		{"retries", verbTask, true, (*parser).retries},
		{"timeout", verbTask, true, (*parser).timeout},
		{"priority", verbTask, true, (*parser).priority},
		{"result", verbTask, false, (*parser).result},
		{"retention", verbTask, true, (*parser).retention},
		{"codec", verbTask, true, (*parser).codec},
		{"unique", verbTask, false, (*parser).unique},
		{"within", verbTask, false, (*parser).within},
		{"was", verbTask, false, (*parser).was},
		{"version", verbTask, false, (*parser).version},
		{"cron", verbTask, false, (*parser).cron},
		{"zone", verbTask, false, (*parser).zone},
		{"missed", verbTask, false, (*parser).missed},
		{"expires", verbTask, true, (*parser).expires},
		{"rate", verbTask, false, (*parser).rate},
		{"burst", verbTask, false, (*parser).burst},
		{"concurrency", verbTask, false, (*parser).concurrency},
		{"keyrate", verbTask, false, (*parser).keyRate},
		{"keyburst", verbTask, false, (*parser).keyBurst},
		{"keyconcurrency", verbTask, false, (*parser).keyConcurrency},
		{"batch", verbTask, false, (*parser).batch},
		{"linger", verbTask, false, (*parser).linger},
		{"memory", verbTask, true, (*parser).memory},
		{"base", verbRetry, false, (*parser).base},
		{"max", verbRetry, false, (*parser).max},
		{"factor", verbRetry, false, (*parser).factor},
		{"jitter", verbRetry, false, (*parser).jitter},
		{"delay", verbRetry, false, (*parser).delay},
		{"intervals", verbRetry, false, (*parser).intervals},
	}
}

// A parser fills Values from one directive.
type parser struct {
	*Values
	directive comment
	errs      *diag.List
	seen      map[string]token.Position
	policy    string // of retry
}

// parse reads the arguments of d.
func (v *Values) parse(d comment, errs *diag.List) {
	p := &parser{Values: v, directive: d, errs: errs, seen: map[string]token.Position{}}
	args := split(d.text, d.pos, errs)
	if d.verb == verbRetry {
		args = p.retry(args)
	}
	for _, a := range args {
		p.arg(a)
	}
	p.finish()
}

func (p *parser) arg(a arg) {
	k, known := p.find(a.key)
	switch at, twice := p.seen[a.key]; {
	case a.word && known:
		p.errs.Add(a.at, diag.Malformed, "write "+a.key+"=value", "the key %q has no value", a.key)
	case a.word:
		p.errs.Add(a.at, diag.Malformed, "write key=value; quote a value with spaces", "%q is no key=value", a.key)
	case !known:
		p.unknown(a)
	case twice:
		p.errs.Add(a.at, diag.Duplicate, "keep one of them", "a second %s=; the first is at %s", a.key, place(at))
	case a.value == "":
		p.errs.Add(a.valueAt, diag.EmptyValue, "give it a value, or leave the key out", "%s= is empty", a.key)
	default:
		p.seen[a.key] = a.at
		k.set(p, a)
	}
}

// find looks a key up among those of the directive's verb.
func (p *parser) find(name string) (key, bool) {
	all := keys()
	i := slices.IndexFunc(all, func(k key) bool { return k.name == name && p.takes(k) })
	if i < 0 {
		return key{}, false
	}
	return all[i], true
}

func (p *parser) takes(k key) bool {
	return k.verb == p.directive.verb || k.defaults && p.directive.verb == verbDefaults
}

func (p *parser) unknown(a arg) {
	var known []string
	for _, k := range keys() {
		if k.name == a.key {
			fix := "put it on //taskqueue:" + k.verb
			p.errs.Add(a.at, diag.UnknownKey, fix, "%s= does not belong to //taskqueue:%s", a.key, p.directive.verb)
			return
		}
		if p.takes(k) {
			known = append(known, k.name)
		}
	}
	fix := elsewhere(a.key)
	if fix == "" || p.directive.verb != verbTask {
		fix = diag.DidYouMean(a.key, known)
	}
	p.errs.Add(a.at, diag.UnknownKey, fix, "unknown key %q", a.key)
}

// elsewhere says where to write what other queues have as a setting of a task; empty:
// they have nothing like it.
func elsewhere(key string) string {
	switch strings.ToLower(key) {
	case "retry", "backoff", "retry_delay", "intervals":
		return "write //taskqueue:retry exponential base=1s max=1m below it; how often is retries="
	case "max_retries", "max_retry", "maxretry", "attempts", "max_attempts":
		return "use retries=: how often it runs again after the first run"
	case "delay", "in", "at":
		return "give taskqueue.In or taskqueue.At to Enqueue"
	case "schedule", "every", "interval":
		return `use cron="@every 5m"`
	case "ttl", "deadline":
		return "use timeout= for a run, expires= for the wait before it, retention= for its result"
	}
	return ""
}

// finish checks what belongs together.
func (p *parser) finish() {
	for _, pair := range []struct{ key, needs, fix string }{
		{"zone", "cron", `add cron=, as in cron="0 3 * * *"`},
		{"missed", "cron", `add cron=, as in cron="0 3 * * *"`},
		{"burst", "rate", "add rate=, as in rate=10/s"},
		{"keyburst", "keyrate", "add keyrate=, as in keyrate=10/s"},
		{"linger", "batch", "add batch=, as in batch=100"},
	} {
		at, said := p.seen[pair.key]
		if _, has := p.seen[pair.needs]; said && !has {
			p.errs.Add(at, diag.Conflict, pair.fix, "%s= without %s=", pair.key, pair.needs)
		}
	}
	p.finishRetry()
}

func base(path string) string { return filepath.Base(path) }

// choices are words that a value may be.
func (p *parser) choose(a arg, choices ...string) bool {
	if slices.Contains(choices, a.value) {
		return true
	}
	fix := "use one of: " + strings.Join(choices, ", ")
	if near, ok := diag.Nearest(a.value, choices); ok {
		fix = a.key + "=" + near
	}
	p.errs.Add(a.valueAt, diag.BadChoice, fix, "%s=%q is not one of the choices", a.key, a.value)
	return false
}
