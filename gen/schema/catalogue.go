package schema

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqgen/taskqueue/gen/model"
)

// Catalogue is TASKS.md: every task with its settings and fields, by name.
func Catalogue(packages []*model.Package) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!-- %s -->\n\n# Tasks\n\n| task | queue | result | |\n|---|---|---|---|\n", Mark)
	all := sorted(packages)
	for _, t := range all {
		summary, _, _ := strings.Cut(strings.TrimSpace(t.Doc), "\n")
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", t.Wire, anchor(t.Wire), queue(t.Task), code(result(t.Task)), cell(summary))
	}
	for _, t := range all {
		section(&b, t)
	}
	return b.Bytes()
}

// A listed task knows its package.
type listed struct {
	*model.Task
	of *model.Package
}

func sorted(packages []*model.Package) []listed {
	var all []listed
	for _, p := range packages {
		for _, t := range p.Tasks {
			all = append(all, listed{t, p})
		}
	}
	slices.SortFunc(all, func(a, b listed) int { return strings.Compare(a.Wire, b.Wire) })
	return all
}

func section(b *bytes.Buffer, t listed) {
	fmt.Fprintf(b, "\n## %s\n\n", t.Wire)
	if doc := strings.TrimSpace(t.Doc); doc != "" {
		fmt.Fprintf(b, "%s\n\n", doc)
	}
	fmt.Fprintf(b, "| | |\n|---|---|\n| type | `%s.%s`, in %s |\n", t.of.Path, t.Name, filepath.Base(t.Position.Filename))
	for _, row := range Settings(t.Task) {
		fmt.Fprintf(b, "| %s | %s |\n", row[0], strings.ReplaceAll(cell(row[1]), "*", `\*`))
	}
	s := t.Type.Struct
	if s == nil {
		b.WriteString("\nThe struct encodes itself.\n")
		return
	}
	fmt.Fprintf(b, "\n%s:\n\n| field | type | |\n|---|---|---|\n", form(s))
	for f := range s.Encoded() {
		fmt.Fprintf(b, "| %s | %s | %s |\n", cell(f.Wire), code(f.Type.Spell(shortName)), strings.Join(Notes(f), ", "))
	}
}

func form(s *model.Struct) string {
	if s.Tuple {
		return "The payload, an array of"
	}
	return "The payload, a map of"
}

// code is a piece of Go in a cell.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + cell(text) + "`"
}

// cell keeps a text inside of its cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// anchor is the name that Markdown gives to a heading.
func anchor(heading string) string {
	return strings.NewReplacer(".", "", ":", "").Replace(strings.ToLower(heading))
}
