// Package render writes taskqueue_gen.go: what a package's tasks look like to
// the programs that enqueue and run them.
package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/tqgen/taskqueue/gen/model"
)

// The packages that generated code imports.
const (
	runtimePath = "github.com/tqgen/taskqueue/runtime"
	codegenPath = "github.com/tqgen/taskqueue/runtime/codegen"

	// protocol is the handshake with the runtime: its name is the message of
	// the compiler if the runtime is too old.
	protocol = "Protocol1_if_undefined_run_go_get_u_github_com_tqgen_taskqueue"
)

// Needed reports whether a package gets the file at all.
func Needed(p *model.Package) bool {
	return len(p.Tasks) > 0 || slices.ContainsFunc(p.Structs, (*model.Struct).HasSecret)
}

// Source returns the file for a package, formatted.
func Source(p *model.Package) ([]byte, error) {
	f := jen.NewFilePathName(p.Path, p.Name)
	f.HeaderComment(model.Header)
	importNames(f, p)
	f.Comment("The handshake: without this constant, the runtime is older than tqgen.")
	f.Const().Id("_").Op("=").Qual(codegenPath, protocol)
	if p.HasHandler() {
		handler(f, p)
	}
	if len(p.Tasks) > 0 {
		tasks(f, p)
	}
	if p.HasCron() {
		crons(f, p)
	}
	for _, t := range p.Tasks {
		task(f, t)
	}
	for _, s := range p.Structs {
		logValue(f, s)
	}
	var b bytes.Buffer
	if err := f.Render(&b); err != nil {
		return nil, fmt.Errorf("package %s: %w", p.Path, err)
	}
	return []byte(groupImports(b.String())), nil
}

// importNames gives the imports names that the package does not declare itself.
func importNames(f *jen.File, p *model.Package) {
	refs := []model.Ref{
		{Name: "context", Path: "context"}, {Name: "time", Path: "time"}, {Name: "slog", Path: "log/slog"},
		{Name: "taskqueue", Path: runtimePath}, {Name: "codegen", Path: codegenPath},
	}
	for _, t := range p.Tasks {
		if t.Result != nil {
			refs = append(refs, packagesOf(t.Result.Type)...)
		}
	}
	taken, named := map[string]bool{}, map[string]bool{}
	generated := p.Generated()
	for _, r := range refs {
		if r.Path == p.Path || named[r.Path] {
			continue
		}
		name := r.Name
		for n := 2; taken[name] || p.Scope[name] || has(generated, name); n++ {
			name = fmt.Sprintf("%s%d", r.Name, n)
		}
		taken[name], named[r.Path] = true, true
		if name == r.Path[strings.LastIndexByte(r.Path, '/')+1:] {
			f.ImportName(r.Path, name)
		} else {
			f.ImportAlias(r.Path, name)
		}
	}
}

func has[V any](m map[string]V, key string) bool {
	_, ok := m[key]
	return ok
}

// packagesOf are the packages that a type's spelling names.
func packagesOf(t *model.Type) []model.Ref {
	var refs []model.Ref
	t.Spell(func(r model.Ref) string {
		refs = append(refs, r)
		return ""
	})
	return refs
}

// spell writes a type so that jennifer imports its packages.
func spell(t *model.Type) *jen.Statement {
	var refs []model.Ref
	text := t.Spell(func(r model.Ref) string {
		refs = append(refs, r)
		return "\x00"
	})
	s := &jen.Statement{}
	for i, part := range strings.Split(text, "\x00") {
		if i > 0 {
			part = part[1:] // the dot
			n := len(part) - len(strings.TrimLeftFunc(part, identRune))
			s.Qual(refs[i-1].Path, part[:n])
			part = part[n:]
		}
		if part != "" {
			s.Id(part)
		}
	}
	return s
}

// handler writes the interface of the tasks without Execute.
func handler(f *jen.File, p *model.Package) {
	f.Comment("A Handler does the work of the tasks in this package.")
	f.Type().Id("Handler").InterfaceFunc(func(g *jen.Group) {
		for _, t := range p.Tasks {
			if t.Execute {
				continue
			}
			docs(g, t)
			task := jen.Id("task").Op("*").Id(t.Name)
			if t.Batch.Max > 0 {
				task = jen.Id("tasks").Index().Op("*").Id(t.Name)
			}
			m := g.Id(t.Name).Params(jen.Id("ctx").Qual("context", "Context"), task)
			if t.Result == nil {
				m.Error()
			} else {
				m.Params(spell(t.Result.Type), jen.Error())
			}
		}
	})
}

// docs copies the comment of a task.
func docs(g *jen.Group, t *model.Task) {
	for line := range strings.Lines(t.Doc) {
		if line = strings.TrimRight(line, "\n"); line == "" {
			g.Comment("//")
		} else {
			g.Comment("// " + line)
		}
	}
}

// tasks writes the function that binds every task to its work.
func tasks(f *jen.File, p *model.Package) {
	var params []jen.Code
	if p.HasHandler() {
		f.Comment("Tasks binds every task in this package to its method of h, or to its own Execute.")
		params = append(params, jen.Id("h").Id("Handler"))
	} else {
		f.Comment("Tasks are the tasks in this package, each bound to its Execute method.")
	}
	f.Func().Id("Tasks").Params(params...).Index().Qual(runtimePath, "Task").Block(
		jen.Return(jen.Index().Qual(runtimePath, "Task").ValuesFunc(func(g *jen.Group) {
			for _, t := range p.Tasks {
				bind, run := "Task", jen.Id("h").Dot(t.Name)
				switch {
				case t.Execute:
					bind, run = "Execute", jen.Parens(jen.Op("*").Id(t.Name)).Dot("Execute")
				case t.Batch.Max > 0:
					bind = "Batch"
				}
				if t.Result != nil {
					bind += "WithResult"
				}
				bound := jen.Qual(codegenPath, bind).CallFunc(bound(t, run))
				if foreign(t) {
					bound = jen.Qual(codegenPath, "Foreign").Call(bound)
				}
				g.Line().Add(bound)
			}
			g.Line()
		})),
	)
}
