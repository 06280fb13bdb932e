package vet

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// runtimePath is the package whose client enqueues.
const runtimePath = "github.com/tqgen/taskqueue/runtime"

// ignored reports calls that enqueue and whose error is lost: the call stands
// for itself, or its task's id is used and its error is not.
func ignored(pass *analysis.Pass) (any, error) {
	for _, file := range pass.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ExprStmt:
				report(pass, n.X)
			case *ast.GoStmt:
				report(pass, n.Call)
			case *ast.DeferStmt:
				report(pass, n.Call)
			case *ast.AssignStmt:
				if len(n.Rhs) == 1 && len(n.Lhs) == 2 && blank(n.Lhs[1]) && !blank(n.Lhs[0]) {
					report(pass, n.Rhs[0])
				}
			}
			return true
		})
	}
	return nil, nil //nolint:nilnil // this analyzer has no result
}

func report(pass *analysis.Pass, e ast.Expr) {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return
	}
	if name, ok := enqueues(pass, call); ok {
		pass.Reportf(call.Pos(), "the error of %s is ignored: the task may not be in the queue; handle it, or write _, _ = to say that it does not matter", name)
	}
}

func blank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "_"
}

// enqueues tells calls of a generated Enqueue method, or of a client's own, by
// the client that they have as an argument or as their receiver.
func enqueues(pass *analysis.Pass, call *ast.CallExpr) (name string, ok bool) {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	f, ok := pass.TypesInfo.Uses[selector.Sel].(*types.Func)
	if !ok || f.Name() != "Enqueue" && f.Name() != "EnqueueAll" {
		return "", false
	}
	s := f.Signature()
	if s.Recv() == nil || s.Results().Len() != 2 || !types.Identical(s.Results().At(1).Type(), types.Universe.Lookup("error").Type()) {
		return "", false
	}
	if !isClient(s.Recv().Type()) && !(s.Params().Len() == 3 && isClient(s.Params().At(1).Type())) {
		return "", false
	}
	return typeName(s.Recv().Type()) + "." + f.Name(), true
}

// isClient reports whether a type is *taskqueue.Client.
func isClient(t types.Type) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	named, ok := types.Unalias(p.Elem()).(*types.Named)
	return ok && named.Obj().Name() == "Client" && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == runtimePath
}

func typeName(t types.Type) string {
	return strings.TrimPrefix(types.TypeString(t, func(p *types.Package) string { return p.Name() }), "*")
}
