package cron

import (
	"fmt"
	"strconv"
	"strings"
)

// A field is one of the columns of a spec.
type field struct {
	name     string
	min, max int
	names    []string // of min, min+1 …
}

// The fields in their order. A weekday is also 7, for Sunday.
var fields = [...]field{
	{name: "second", max: 59},
	{name: "minute", max: 59},
	{name: "hour", max: 23},
	{name: "day", min: 1, max: 31},
	{name: "month", min: 1, max: 12, names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{name: "weekday", max: 6, names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
}

// A set is what a field allows.
type set struct {
	bits     uint64
	nth      uint64 // as Schedule.nth
	full     bool   // all numbers are in it
	interval bool   // a range, a step or * was written
}

func (f *field) isDay() bool     { return f.name == "day" }
func (f *field) isWeekday() bool { return f.name == "weekday" }

func (f *field) all() uint64 { return 1<<(f.max+1) - 1<<f.min }

// parse reads a list of elements.
func (f *field) parse(w word) (set, *Error) {
	var s set
	for rest, more := w, true; more; {
		var element word
		element, rest, more = rest.cut(",")
		if err := f.parseElement(element, &s); err != nil {
			return set{}, err
		}
	}
	s.full = s.bits&f.all() == f.all()
	return s, nil
}

// cut splits a word around the first separator.
func (w word) cut(separator string) (before, after word, found bool) {
	b, a, found := strings.Cut(w.text, separator)
	return word{b, w.at}, word{a, w.at + len(b) + len(separator)}, found
}

// parseElement adds a number, a range or a special day to a set.
func (f *field) parseElement(w word, s *set) *Error {
	if w.text == "" {
		return fault(w.at, "", "an element of the %s is empty", f.name)
	}
	if done, err := f.parseSpecial(w, s); done || err != nil {
		return err
	}
	body, tail, stepped := w.cut("/")
	low, high, ranged, err := f.parseRange(body)
	if err != nil {
		return err
	}
	step := 1
	if stepped {
		if step, err = f.parseStep(tail); err != nil {
			return err
		}
		if !ranged {
			high = f.max
		}
	}
	for n := low; n <= high; n += step {
		if f.isWeekday() {
			s.bits |= 1 << (n % 7)
		} else {
			s.bits |= 1 << n
		}
	}
	s.interval = s.interval || stepped || ranged
	return nil
}

// parseRange reads a-b, a or *; ranged tells a from the others.
func (f *field) parseRange(w word) (low, high int, ranged bool, err *Error) {
	if w.text == "*" || w.text == "?" && (f.isDay() || f.isWeekday()) {
		return f.min, f.max, true, nil
	}
	first, last, ranged := w.cut("-")
	if low, err = f.parseNumber(first); err != nil || !ranged {
		return low, low, false, err
	}
	if high, err = f.parseNumber(last); err != nil {
		return 0, 0, false, err
	}
	if f.isWeekday() && high == 0 && low > 0 {
		high = 7
	}
	if low > high {
		fix := fmt.Sprintf("write %d-%d,%d-%d", low, f.max, f.min, high)
		return 0, 0, false, fault(w.at, fix, "the %s range %s runs backwards", f.name, w.text)
	}
	return low, high, true, nil
}

// parseNumber reads a number or a name.
func (f *field) parseNumber(w word) (int, *Error) {
	for i, name := range f.names {
		if strings.EqualFold(w.text, name) {
			return f.min + i, nil
		}
	}
	if w.text == "" || strings.Trim(w.text, "0123456789") != "" {
		return 0, f.unreadable(w)
	}
	top := f.max
	if f.isWeekday() {
		top = 7
	}
	n, err := strconv.Atoi(w.text)
	if err != nil || n < f.min || n > top {
		return 0, fault(w.at, f.instead(n), "%s %s is outside %d to %d", f.name, w.text, f.min, top)
	}
	return n, nil
}

// instead helps with numbers that are popular and wrong.
func (f *field) instead(n int) string {
	switch {
	case f.name == "hour" && n == 24:
		return "midnight is hour 0"
	case f.max == 59 && n == 60:
		return "the full " + map[string]string{"second": "minute", "minute": "hour"}[f.name] + " is 0"
	}
	return ""
}

// unreadable says what a word is, if it is no number and none of the names.
func (f *field) unreadable(w word) *Error {
	for _, other := range fields {
		for _, name := range other.names {
			if other.name != f.name && strings.EqualFold(w.text, name) {
				return fault(w.at, "the order is [second] minute hour day month weekday", "%s is a %s, in the place of the %s", name, other.name, f.name)
			}
		}
	}
	allowed := fmt.Sprintf("%d to %d", f.min, f.max)
	if f.names != nil {
		allowed += fmt.Sprintf(" or %s to %s", f.names[0], f.names[len(f.names)-1])
	}
	if w.text == "" {
		return fault(w.at, "use "+allowed, "the %s is missing", f.name)
	}
	fix := suggest(w.text, f.names)
	if fix == "" {
		fix = "use " + allowed
	}
	return fault(w.at, fix, "%q is no %s", w.text, f.name)
}

// parseStep reads what stands behind a slash.
func (f *field) parseStep(w word) (int, *Error) {
	n, err := strconv.Atoi(w.text)
	if err == nil && n >= 1 && n <= f.max-f.min && w.text[0] != '+' {
		return n, nil
	}
	fix := ""
	if unit := map[string]string{"second": "s", "minute": "m", "hour": "h"}[f.name]; err == nil && n > f.max && unit != "" {
		fix = fmt.Sprintf("for every %d%s use @every %d%s", n, unit, n, unit)
	}
	return 0, fault(w.at, fix, "the %s step %q is outside 1 to %d", f.name, w.text, f.max-f.min)
}

// parseSpecial reads the last day (L), nth weekdays (MON#1) and last weekdays
// (MONL), and refuses what other crons have besides.
func (f *field) parseSpecial(w word, s *set) (done bool, err *Error) {
	text := strings.ToUpper(w.text)
	last := strings.HasSuffix(text, "L") && text != "JUL"
	weekday, week, nth := w.cut("#")
	switch {
	case f.isDay() && text == "L":
		s.bits |= 1
		return true, nil
	case f.isDay() && (strings.HasPrefix(text, "L") || strings.HasSuffix(text, "W")):
		return false, fault(w.at, "let the task itself decide, on a wider spec", "%s is not supported: of the days counted from the end only L is", w.text)
	case f.isWeekday() && text == "L":
		return false, fault(w.at, "write SAT for Saturday or FRIL for the last Friday", "the last weekday of what")
	case f.isWeekday() && last:
		return true, f.parseNth(word{w.text[:len(w.text)-1], w.at}, lastWeek, s)
	case f.isWeekday() && nth:
		n, err := strconv.Atoi(week.text)
		if err != nil || n < 1 || n > lastWeek || len(week.text) > 1 {
			return false, fault(week.at, "write FRIL for the last Friday", "%q is outside #1 to #5", "#"+week.text)
		}
		return true, f.parseNth(weekday, n-1, s)
	}
	return false, nil
}

func (f *field) parseNth(w word, week int, s *set) *Error {
	n, err := f.parseNumber(w)
	if err == nil {
		s.nth |= 1 << (week*7 + n%7)
	}
	return err
}
