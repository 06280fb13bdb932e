// Package check finds what is wrong with a model as a whole: names that
// collide, and names that no store accepts. What is wrong with a single type or
// directive was found before.
package check

import (
	"fmt"
	"go/token"
	"maps"
	"path/filepath"
	"slices"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/directive"
	"github.com/tqgen/taskqueue/gen/model"
)

// Run checks all packages of a module together.
func Run(packages []*model.Package, errs *diag.List) {
	wire := map[string][]called{}
	for _, p := range packages {
		checkNames(p, errs)
		checkOptional(p, errs)
		for _, t := range p.Tasks {
			wire[t.Wire] = append(wire[t.Wire], called{t, t.Position, "is called"})
			for _, a := range t.Was {
				wire[a.Wire] = append(wire[a.Wire], called{t, a.Position, "was called"})
			}
			checkTask(t, errs)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wire)) {
		if tasks := wire[name]; len(tasks) > 1 {
			sameWireName(name, tasks, errs)
		}
	}
}

// A called is a task with one of its names.
type called struct {
	*model.Task
	at   token.Position
	verb string
}

// sameWireName reports each of the tasks, with the place of another one.
func sameWireName(name string, tasks []called, errs *diag.List) {
	for i, t := range tasks {
		other := tasks[(i+1)%len(tasks)]
		if t.Task != other.Task && t.Name == other.Name && filepath.Dir(t.at.Filename) == filepath.Dir(other.at.Filename) {
			errs.Add(t.at, diag.SameWireName, "rename or remove one of them", "the type %s is declared twice; the other one is at %s", t.Name, other.at)
			continue
		}
		if t.verb == "is called" && other.verb == t.verb {
			errs.Add(t.at, diag.SameWireName, "give one of them another name: //taskqueue:task name=…",
				"the task %s is called %q, and so is %s at %s", t.Name, name, other.Name, other.at)
			continue
		}
		errs.Add(t.at, diag.SameWireName, "a name belongs to one task: take it out of was=, or give the other task another name",
			"the task %s %s %q, and %s %s so, too, at %s", t.Name, t.verb, name, other.Name, other.verb, other.at)
	}
}

func checkTask(t *model.Task, errs *diag.List) {
	if !t.Execute && !token.IsExported(t.Name) {
		errs.Add(t.Position, diag.UnexportedTask, "export it, or give it an Execute method", "the task %s is unexported and has no Execute", t.Name)
	}
	if !directive.ValidName(t.Wire) {
		errs.Add(t.Position, diag.BadName, "give it a name: //taskqueue:task name=…", "%q cannot be the name of a task: 1 to %d of A-Z a-z 0-9 _ . : -", t.Wire, directive.MaxNameLen)
	}
}

// checkOptional finds tags that would say nothing: only a task that recurs is
// made by nobody.
func checkOptional(p *model.Package, errs *diag.List) {
	for _, s := range p.Structs {
		if slices.ContainsFunc(p.Tasks, func(t *model.Task) bool { return t.Cron != nil && t.Type != nil && t.Type.Struct == s }) {
			continue
		}
		for f := range s.Encoded() {
			if f.Optional {
				errs.Add(f.Position, diag.BadTag, "remove it", "optional on the field %s.%s, which is of no task with cron=", s.Name, f.Name)
			}
		}
	}
}

// checkNames finds generated names that are taken, by the package or by each
// other.
func checkNames(p *model.Package, errs *diag.List) {
	for _, name := range model.Predeclared() {
		if p.Scope[name] && len(p.Structs) > 0 {
			errs.Add(p.Structs[0].Position, diag.TakenName, "give it another name", "the package declares %q, whose usual meaning generated code needs", name)
		}
	}
	generated := p.Generated()
	for _, name := range slices.Sorted(maps.Keys(generated)) {
		tasks := generated[name]
		if p.Scope[name] {
			at, of := p.Tasks[0], fmt.Sprintf("the tasks of package %s", p.Name)
			if len(tasks) > 0 {
				at, of = tasks[0], "the task "+tasks[0].Name
			}
			errs.Add(at.Position, diag.TakenName, "rename your "+name, "the package declares %s, which tqgen generates for %s", name, of)
		}
		if len(tasks) > 1 && tasks[0].Name != tasks[1].Name {
			errs.Add(tasks[1].Position, diag.TakenName, "rename one of the types", "the tasks %s and %s both need the generated name %s", tasks[0].Name, tasks[1].Name, name)
		}
	}
}
