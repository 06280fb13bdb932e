package load

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A pruned package grows as names are wanted from it: only declarations that
// were reached are type-checked.
type pruned struct {
	source
	own     bool                       // of the main module
	index   map[string]entry           // declarations by name
	methods map[string][]*ast.FuncDecl // by name of the receiver's type
	fileOf  map[ast.Node]*ast.File
	kept    map[*ast.File][]ast.Decl
	imports map[*ast.File]map[*ast.ImportSpec]bool // used by what is kept
	done    map[ast.Node]bool
	checked *Package
}

// An entry is where a name is declared.
type entry struct {
	decl *ast.GenDecl
	spec ast.Spec
}

func newPruned(s *source) *pruned {
	p := &pruned{
		source: *s, index: map[string]entry{}, methods: map[string][]*ast.FuncDecl{}, fileOf: map[ast.Node]*ast.File{},
		kept: map[*ast.File][]ast.Decl{}, imports: map[*ast.File]map[*ast.ImportSpec]bool{}, done: map[ast.Node]bool{},
	}
	for _, f := range s.files {
		p.imports[f] = map[*ast.ImportSpec]bool{}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				p.addMethod(f, d)
			case *ast.GenDecl:
				p.addDecl(f, d)
			}
		}
	}
	return p
}

// wanted are the methods that say something about a task or its fields.
func wanted() []string {
	return []string{"Execute", "Retries", "Timeout", "Queue", "RetryDelay", "Job", "Enqueue", "LogValue", "Upgrade", "MarshalMsg", "UnmarshalMsg", "Msgsize"}
}

func (p *pruned) addMethod(f *ast.File, d *ast.FuncDecl) {
	if d.Recv == nil || len(d.Recv.List) != 1 || !slices.Contains(wanted(), d.Name.Name) {
		return
	}
	p.fileOf[d] = f
	name := receiverName(d.Recv.List[0].Type)
	p.methods[name] = append(p.methods[name], d)
}

func receiverName(expr ast.Expr) string {
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.ParenExpr:
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

func (p *pruned) addDecl(f *ast.File, d *ast.GenDecl) {
	p.fileOf[d] = f
	for _, spec := range d.Specs {
		p.fileOf[spec] = f
		switch s := spec.(type) {
		case *ast.TypeSpec:
			p.declare(s.Name.Name, entry{d, s})
		case *ast.ValueSpec:
			for _, id := range s.Names {
				p.declare(id.Name, entry{d, s})
			}
		}
	}
}

// declare notes where a name is declared: the first place counts, as for the
// type-checker.
func (p *pruned) declare(name string, e entry) {
	if _, twice := p.index[name]; !twice {
		p.index[name] = e
	}
}

// keep adds the declaration of a name to what is type-checked and calls use for
// every name that it mentions. It reports whether the package has the name.
func (p *pruned) keep(name string, use func(f *ast.File, qualifier, name string)) bool {
	e, ok := p.index[name]
	if !ok {
		return false
	}
	// Constants depend on their place in the group: it is kept whole.
	var node ast.Node = e.spec
	decl := &ast.GenDecl{TokPos: e.decl.TokPos, Tok: e.decl.Tok, Specs: []ast.Spec{e.spec}}
	if e.decl.Tok == token.CONST {
		node, decl = e.decl, e.decl
	}
	p.add(node, decl, use)
	if _, isType := e.spec.(*ast.TypeSpec); isType {
		for _, m := range p.methods[name] {
			p.add(m, m, use)
		}
	}
	return true
}

func (p *pruned) add(node ast.Node, decl ast.Decl, use func(f *ast.File, qualifier, name string)) {
	if p.done[node] {
		return
	}
	p.done[node] = true
	f := p.fileOf[node]
	p.kept[f] = append(p.kept[f], decl)
	mentions(node, func(qualifier, name string) { use(f, qualifier, name) })
}

// mentions calls use for every name in a declaration that may be one at package
// level, here or (with a qualifier) in another package. Function bodies do not
// count.
func mentions(node ast.Node, use func(qualifier, name string)) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			mentions(n.Recv, use)
			mentions(n.Type, use)
			return false
		case *ast.FuncLit:
			mentions(n.Type, use)
			return false
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				use(x.Name, n.Sel.Name)
				return false
			}
		case *ast.Field:
			mentions(n.Type, use)
			return false
		case *ast.Ident:
			use("", n.Name)
		}
		return true
	})
}

// prunedFiles are the files of the package with only what was kept.
func (p *pruned) prunedFiles() []*ast.File {
	var files []*ast.File
	for _, f := range p.files {
		decls := p.kept[f]
		if len(decls) == 0 {
			continue
		}
		imports := &ast.GenDecl{Tok: token.IMPORT, TokPos: f.Name.End()}
		for _, spec := range f.Imports {
			if p.imports[f][spec] {
				imports.Specs = append(imports.Specs, spec)
			}
		}
		cut := *f
		cut.Decls = decls
		if len(imports.Specs) > 0 {
			cut.Decls = append([]ast.Decl{imports}, decls...)
		}
		files = append(files, &cut)
	}
	return files
}

// importOf finds the import that a qualifier stands for in a file. nameOf tells
// the name of a package by its path, if it is known yet.
func importOf(f *ast.File, qualifier string, nameOf func(path string) (string, bool)) (spec *ast.ImportSpec, unknown []string) {
	for _, s := range f.Imports {
		path := pathOf(s)
		if s.Name != nil {
			if s.Name.Name == qualifier {
				return s, nil
			}
			continue
		}
		name, known := nameOf(path)
		switch {
		case !known && importName(path) == qualifier:
			return s, nil
		case !known:
			unknown = append(unknown, path)
		case name == qualifier:
			return s, nil
		}
	}
	return nil, unknown
}

func pathOf(s *ast.ImportSpec) string { return strings.Trim(s.Path.Value, "\"`") }

// predeclared reports whether a name needs no declaration.
func predeclared(name string) bool { return types.Universe.Lookup(name) != nil }
