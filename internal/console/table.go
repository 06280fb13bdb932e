package console

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A Table is printed in columns that are as wide as they have to be.
type Table struct {
	Columns []Column
	rows    [][]Cell
}

// A Column has a title. What is Right stands at its right side, as numbers do.
type Column struct {
	Title string
	Right bool
}

// A Cell is a text and how it looks to who sees colours.
type Cell struct {
	Text string
	Look Look
}

// A Look is a colour, by its meaning.
type Look int

// The looks.
const (
	Plain Look = iota
	Good
	Warn
	Bad
	Faint
	Bold
)

var codes = [...]string{Good: "32", Warn: "33", Bad: "31", Faint: "90", Bold: "1"}

// Paint is a text in a look.
func (l Look) Paint(text string) string {
	if l <= Plain || int(l) >= len(codes) || text == "" {
		return text
	}
	return "\x1b[" + codes[l] + "m" + text + "\x1b[0m"
}

// Columns are those with the titles; > before one puts it to the right.
func Columns(titles ...string) []Column {
	columns := make([]Column, len(titles))
	for i, title := range titles {
		name, right := strings.CutPrefix(title, ">")
		columns[i] = Column{name, right}
	}
	return columns
}

// Add adds a row of texts, numbers and Cells.
func (t *Table) Add(values ...any) {
	row := make([]Cell, len(t.Columns))
	for i, v := range values[:min(len(values), len(row))] {
		if c, ok := v.(Cell); ok {
			row[i] = c
		} else {
			row[i].Text = fmt.Sprint(v)
		}
		row[i].Text = oneLine(row[i].Text)
	}
	t.rows = append(t.rows, row)
}

// oneLine keeps what others wrote from breaking the table or moving the cursor.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// Len is how many rows there are.
func (t *Table) Len() int { return len(t.rows) }

// Print writes the table, in colours or not.
func (t *Table) Print(w io.Writer, colours bool) error {
	widths := t.widths()
	var b strings.Builder
	head := make([]Cell, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = Cell{c.Title, Faint}
	}
	for _, row := range append([][]Cell{head}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell.Text))
			text := cell.Text
			if colours {
				text = cell.Look.Paint(text)
			}
			if t.Columns[i].Right {
				text, space = space, text
			}
			line.WriteString(text + space)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) widths() []int {
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = utf8.RuneCountInString(c.Title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].Text))
		}
	}
	return widths
}

// JSON writes a value for programs, indented.
func JSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
