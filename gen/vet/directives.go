package vet

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/analysis"

	"github.com/tqgen/taskqueue/gen/diag"
	"github.com/tqgen/taskqueue/gen/directive"
	"github.com/tqgen/taskqueue/gen/load"
)

// directives reports what is wrong with directives in the files of a package.
func directives(pass *analysis.Pass) (any, error) {
	for _, file := range pass.Files {
		path := pass.Fset.File(file.FileStart).Name()
		text, err := pass.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if !directive.Suspicious(text) {
			continue
		}
		var errs diag.List
		directive.Read(load.Source(pass.Fset, file, path, text), &errs)
		for _, d := range errs.Sorted("", func(string) bool { return true }) {
			pass.Report(analysis.Diagnostic{Pos: position(pass, file, d.Position), Category: string(d.Code), Message: d.Text + " [" + string(d.Code) + "]; fix: " + d.Fix})
		}
	}
	return nil, nil //nolint:nilnil // this analyzer has no result
}

// position finds a place in a file again, by its line and column.
func position(pass *analysis.Pass, file *ast.File, at token.Position) token.Pos {
	f := pass.Fset.File(file.FileStart)
	return f.LineStart(min(max(at.Line, 1), f.LineCount())) + token.Pos(at.Column-1)
}
