// Package diag is how the generator says what is wrong: a place, a sentence, a
// code that the documentation explains, and what to do about it.
package diag

import (
	"cmp"
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// A Diagnostic is one thing that is wrong in the user's source.
type Diagnostic struct {
	Position token.Position
	Code     Code
	Text     string
	Fix      string // never empty
}

// String is the form for people: two lines.
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s: error: %s [%s]\n    fix: %s", d.Position, d.Text, d.Code, d.Fix)
}

// A List collects diagnostics. The zero value is empty. It is not safe for
// concurrent use.
type List struct{ all []entry }

// An entry is a diagnostic whose text is not written yet, as it may name places.
type entry struct {
	Diagnostic
	args []any
}

// Add appends a diagnostic. The text is a format for args; the fix is not.
func (l *List) Add(at token.Position, code Code, fix, text string, args ...any) {
	l.all = append(l.all, entry{Diagnostic{Position: at, Code: code, Text: text, Fix: fix}, args})
}

// Sorted returns the diagnostics in files to keep (absolute names) by place,
// each once, with file names as seen from dir.
func (l *List) Sorted(dir string, keep func(file string) bool) []Diagnostic {
	var sorted []Diagnostic
	for _, e := range l.all {
		if keep(e.Position.Filename) {
			sorted = append(sorted, e.seenFrom(dir))
		}
	}
	slices.SortStableFunc(sorted, func(a, b Diagnostic) int {
		return cmp.Or(
			strings.Compare(a.Position.Filename, b.Position.Filename),
			cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column),
			strings.Compare(string(a.Code), string(b.Code)),
			strings.Compare(a.Text, b.Text),
		)
	})
	return slices.Compact(sorted)
}

// seenFrom writes the text, with the names of files as seen from dir.
func (e entry) seenFrom(dir string) Diagnostic {
	d, args := e.Diagnostic, slices.Clone(e.args)
	for i, arg := range args {
		if at, ok := arg.(token.Position); ok {
			at.Filename = Relative(dir, at.Filename)
			args[i] = at
		}
	}
	d.Position.Filename = Relative(dir, d.Position.Filename)
	d.Text = fmt.Sprintf(d.Text, args...)
	return d
}

// Relative shortens a path to how it is seen from dir. Outside of dir it stays
// absolute; slashes are forward, so that output does not depend on the system.
func Relative(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		path = rel
	}
	return filepath.ToSlash(path)
}
