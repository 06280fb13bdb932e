package model

import (
	"slices"
	"strings"
	"unicode"
)

// KindName is the variable that holds a task's kind: kindOf the type's name in
// the lower case that Go uses, as in sendWelcomeKind or urlCheckKind.
func (t *Task) KindName() string { return lower(t.Name) + "Kind" }

// SchemaName is the constant that says what shape a task's payload has.
func (t *Task) SchemaName() string { return lower(t.Name) + "Schema" }

// FutureName is the function that returns a task's future by its id.
func (t *Task) FutureName() string { return t.Name + "Future" }

// lower makes a name begin with a lower-case word; an abbreviation is a word.
func lower(name string) string {
	runes := []rune(name)
	n := 0
	for n < len(runes) && unicode.IsUpper(runes[n]) {
		n++
	}
	if n > 1 && n < len(runes) && unicode.IsLower(runes[n]) {
		n-- // the last capital begins the next word
	}
	return strings.ToLower(string(runes[:n])) + string(runes[n:])
}

// HasHandler reports whether some task of the package leaves its work to a
// method of Handler.
func (p *Package) HasHandler() bool {
	for _, t := range p.Tasks {
		if !t.Execute {
			return true
		}
	}
	return false
}

// HasCron reports whether some task of the package recurs.
func (p *Package) HasCron() bool {
	return slices.ContainsFunc(p.Tasks, func(t *Task) bool { return t.Cron != nil })
}

// Generated are the names that the generated files declare in the package, each
// with the task that it is for (nil: for all).
func (p *Package) Generated() map[string][]*Task {
	names := map[string][]*Task{}
	if len(p.Tasks) > 0 {
		names["Tasks"] = nil
	}
	if p.HasCron() {
		names["Crons"] = nil
	}
	if p.HasHandler() {
		names["Handler"] = nil
	}
	for _, t := range p.Tasks {
		names[t.KindName()] = append(names[t.KindName()], t)
		if t.Type != nil && t.Type.Struct != nil {
			names[t.SchemaName()] = append(names[t.SchemaName()], t)
		}
		if t.Result != nil {
			names[t.FutureName()] = append(names[t.FutureName()], t)
		}
	}
	return names
}
