package render

import (
	"github.com/dave/jennifer/jen"

	"github.com/tqgen/taskqueue/gen/model"
)

// crons writes the function that lists the tasks that recur.
func crons(f *jen.File, p *model.Package) {
	f.Comment("Crons are the tasks in this package that recur, for taskqueue.WorkerConfig.")
	f.Func().Id("Crons").Params().Index().Qual(runtimePath, "Cron").Block(
		jen.Return(jen.Index().Qual(runtimePath, "Cron").ValuesFunc(func(g *jen.Group) {
			for _, t := range p.Tasks {
				if t.Cron != nil {
					g.Line().ValuesFunc(cron(t))
				}
			}
			g.Line()
		})),
	)
}

var missed = map[string]string{"once": "MissedOnce", "all": "MissedAll"}

// cron is written on one line. A renamed task keeps the cron of its first name:
// while a release is rolled out, older workers know it by that.
func cron(t *model.Task) func(*jen.Group) {
	return func(g *jen.Group) {
		if n := len(t.Was); n > 0 {
			g.Id("Name").Op(":").Lit(t.Was[n-1].Wire)
		}
		g.Id("Spec").Op(":").Lit(t.Cron.Spec)
		if t.Cron.Zone != "" {
			g.Id("Zone").Op(":").Lit(t.Cron.Zone)
		}
		if name := missed[t.Cron.Missed]; name != "" {
			g.Id("Missed").Op(":").Qual(runtimePath, name)
		}
		g.Id("Job").Op(":").Id(t.Name).Values().Dot("Job").Call()
	}
}
