package build

import (
	"fmt"
	"go/types"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/model"
)

// olderName is the type that has the shape of a task in a version.
func olderName(task string, version int) string { return fmt.Sprintf("%sV%d", task, version) }

// older finds the shapes that a task had before. One that is missing is no
// mistake: tasks.lock knows whether it is still needed.
func (b *builder) older(t *model.Task, home *model.Package) {
	for version := 1; version < t.Version; version++ {
		if o, ok := b.olderShape(t, home, version); ok {
			t.Older = append(t.Older, o)
		}
	}
	obj, named := b.olderType(t, home, t.Version)
	if named == nil || ownMethod(named, "Upgrade") == nil {
		return
	}
	b.errs.Add(b.position(obj.Pos()), diag.BadUpgrade, fmt.Sprintf("set version=%d on %s, or rename the type", t.Version+1, t.Name), "%s upgrades a shape that %s has now: it is at version %d", obj.Name(), t.Name, t.Version)
}

func (b *builder) olderType(t *model.Task, home *model.Package, version int) (*types.TypeName, *types.Named) {
	obj, _ := b.program.Lookup(home.Path, olderName(t.Name, version)).(*types.TypeName)
	if obj == nil {
		return nil, nil
	}
	named, _ := obj.Type().(*types.Named)
	return obj, named
}

// ownMethod finds a method that a type declares itself; nil if there is none.
func ownMethod(named *types.Named, name string) *types.Func {
	for m := range named.Methods() {
		if m.Name() == name {
			return m
		}
	}
	return nil
}

func (b *builder) olderShape(t *model.Task, home *model.Package, version int) (model.Older, bool) {
	obj, named := b.olderType(t, home, version)
	if obj == nil {
		return model.Older{}, false
	}
	at := b.position(obj.Pos())
	declare := fmt.Sprintf("add func (v %s) Upgrade() %s, or rename the type", obj.Name(), t.Name)
	if named == nil || named.TypeParams() != nil || !isStruct(named) {
		b.errs.Add(at, diag.BadUpgrade, "make it a struct, or rename it", "%s, version %d of the task %s, is no struct of its own", obj.Name(), version, t.Name)
		return model.Older{}, false
	}
	if task := b.tasks[home.Path+"."+obj.Name()]; task != nil {
		b.errs.Add(task.At, diag.BadUpgrade, "remove the directive: what is queued in the older shape is run as "+t.Name, "//taskqueue:task on %s, which is version %d of the task %s", obj.Name(), version, t.Name)
		return model.Older{}, false
	}
	upgrade := ownMethod(named, "Upgrade")
	if upgrade == nil {
		b.errs.Add(at, diag.BadUpgrade, declare, "%s, version %d of the task %s, has no Upgrade", obj.Name(), version, t.Name)
		return model.Older{}, false
	}
	o := model.Older{Version: version, Name: obj.Name(), Position: at, Next: upgraded(t, obj.Pkg(), upgrade.Signature(), version)}
	if o.Next == 0 {
		b.errs.Add(b.position(upgrade.Pos()), diag.BadUpgrade, fmt.Sprintf("make it func (v %s) Upgrade() %s", o.Name, t.Name), "%s.Upgrade makes no later version of the task %s: it is %s", o.Name, t.Name, receiver(upgrade.Signature())+shortly(upgrade.Signature())[len("func"):])
		return model.Older{}, false
	}
	o.Type = b.typ(named, use{at: at, what: fmt.Sprintf("version %d of the task %s", version, t.Name), home: home.Path})
	return o, o.Type != nil
}

func isStruct(t types.Type) bool {
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

// receiver is how a method begins: func (v T) or func (v *T).
func receiver(s *types.Signature) string { return "func (v " + shortly(s.Recv().Type()) + ") Upgrade" }

// upgraded is the version that an Upgrade method makes; 0 if it makes none that
// comes later.
func upgraded(t *model.Task, pkg *types.Package, s *types.Signature, version int) int {
	_, pointer := types.Unalias(s.Recv().Type()).(*types.Pointer)
	if pointer || s.Params().Len() > 0 || s.Results().Len() != 1 {
		return 0
	}
	result, ok := types.Unalias(s.Results().At(0).Type()).(*types.Named)
	if !ok || result.Obj().Pkg() != pkg {
		return 0
	}
	if result.Obj().Name() == t.Name {
		return t.Version
	}
	for v := version + 1; v < t.Version; v++ {
		if result.Obj().Name() == olderName(t.Name, v) {
			return v
		}
	}
	return 0
}
