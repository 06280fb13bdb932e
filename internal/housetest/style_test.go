package housetest

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The house's budgets. The median and the ninetieth percentile are of written
// code without tests; a function's lines are those between its braces' lines, as
// the linter funlen counts them.
const (
	maxFunctionLines    = 80
	maxFileLines        = 500
	medianFunctionLines = 8
	p90FunctionLines    = 30
)

func TestFormatted(t *testing.T) {
	for _, s := range written(t) {
		formatted, err := format.Source(s.text)
		if err != nil {
			t.Errorf("%s: %v", s.path, err)
		} else if !bytes.Equal(formatted, s.text) {
			t.Errorf("%s: run gofmt -w %s", s.path, s.path)
		}
	}
}

func TestFunctionLength(t *testing.T) {
	var lengths []int
	for _, s := range written(t) {
		for f := range functions(s) {
			n := max(s.lines(f)-2, 1)
			if n > maxFunctionLines {
				t.Errorf("%s: %s has %d lines, at most %d", s.position(f), f.Name.Name, n, maxFunctionLines)
			}
			if !s.test() {
				lengths = append(lengths, n)
			}
		}
	}
	slices.Sort(lengths)
	median, p90 := lengths[len(lengths)/2], lengths[len(lengths)*9/10]
	t.Logf("%d functions: median %d lines, p90 %d, longest %d", len(lengths), median, p90, lengths[len(lengths)-1])
	if median > medianFunctionLines || p90 > p90FunctionLines {
		t.Errorf("functions: median %d lines (at most %d), p90 %d (at most %d)", median, medianFunctionLines, p90, p90FunctionLines)
	}
}

func functions(s *source) func(yield func(*ast.FuncDecl) bool) {
	return func(yield func(*ast.FuncDecl) bool) {
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && !yield(f) {
				return
			}
		}
	}
}

func TestFileLength(t *testing.T) {
	for _, s := range written(t) {
		if n := bytes.Count(s.text, []byte("\n")); n > maxFileLines && !s.test() {
			t.Errorf("%s has %d lines, at most %d: which idea can move out?", s.path, n, maxFileLines)
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, s := range written(t) {
		for f := range functions(s) {
			if f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: no init functions", s.position(f))
			}
		}
	}
}

// leftover is spelled so that it does not find itself.
var leftover = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)

func TestNoLeftovers(t *testing.T) {
	for _, s := range written(t) {
		for i, line := range strings.Split(string(s.text), "\n") {
			if word := leftover.FindString(line); word != "" {
				t.Errorf("%s:%d: %s: do it or drop it", s.path, i+1, word)
			}
		}
	}
}

// samples holds types that are there for their shapes alone.
const samples = "internal/codecsample"

func TestExportedSymbolsAreDocumented(t *testing.T) {
	packages := map[string]bool{}
	for _, s := range written(t) {
		if s.test() || s.ast.Name.Name == "main" || s.dir() == samples {
			continue
		}
		packages[s.dir()] = packages[s.dir()] || s.ast.Doc != nil
		for _, d := range s.ast.Decls {
			for _, id := range undocumented(d) {
				t.Errorf("%s: %s is exported and has no comment", s.position(id), id.Name)
			}
		}
	}
	for dir, documented := range packages {
		if !documented {
			t.Errorf("%s: the package has no comment", dir)
		}
	}
}

// undocumented lists the exported names of a declaration without a comment. A
// comment above a group counts for each of its constants and variables.
func undocumented(d ast.Decl) []*ast.Ident {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		if d.Doc != nil && (d.Tok == token.CONST || d.Tok == token.VAR || len(d.Specs) == 1) {
			return nil
		}
		return undocumentedSpecs(d.Specs)
	}
	return nil
}

func undocumentedSpecs(specs []ast.Spec) []*ast.Ident {
	var names []*ast.Ident
	for _, spec := range specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Doc == nil && s.Comment == nil {
				names = append(names, s.Name)
			}
		case *ast.ValueSpec:
			if s.Doc == nil && s.Comment == nil {
				names = append(names, s.Names...)
			}
		}
	}
	return slices.DeleteFunc(names, func(id *ast.Ident) bool { return !id.IsExported() })
}

// exportedReceiver tells functions and methods of exported types from methods
// of others.
func exportedReceiver(f *ast.FuncDecl) bool {
	return f.Recv == nil || ast.IsExported(receiver(f))
}

// receiver is the name of a method's type.
func receiver(f *ast.FuncDecl) string {
	expr := f.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}
