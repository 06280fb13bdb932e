package build

import (
	"go/token"
	"go/types"
	"strings"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/directive"
	"github.com/tqgen/taskqueue/gen/model"
)

// task describes a task and adds it to its package, unless it is no struct.
func (b *builder) task(p *Package, d *directive.Task) {
	name := d.Spec.Name.Name
	at := b.position(d.Spec.Name.Pos())
	home := b.pkg(p.Dir.Import)
	switch {
	case d.Spec.Assign.IsValid():
		b.errs.Add(d.At, diag.OnAlias, "declare a struct: type "+name+" struct{ … }", "//taskqueue:task on the alias %s", name)
		return
	case d.Spec.TypeParams != nil:
		b.errs.Add(d.At, diag.OnGeneric, "declare a struct without type parameters for each task", "//taskqueue:task on the generic type %s", name)
		return
	}
	obj, _ := b.program.Lookup(p.Dir.Import, name).(*types.TypeName)
	if home == nil || obj == nil {
		b.errs.Add(at, diag.Unresolved, compile, "the type %s cannot be resolved", name)
		return
	}
	named, ok := obj.Type().(*types.Named)
	if !ok {
		return
	}
	if invalid(named, map[types.Type]bool{}) {
		b.unresolved(home.Path, use{at: at, what: "the task " + name})
		return
	}
	if _, ok := named.Underlying().(*types.Struct); !ok {
		b.errs.Add(d.At, diag.NotStruct, "make it a struct: type "+name+" struct{ Value "+shortly(named.Underlying())+" }", "//taskqueue:task on %s, which is no struct", name)
		return
	}
	values := d.Over(p.Defaults)
	t := &model.Task{
		Name: name, Wire: values.Name, Doc: d.Doc, Position: at,
		First: b.position(d.Pos).Line, Last: b.position(d.Spec.End()).Line, Settings: values.Settings,
		Type: b.typ(named, use{at: at, what: "the task " + name, home: home.Path}),
	}
	if t.Wire == "" {
		t.Wire = home.Name + "." + name
	}
	for _, w := range values.Was {
		t.Was = append(t.Was, model.Alias{Wire: w.Text, Position: w.Position})
	}
	t.Version = max(values.Version, 1)
	b.older(t, home)
	b.cron(t, values.Cron)
	b.methods(t, named)
	b.result(p, t, named, d.Result)
	b.unique(t, &values)
	b.key(t, d)
	b.batch(t, values.Batch)
	home.Tasks = append(home.Tasks, t)
}

// methods finds the per-instance settings and what is in the way of generated
// methods.
func (b *builder) methods(t *model.Task, named *types.Named) {
	for _, m := range []struct {
		name, shape, spelled string
		has                  *bool
	}{
		{"Retries", "() int", "Retries() int", &t.Methods.Retries},
		{"Timeout", "() time.Duration", "Timeout() time.Duration", &t.Methods.Timeout},
		{"Queue", "() string", "Queue() string", &t.Methods.Queue},
		{"RetryDelay", "(int, error) time.Duration", "RetryDelay(attempt int, err error) time.Duration", &t.Methods.RetryDelay},
	} {
		f := method(named, m.name)
		if f == nil {
			continue
		}
		if s := f.Signature(); shape(s) != m.shape {
			b.errs.Add(b.within(f, t), diag.BadMethod, "make it "+m.spelled+", or rename it", "the method %s.%s does not override the setting: it is %s", t.Name, m.name, shortly(s))
			continue
		}
		*m.has = true
	}
	for _, name := range []string{"Job", "Enqueue"} {
		obj, _, _ := types.LookupFieldOrMethod(named, true, named.Obj().Pkg(), name)
		if obj == nil || promoted(named, name) {
			continue
		}
		b.errs.Add(b.within(obj, t), diag.TakenMember, "rename it: tqgen writes a method "+name, "%s has a member %s of its own", t.Name, name)
	}
}

// shape is a signature without names: (int, error) time.Duration.
func shape(s *types.Signature) string {
	list := func(vars *types.Tuple) string {
		var all []string
		for v := range vars.Variables() {
			all = append(all, full(v.Type()))
		}
		return strings.Join(all, ", ")
	}
	if s.Variadic() {
		return "variadic"
	}
	return "(" + list(s.Params()) + ") " + list(s.Results())
}

// within is where an object is declared or, in another module, where the task
// is.
func (b *builder) within(obj types.Object, t *model.Task) token.Position {
	if obj.Pkg() != nil && b.pkg(obj.Pkg().Path()) != nil {
		return b.position(obj.Pos())
	}
	return t.Position
}

// method finds a method of *T, also one of an embedded type; nil if there is
// none, or a field of that name.
func method(named *types.Named, name string) *types.Func {
	obj, _, _ := types.LookupFieldOrMethod(named, true, named.Obj().Pkg(), name)
	f, _ := obj.(*types.Func)
	return f
}

// promoted reports whether a field or method comes from an embedded struct.
func promoted(named *types.Named, name string) bool {
	_, index, _ := types.LookupFieldOrMethod(named, true, named.Obj().Pkg(), name)
	return len(index) > 1
}

// result finds out what a task returns: by its Execute method, else by the
// directive.
func (b *builder) result(p *Package, t *model.Task, named *types.Named, word *directive.Word) {
	execute := method(named, "Execute")
	if execute == nil {
		if word != nil {
			b.resultWord(p, t, word)
		}
		return
	}
	t.Execute = true
	at := b.within(execute, t)
	s := execute.Signature()
	n := s.Results().Len()
	switch {
	case s.Params().Len() != 1 || s.Variadic() || full(s.Params().At(0).Type()) != "context.Context" || n < 1 || n > 2 || !isError(s.Results().At(n-1).Type()):
		b.errs.Add(at, diag.BadExecute, "make it Execute(ctx context.Context) error, or Execute(ctx context.Context) (R, error)", "%s.Execute is %s", t.Name, shortly(s))
	case promoted(named, "Execute") && b.ofTask(execute):
		b.errs.Add(t.Position, diag.BadExecute, "declare Execute on "+t.Name+" itself, or give the embedded field a name", "%s inherits Execute from another task", t.Name)
	case n == 2:
		if word != nil {
			b.errs.Add(word.Position, diag.Conflict, "remove result=: Execute says what the result is", "result= on %s, which has Execute", t.Name)
		}
		t.Result = b.resultType(s.Results().At(0).Type(), use{at: at, what: "the result of " + t.Name, home: named.Obj().Pkg().Path()})
	case word != nil:
		b.errs.Add(word.Position, diag.Conflict, "make it Execute(ctx context.Context) ("+word.Text+", error), or remove result=", "result= on %s, whose Execute returns no result", t.Name)
	}
}

// ofTask reports whether a method is declared on a task.
func (b *builder) ofTask(f *types.Func) bool {
	t := types.Unalias(f.Signature().Recv().Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	named, ok := t.(*types.Named)
	return ok && named.Obj().Pkg() != nil && b.tasks[named.Obj().Pkg().Path()+"."+named.Obj().Name()] != nil
}
