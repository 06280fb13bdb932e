package cron

import (
	"fmt"
	"strings"
	"time"
)

const (
	maxSpec  = 512 // bytes
	minEvery = time.Second
	maxEvery = 10 * 365 * 24 * time.Hour
)

// Parse reads a spec; the zone nil is UTC. The error is an *Error.
func Parse(spec string, zone *time.Location) (*Schedule, error) {
	if zone == nil {
		zone = time.UTC
	}
	s := &Schedule{spec: spec, zone: zone}
	if err := s.parse(); err != nil {
		err.Spec = spec
		return nil, err
	}
	return s, nil
}

// Zone finds a time zone by its IANA name; empty is UTC. Local is refused: it
// is not the same everywhere.
func Zone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, fmt.Errorf("time zone %q is another one on each machine; use an IANA name such as Europe/Paris", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf(`time zone %q is not known; use an IANA name such as Europe/Paris (if this machine has no zones: import _ "time/tzdata")`, name)
	}
	return zone, nil
}

// A word is a piece of a spec that stands at a byte of it.
type word struct {
	text string
	at   int
}

// words are what stands between blanks.
func words(spec string) (list []word) {
	for at := 0; at < len(spec); {
		text := spec[at:]
		if n := strings.IndexAny(text, " \t"); n >= 0 {
			text = text[:n]
		}
		if text != "" {
			list = append(list, word{text, at})
		}
		at += len(text) + 1
	}
	return list
}

func (s *Schedule) parse() *Error {
	if len(s.spec) > maxSpec {
		return fault(maxSpec, "", "the spec has %d bytes, at most %d are allowed", len(s.spec), maxSpec)
	}
	list := words(s.spec)
	switch {
	case len(list) == 0:
		return fault(0, `use five fields, such as "0 6 * * MON"`, "the spec is empty")
	case strings.HasPrefix(list[0].text, "@"):
		return s.parseMacro(list)
	case strings.Contains(list[0].text, "TZ="):
		return fault(list[0].at, "give the zone apart, without "+list[0].text, "a time zone does not belong in the spec")
	}
	return s.parseFields(list)
}

// macros stand for five fields.
var macros = []struct{ name, spec string }{
	{"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
	{"@daily", "0 0 * * *"}, {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"},
}

func (s *Schedule) parseMacro(list []word) *Error {
	first := list[0]
	if strings.EqualFold(first.text, "@every") {
		return s.parseEvery(list)
	}
	for _, m := range macros {
		switch {
		case !strings.EqualFold(first.text, m.name):
		case len(list) > 1:
			return fault(list[1].at, "", "nothing may follow %s", m.name)
		default:
			return s.parseFields(words(m.spec))
		}
	}
	known := []string{"@every"}
	for _, m := range macros {
		known = append(known, m.name)
	}
	return fault(first.at, suggest(first.text, known), "%s does not exist; there are %s", first.text, strings.Join(known, ", "))
}

func (s *Schedule) parseEvery(list []word) *Error {
	if len(list) != 2 {
		return fault(list[0].at, "", "@every needs one duration, such as 90s or 1h30m")
	}
	text, at := list[1].text, list[1].at
	d, err := time.ParseDuration(text)
	switch {
	case err != nil && strings.Trim(text, "0123456789") == "":
		return fault(at, fmt.Sprintf("write %ss for seconds or %sm for minutes", text, text), "%s has no unit", text)
	case err != nil:
		return fault(at, "use h, m, s and ms, such as 90s or 1h30m; a day is 24h", "%s is not a duration", text)
	case d < minEvery || d > maxEvery:
		return fault(at, "", "%s is outside %v to %v", text, minEvery, maxEvery)
	case d%time.Millisecond != 0:
		return fault(at, "", "%s is not a whole number of milliseconds", text)
	}
	s.every = d.Milliseconds()
	return nil
}

func (s *Schedule) parseFields(list []word) *Error {
	const fix = "use five (minute hour day month weekday), or six with the second first"
	switch n := len(list); {
	case n == len(fields)-1:
		list = append([]word{{"0", list[0].at}}, list...)
	case n > len(fields):
		return fault(list[len(fields)].at, fix, "the spec has %d fields; there is none for the year", n)
	case n < len(fields):
		return fault(len(s.spec), fix, "the spec has only %d fields", n)
	}
	var sets [len(fields)]set
	for i := range fields {
		var err *Error
		if sets[i], err = fields[i].parse(list[i]); err != nil {
			return err
		}
	}
	s.take(&sets)
	if _, ok := s.match(0); !ok {
		return fault(list[3].at, "", "the spec never runs: no month %s has a day %s", list[4].text, list[3].text)
	}
	return nil
}

// take fills the schedule with what its fields allow.
func (s *Schedule) take(sets *[len(fields)]set) {
	second, minute, hour, day, month, weekday := &sets[0], &sets[1], &sets[2], &sets[3], &sets[4], &sets[5]
	s.second, s.minute, s.hour, s.month = second.bits, minute.bits, hour.bits, month.bits
	s.day, s.weekday, s.nth = day.bits, weekday.bits, weekday.nth
	s.either = !day.full && !weekday.full
	s.hourly = hour.full
	s.repeats = hour.full || minute.interval || second.interval
}
