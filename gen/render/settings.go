package render

import (
	"slices"
	"strconv"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/tqgen/taskqueue/gen/model"
)

// The runtime's constants for the standard queues and for priorities.
var (
	queues     = map[string]string{"default": "Default", "high_priority": "HighPriority", "low_priority": "LowPriority"}
	priorities = map[string]string{"low": "Low", "high": "High", "critical": "Critical"}
)

// A pair is a field of a composite literal.
type pair struct {
	key   string
	value jen.Code
}

// literal writes fields, each on a line of its own, in their order.
func literal(pairs []pair) func(*jen.Group) {
	return func(g *jen.Group) {
		for _, p := range pairs {
			g.Line().Id(p.key).Op(":").Add(p.value)
		}
		g.Line()
	}
}

// kindLiteral writes what a kind is on one line, and its settings on the next.
func kindLiteral(pairs []pair) func(*jen.Group) {
	return func(g *jen.Group) {
		for i, p := range pairs {
			field := jen.Id(p.key).Op(":").Add(p.value)
			if i == 0 || p.key == "Settings" {
				field = jen.Line().Add(field)
			}
			g.Add(field)
		}
		g.Line()
	}
}

// settingsLiteral writes settings on one line; limits and the backoff have lines
// of their own.
func settingsLiteral(pairs []pair) func(*jen.Group) {
	long := func(p pair) bool { return p.key == "Limit" || p.key == "Backoff" }
	lines := slices.ContainsFunc(pairs, long)
	return func(g *jen.Group) {
		for i, p := range pairs {
			field := jen.Id(p.key).Op(":").Add(p.value)
			if lines && (i == 0 || long(p)) {
				field = jen.Line().Add(field)
			}
			g.Add(field)
		}
		if lines {
			g.Line()
		}
	}
}

// settings are the fields of taskqueue.Settings that are not zero.
func settings(t *model.Task) []pair {
	var pairs []pair
	add := func(key string, value jen.Code) { pairs = append(pairs, pair{key, value}) }
	s := t.Settings
	if s.Queue != nil {
		add("Queue", queue(*s.Queue))
	}
	if s.Priority != nil && *s.Priority != "normal" {
		add("Priority", jen.Qual(runtimePath, priorities[*s.Priority]))
	}
	if s.Retries != nil {
		add("Retries", orNone(*s.Retries == 0, "NoRetries", jen.Lit(*s.Retries)))
	}
	if s.Timeout != nil {
		add("Timeout", orNone(*s.Timeout == 0, "NoTimeout", duration(*s.Timeout)))
	}
	if d := t.Retention(); d != nil && *d > 0 {
		add("Retention", duration(*d))
	}
	if s.Expires != nil && *s.Expires > 0 {
		add("Expires", duration(*s.Expires))
	}
	if s.Memory != nil {
		add("Memory", size(*s.Memory))
	}
	if s.Limit != (model.Limit{}) {
		add("Limit", jen.Qual(runtimePath, "Limit").ValuesFunc(limit(s.Limit)))
	}
	if s.Backoff != nil {
		add("Backoff", jen.Qual(runtimePath, "Backoff").ValuesFunc(backoff(s.Backoff)))
	}
	return pairs
}

func queue(name string) jen.Code {
	if constant, ok := queues[name]; ok {
		return jen.Qual(runtimePath, constant)
	}
	return jen.Lit(name)
}

func orNone(none bool, name string, value jen.Code) jen.Code {
	if none {
		return jen.Qual(runtimePath, name)
	}
	return value
}

// limit is written on one line.
func limit(l model.Limit) func(*jen.Group) {
	return func(g *jen.Group) {
		rate := func(key string, r model.Rate) {
			if r.N > 0 {
				g.Id(key).Op(":").Qual(runtimePath, "Rate").ValuesFunc(func(g *jen.Group) {
					g.Id("N").Op(":").Lit(int(r.N))
					g.Id("Period").Op(":").Add(duration(r.Period))
					whole(g, "Burst", r.Burst)
				})
			}
		}
		rate("Rate", l.Rate)
		whole(g, "Concurrency", l.Concurrency)
		rate("KeyRate", l.KeyRate)
		whole(g, "KeyConcurrency", l.KeyConcurrency)
	}
}

func whole(g *jen.Group, key string, n int64) {
	if n > 0 {
		g.Id(key).Op(":").Lit(int(n))
	}
}

// backoff is written on one line.
func backoff(b *model.Backoff) func(*jen.Group) {
	return func(g *jen.Group) {
		for _, p := range []struct {
			key   string
			value time.Duration
		}{{"Base", b.Base}, {"Max", b.Max}} {
			if p.value != 0 {
				g.Id(p.key).Op(":").Add(duration(p.value))
			}
		}
		if b.Factor != 0 {
			g.Id("Factor").Op(":").Add(number(b.Factor))
		}
		if b.Jitter != 0 {
			g.Id("Jitter").Op(":").Add(number(b.Jitter))
		}
		if len(b.Intervals) > 0 {
			g.Id("Intervals").Op(":").Index().Qual("time", "Duration").ValuesFunc(func(g *jen.Group) {
				for _, v := range b.Intervals {
					g.Add(duration(v))
				}
			})
		}
	}
}

// size writes bytes as a number of its unit.
func size(n int64) jen.Code {
	switch {
	case n%(1<<20) == 0:
		return jen.Lit(int(n >> 20)).Op("<<").Lit(20)
	case n%1e6 == 0:
		return jen.Id(strconv.FormatInt(n/1e6, 10) + "e6")
	}
	return jen.Lit(int(n))
}

// number writes a float without a needless fraction.
func number(v float64) jen.Code {
	if v == float64(int(v)) {
		return jen.Lit(int(v))
	}
	return jen.Lit(v)
}

// duration writes a duration in its largest whole unit.
func duration(d time.Duration) jen.Code {
	if d == 0 {
		return jen.Lit(0)
	}
	for _, unit := range []struct {
		size time.Duration
		name string
	}{
		{time.Hour, "Hour"}, {time.Minute, "Minute"}, {time.Second, "Second"},
		{time.Millisecond, "Millisecond"}, {time.Microsecond, "Microsecond"}, {time.Nanosecond, "Nanosecond"},
	} {
		if d%unit.size != 0 {
			continue
		}
		if d == unit.size {
			return jen.Qual("time", unit.name)
		}
		return jen.Lit(int(d/unit.size)).Op("*").Qual("time", unit.name)
	}
	return jen.Lit(int(d))
}
