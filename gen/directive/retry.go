package directive

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

// defaultMax is the longest exponential pause unless max= says otherwise.
const defaultMax = time.Minute

const (
	exponential = "exponential"
	fixed       = "fixed"
	none        = "none"
)

// policyKeys are the keys that a retry policy takes.
func policyKeys(policy string) []string {
	switch policy {
	case exponential:
		return []string{"base", "max", "factor", "jitter"}
	case fixed:
		return []string{"delay", "jitter"}
	case "intervals":
		return []string{"intervals", "jitter"}
	}
	return nil
}

// retry takes the policy off the arguments of //taskqueue:retry and drops those
// that do not go with it.
func (p *parser) retry(args []arg) []arg {
	policies := []string{exponential, fixed, none}
	switch {
	case len(args) > 0 && args[0].word && slices.Contains(policies, args[0].key):
		p.policy, args = args[0].key, args[1:]
	case len(args) > 0 && args[0].word && args[0].key != "intervals":
		p.errs.Add(args[0].at, diag.BadChoice, diag.DidYouMean(args[0].key, append(policies, "intervals=…")), "unknown retry policy %q", args[0].key)
		return nil
	case slices.ContainsFunc(args, func(a arg) bool { return a.key == "intervals" }):
		p.policy = "intervals"
	default:
		p.errs.Add(p.directive.at, diag.Malformed, "write //taskqueue:retry exponential, fixed delay=5s, intervals=1s,5s,30s or none", "//taskqueue:retry without a policy")
		return nil
	}
	if p.policy != none {
		p.Settings.Backoff = &model.Backoff{}
	}
	return slices.DeleteFunc(args, p.foreign)
}

// foreign reports a key of another policy.
func (p *parser) foreign(a arg) bool {
	if _, known := p.find(a.key); !known || slices.Contains(policyKeys(p.policy), a.key) {
		return false
	}
	fix := "remove it"
	if takes := policyKeys(p.policy); takes != nil {
		fix = "use " + strings.Join(takes, ", ")
	}
	p.errs.Add(a.at, diag.Conflict, fix, "%s= does not go with the retry policy %s", a.key, p.policy)
	return true
}

func (p *parser) base(a arg) { p.pause(a, &p.Settings.Backoff.Base) }
func (p *parser) max(a arg)  { p.pause(a, &p.Settings.Backoff.Max) }

func (p *parser) delay(a arg) {
	p.pause(a, &p.Settings.Backoff.Base)
	p.Settings.Backoff.Max = p.Settings.Backoff.Base
}

// pause reads a positive duration: in the runtime, zero means the default.
func (p *parser) pause(a arg, into *time.Duration) {
	d, ok := p.duration(a, a.value, time.Millisecond, MaxDelay)
	if ok && d == 0 {
		p.errs.Add(a.valueAt, diag.BadDuration, "use at least 1ms", "%s=0 is no pause", a.key)
	} else if ok {
		*into = d
	}
}

func (p *parser) factor(a arg) {
	if f, ok := p.number(a, a.value, 1, MaxFactor); ok {
		p.Settings.Backoff.Factor = f
	}
}

func (p *parser) jitter(a arg) {
	if f, ok := p.number(a, a.value, 0, 1); ok {
		p.Settings.Backoff.Jitter = f
	}
}

func (p *parser) intervals(a arg) {
	one, offset := a, 0
	for text := range strings.SplitSeq(a.value, ",") {
		one.valueAt = shift(a.valueAt, offset)
		offset += len(text) + 1
		if d, ok := p.duration(one, text, 0, MaxDelay); ok {
			p.Settings.Backoff.Intervals = append(p.Settings.Backoff.Intervals, d)
		}
	}
}

// finishRetry fills in what a policy has unless it is said otherwise.
func (p *parser) finishRetry() {
	b := p.Settings.Backoff
	_, delay := p.seen["delay"]
	_, jitter := p.seen["jitter"]
	switch p.policy {
	case none:
		p.NoRetry = p.directive.at
	case fixed:
		if b.Factor = 1; !delay {
			p.errs.Add(p.directive.at, diag.Malformed, "write //taskqueue:retry fixed delay=5s", "the retry policy fixed needs delay=")
		}
	case exponential:
		if !jitter {
			b.Jitter = 0.2
		}
		if highest := cmp.Or(b.Max, defaultMax); b.Base > highest {
			p.errs.Add(p.directive.at, diag.Conflict, "make max= at least base=", "base=%v is more than max=%v", b.Base, highest)
		}
	}
}
