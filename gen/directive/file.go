package directive

import (
	"cmp"
	"go/ast"
	"go/token"

	"github.com/tqgen/taskqueue/gen/diag"
)

// A Source is a parsed Go file, with its comments, and what is known of it.
type Source struct {
	Fset        *token.FileSet
	AST         *ast.File
	Test        bool // a _test.go file
	Constrained bool // by //go:build or by its name: not part of every build
	Generated   bool // says that it was generated
}

// A File is what the directives in a Go file say.
type File struct {
	Tasks    []*Task
	Defaults *Values // of //taskqueue:defaults; nil: none
}

// A Task is a type declaration with //taskqueue:task.
type Task struct {
	Spec *ast.TypeSpec
	Doc  string    // its comment without directives
	Pos  token.Pos // where its comment begins
	Values
}

// Read finds the directives in a file and everything that is wrong with them.
func Read(src Source, errs *diag.List) File {
	r := reader{Source: src, errs: errs, owners: owners(src.AST)}
	for _, group := range src.AST.Comments {
		var found []comment
		for _, c := range group.List {
			if d, ok := read(src.Fset, c, errs); ok && r.allowed(d) {
				found = append(found, d)
			}
		}
		if len(found) > 0 {
			r.attach(group, found)
		}
	}
	return r.file
}

type reader struct {
	Source
	errs   *diag.List
	owners map[*ast.CommentGroup]owner
	file   File
}

// An owner is what a comment documents: the package, a type, or something else
// that what says.
type owner struct {
	pkg       bool
	spec      *ast.TypeSpec
	what, fix string
}

// owners maps the doc comments at the top level of a file.
func owners(file *ast.File) map[*ast.CommentGroup]owner {
	m := map[*ast.CommentGroup]owner{file.Doc: {pkg: true}}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			m[d.Doc] = owner{what: "the function " + d.Name.Name}
		case *ast.GenDecl:
			addOwners(m, d)
		}
	}
	delete(m, nil)
	return m
}

func addOwners(m map[*ast.CommentGroup]owner, d *ast.GenDecl) {
	if d.Tok != token.TYPE {
		m[d.Doc] = owner{what: "a " + d.Tok.String() + " declaration"}
	} else if d.Lparen.IsValid() {
		m[d.Doc] = owner{what: "a group of types", fix: "put it inside of the group, right above the type"}
	}
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			m[s.Doc] = owner{spec: s}
			if !d.Lparen.IsValid() {
				m[d.Doc] = owner{spec: s}
			}
		case *ast.ValueSpec:
			m[s.Doc] = owner{what: "the " + d.Tok.String() + " " + s.Names[0].Name}
		}
	}
}

// allowed refuses directives in files that cannot have any.
func (r *reader) allowed(d comment) bool {
	switch {
	case r.Test:
		r.errs.Add(d.at, diag.InTestFile, "move the type to a file whose name does not end in _test.go", "a directive in a test file has no effect")
	case r.Generated:
		r.errs.Add(d.at, diag.InGenerated, "move the type to a file that people write", "a directive in a generated file has no effect")
	case r.Constrained:
		r.errs.Add(d.at, diag.BuildTags, "move the type to a file without build tags and without a GOOS or GOARCH in its name", "a task in a file that is not part of every build")
	default:
		return true
	}
	return false
}

// attach gives the directives of a comment to what the comment documents.
func (r *reader) attach(group *ast.CommentGroup, found []comment) {
	o, ok := r.owners[group]
	switch {
	case ok && o.spec != nil:
		r.task(o.spec, group, found)
	case ok && o.pkg:
		r.defaults(found)
	case ok:
		for _, d := range found {
			r.errs.Add(d.at, diag.NotType, cmp.Or(o.fix, "put it right above a struct type"), "//taskqueue:%s on %s", d.verb, o.what)
		}
	default:
		for _, d := range found {
			r.errs.Add(d.at, diag.Detached, r.whereTo(d, group), "//taskqueue:%s belongs to nothing", d.verb)
		}
	}
}

// whereTo says where a detached directive should go: the next type is meant.
func (r *reader) whereTo(d comment, group *ast.CommentGroup) string {
	if d.verb == verbDefaults {
		return "put it into the comment right above the package clause"
	}
	for _, decl := range r.AST.Decls {
		g, ok := decl.(*ast.GenDecl)
		if ok && g.Pos() > group.End() && g.Tok == token.TYPE {
			return "put it right above type " + g.Specs[0].(*ast.TypeSpec).Name.Name + ", without a blank line between"
		}
	}
	return "put it right above a type at package level"
}

func (r *reader) defaults(found []comment) {
	for _, d := range found {
		switch {
		case d.verb != verbDefaults:
			r.errs.Add(d.at, diag.Detached, "put it right above a type; for the whole package write //taskqueue:defaults", "//taskqueue:%s above the package clause", d.verb)
		case r.file.Defaults != nil:
			r.errs.Add(d.at, diag.Duplicate, "merge the two lines", "a second //taskqueue:defaults; the first is at %s", place(r.file.Defaults.At))
		default:
			r.file.Defaults = &Values{At: d.at}
			r.file.Defaults.parse(d, r.errs)
		}
	}
}

// place is a position without its folder, for use inside a message.
func place(p token.Position) string {
	p.Filename = base(p.Filename)
	return p.String()
}

func (r *reader) task(spec *ast.TypeSpec, group *ast.CommentGroup, found []comment) {
	t := &Task{Spec: spec, Doc: group.Text(), Pos: group.Pos()}
	var first = map[string]token.Position{}
	for _, d := range found {
		if d.verb == verbDefaults {
			r.errs.Add(d.at, diag.Misplaced, "put it into the comment right above the package clause", "//taskqueue:defaults on the type %s", spec.Name.Name)
			continue
		}
		if at, twice := first[d.verb]; twice {
			r.errs.Add(d.at, diag.Duplicate, "keep one of them", "a second //taskqueue:%s on %s; the first is at %s", d.verb, spec.Name.Name, place(at))
			continue
		}
		if first[d.verb] = d.at; d.verb == verbTask {
			t.At = d.at
		}
		t.parse(d, r.errs)
	}
	if at, retry := first[verbRetry]; retry && !t.At.IsValid() {
		r.errs.Add(at, diag.Misplaced, "add //taskqueue:task above it", "//taskqueue:retry on %s, which is no task", spec.Name.Name)
	}
	if t.NoRetry.IsValid() {
		r.noRetry(t)
	}
	if t.At.IsValid() {
		r.file.Tasks = append(r.file.Tasks, t)
	}
}

// noRetry applies //taskqueue:retry none.
func (r *reader) noRetry(t *Task) {
	if n := t.Settings.Retries; n != nil && *n > 0 {
		r.errs.Add(t.NoRetry, diag.Conflict, "remove one of them", "//taskqueue:retry none and retries=%d", *n)
	}
	t.Settings.Retries = new(int)
}
