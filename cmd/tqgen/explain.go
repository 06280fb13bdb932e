package main

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/gen"
	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
	"github.com/tqgen/taskqueue/gen/schema"
)

// explain says what tqgen makes of a line, or what a code means.
func (c *command) explain(ctx context.Context) int {
	arg := c.flags.Arg(0)
	if c.flags.NArg() != 1 {
		return c.fail(errors.New("explain takes one place or code: tqgen explain FILE:LINE, or tqgen explain TQ110"))
	}
	if e, ok := codeOf(diag.Code(strings.ToUpper(arg))); ok {
		fmt.Fprintf(c.stdout, "%s: %s\n\n%s\n", e.Code, e.Title, e.Why)
		return exitOK
	}
	at, err := c.place(arg)
	if err != nil {
		return c.fail(err)
	}
	c.config.Dir, c.config.Check, c.config.Accept = filepath.Dir(at.Filename), true, true
	return c.explainAt(ctx, at, arg)
}

func codeOf(code diag.Code) (diag.Entry, bool) {
	all := diag.Catalogue()
	i := slices.IndexFunc(all, func(e diag.Entry) bool { return e.Code == code })
	if i < 0 {
		return diag.Entry{}, false
	}
	return all[i], true
}

// place reads FILE:LINE; what compilers put behind it does no harm.
func (c *command) place(text string) (token.Position, error) {
	parts := strings.Split(text, ":")
	for len(parts) > 2 && number(parts[len(parts)-1]) > 0 && number(parts[len(parts)-2]) > 0 {
		parts = parts[:len(parts)-1] // the column
	}
	last := len(parts) - 1
	line := number(parts[last])
	if last < 1 || line < 1 {
		return token.Position{}, fmt.Errorf("%q is no place and no code: write FILE:LINE, as in email/tasks.go:12, or a code, as in TQ110", text)
	}
	file := strings.Join(parts[:last], ":")
	if !filepath.IsAbs(file) {
		file = filepath.Join(c.config.Dir, file)
	}
	file, err := filepath.Abs(file)
	if err == nil {
		file, err = filepath.EvalSymlinks(file)
	}
	return token.Position{Filename: file, Line: line}, err
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

func (c *command) explainAt(ctx context.Context, at token.Position, arg string) int {
	shown, _, _ := strings.Cut(arg, ":"+strconv.Itoa(at.Line))
	c.patterns()
	c.config.Patterns = []string{"."}
	result, err := gen.Run(ctx, c.config)
	if err != nil {
		return c.fail(err)
	}
	found := false
	for _, d := range result.Diagnostics {
		if d.Position.Filename == filepath.Base(at.Filename) && d.Position.Line == at.Line {
			e, _ := codeOf(d.Code)
			d.Position.Filename = shown
			fmt.Fprintf(c.stdout, "%s\n    why: %s\n", d, e.Why)
			found = true
		}
	}
	if found {
		return exitOK
	}
	for _, p := range result.Packages {
		found = found || c.explainIn(p, at)
	}
	if !found {
		fmt.Fprintf(c.stderr, "tqgen: nothing to explain at %s: tqgen looks at structs of tasks and at what they consist of\n", arg)
		return exitWrong
	}
	return exitOK
}

// explainIn explains what a package has at a line.
func (c *command) explainIn(p *model.Package, at token.Position) (found bool) {
	for _, s := range p.Structs {
		for f := range s.Encoded() {
			if f.Position.Filename == at.Filename && f.Position.Line == at.Line {
				c.explainField(s, f)
				found = true
			}
		}
	}
	if found {
		return true
	}
	for _, t := range p.Tasks {
		if t.Position.Filename == at.Filename && t.First <= at.Line && at.Line <= t.Last {
			c.explainTask(p, t)
			return true
		}
	}
	return false
}

func (c *command) explainField(s *model.Struct, f *model.Field) {
	form := "under the name " + strconv.Quote(f.Wire)
	if s.Tuple {
		form = "by its place, as tuples have no names"
	}
	fmt.Fprintf(c.stdout, "%s.%s (%s) travels %s, as %s\n", s.Name, f.Name, f.Type.Spell(packageName), form, wire(f.Type))
	if notes := schema.Notes(f); len(notes) > 0 {
		fmt.Fprintf(c.stdout, "    tags: %s\n", strings.Join(notes, ", "))
	}
}

// wire is the MessagePack form of a type.
func wire(t *model.Type) string {
	switch k := t.Kind; {
	case k == model.Bytes || t.Binary():
		return "binary"
	case k == model.Time:
		return "extension 5: seconds and nanoseconds"
	case k == model.Duration:
		return "an integer of nanoseconds"
	case k == model.Slice || k == model.Array:
		return "an array of: " + wire(t.Elem)
	case k == model.Map:
		return "a map from " + wire(t.Key) + " to: " + wire(t.Elem)
	case k == model.Pointer:
		return "nil, or " + wire(t.Elem)
	case k == model.StructKind && t.Struct.Tuple:
		return "an array of its fields"
	case k == model.StructKind:
		return "a map of its fields"
	case k == model.Foreign:
		return "what its MarshalMsg writes"
	case k == model.Float32 || k == model.Float64:
		return "a float"
	case k.Number():
		return "an integer in its shortest form"
	case k == model.Bool:
		return "a boolean"
	}
	return "a " + t.Kind.String()
}

func (c *command) explainTask(p *model.Package, t *model.Task) {
	fmt.Fprintf(c.stdout, "%s is a task\n", t.Wire)
	rows := append(schema.Settings(t),
		[2]string{"payload", wire(t.Type)},
		[2]string{"enqueue", t.Name + "{…}.Enqueue(ctx, client)"},
		[2]string{"run", "taskqueue.WorkerConfig{Tasks: " + tasksCall(p) + "}"},
	)
	width := 12
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	for _, row := range rows {
		fmt.Fprintf(c.stdout, "    %-*s %s\n", width, row[0], row[1])
	}
}

func tasksCall(p *model.Package) string {
	if p.HasHandler() {
		return p.Name + ".Tasks(handler)"
	}
	return p.Name + ".Tasks()"
}
