package render

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/tqgen/taskqueue/gen/model"
)

// bound are the arguments that bind a task: its kind, what runs it, and how to
// read its older shapes, each on a line of its own.
func bound(t *model.Task, run jen.Code) func(*jen.Group) {
	return func(g *jen.Group) {
		args := []jen.Code{jen.Op("&").Id(t.KindName()), run}
		if t.Batch.Max > 0 {
			args = append(args, jen.Lit(t.Batch.Max), duration(t.Batch.Linger))
		}
		if len(t.Older) == 0 {
			for _, a := range args {
				g.Add(a)
			}
			return
		}
		for _, a := range args {
			g.Line().Add(a)
		}
		for i, o := range t.Older {
			g.Line().Qual(codegenPath, "From").Call(jen.Lit(o.Version), upgrade(t, i))
		}
		g.Line()
	}
}

// upgrade is the function from an older shape to the present one, step by step.
func upgrade(t *model.Task, i int) jen.Code {
	first := t.Older[i]
	if first.Next == t.Version {
		return jen.Id(first.Name).Dot("Upgrade")
	}
	value := jen.Id("v").Dot("Upgrade").Call()
	for next := first.Next; next < t.Version; {
		j := slices.IndexFunc(t.Older, func(o model.Older) bool { return o.Version == next })
		value, next = value.Dot("Upgrade").Call(), t.Older[j].Next
	}
	return jen.Func().Params(jen.Id("v").Id(first.Name)).Id(t.Name).Block(jen.Return(value))
}

// foreign reports whether something decodes itself that a task may come as.
func foreign(t *model.Task) bool {
	return t.Type.Kind == model.Foreign || slices.ContainsFunc(t.Older, func(o model.Older) bool { return o.Type.Kind == model.Foreign })
}
