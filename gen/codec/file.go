package codec

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tqgen/taskqueue/gen/model"
)

// A file is the generated file while it is written.
type file struct {
	pkg     *model.Package
	body    bytes.Buffer
	imports map[string]string // the name in this file of each import path
	metered map[*model.Struct]bool

	words    *strings.Replacer // from $t to the name of the receiver
	receiver string

	// Of the method that is being written.
	current *model.Struct
	numbers int
	pending []byte // constant bytes not yet appended by the encoder
}

func newFile(pkg *model.Package) (*file, error) {
	for _, name := range model.Predeclared() {
		if pkg.Scope[name] {
			return nil, fmt.Errorf("package %s declares %q, whose usual meaning generated code needs: give it another name", pkg.Path, name)
		}
	}
	f := &file{pkg: pkg, imports: map[string]string{}, metered: map[*model.Struct]bool{}}
	f.receiver = f.local("t")
	f.words = strings.NewReplacer(
		"$t", f.receiver, "$b", f.local("b"), "$m", f.local("m"), "$n", f.local("n"), "$e", f.local("err"), "$d", f.local("depth"),
		"$c", f.qualifier(model.Ref{Name: "codegen", Path: runtimePath}),
	)
	return f, nil
}

// local is a name for a variable, which must not hide what the package declares.
func (f *file) local(name string) string {
	for f.pkg.Scope[name] {
		name += "_"
	}
	return name
}

// number is a name for one more variable in the method.
func (f *file) number(name string) string {
	f.numbers++
	return f.local(fmt.Sprint(name, f.numbers))
}

// qualifier imports a package and returns its name in this file: neither that
// of a declaration nor of a variable.
func (f *file) qualifier(pkg model.Ref) string {
	if pkg.Path == f.pkg.Path {
		return ""
	}
	if name, ok := f.imports[pkg.Path]; ok {
		return name
	}
	name := pkg.Name
	for f.pkg.Scope[name] || isVariable(name) || slices.Contains(slices.Collect(maps.Values(f.imports)), name) {
		name += "pkg"
	}
	f.imports[pkg.Path] = name
	return name
}

// isVariable reports whether the generated code may have a variable of that
// name.
func isVariable(name string) bool {
	switch strings.TrimRight(name, "0123456789") {
	case "t", "b", "m", "n", "ok", "err", "depth", "key", "rest", "i", "k", "v":
		return true
	}
	return false
}

func (f *file) spell(t *model.Type) string { return t.Spell(f.qualifier) }

// emit writes a line; $ words stand for the names of the file.
func (f *file) emit(format string, args ...any) {
	fmt.Fprintf(&f.body, f.words.Replace(format)+"\n", args...)
}

// writeImports writes the standard library first.
func (f *file) writeImports(w io.Writer) {
	fmt.Fprintln(w, "import (")
	for _, standard := range []bool{true, false} {
		for _, path := range slices.Sorted(maps.Keys(f.imports)) {
			first, _, _ := strings.Cut(path, "/")
			if strings.Contains(first, ".") == standard {
				continue
			}
			if name := f.imports[path]; name != path[strings.LastIndexByte(path, '/')+1:] {
				fmt.Fprintf(w, "%s ", name)
			}
			fmt.Fprintf(w, "%q\n", path)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, ")")
}

// own reports whether the methods of a struct are in this file.
func (f *file) own(s *model.Struct) bool { return !s.Inline && s.Package.Path == f.pkg.Path }

// A where wraps the expression of an error with the place of the value that is
// being written.
type where func(err string) string

// whole is the place of a struct that has methods of its own.
func (f *file) whole(s *model.Struct) where {
	return func(err string) string { return fmt.Sprintf(f.words.Replace("$c.At(%s, %q, %q)"), err, s.Name, "") }
}

// at is the place of a field of s, which is at w.
func (f *file) at(w where, s *model.Struct, field *model.Field) where {
	if s.Inline {
		return w.in(f.words.Replace("$c.Field(%s, %q)"), field.Name)
	}
	return func(err string) string {
		return fmt.Sprintf(f.words.Replace("$c.At(%s, %q, %q)"), err, s.Name, field.Name)
	}
}

func (w where) in(call string, args ...any) where {
	return func(err string) string {
		return w(fmt.Sprintf(call, append([]any{err}, args...)...))
	}
}

// try writes a statement that sets err, and the way out.
func (f *file) try(at where, statement string, args ...any) {
	f.emit("if "+statement+"; $e != nil {", args...)
	f.emit("return $b, %s\n}", at(f.words.Replace("$e")))
}

// limit refuses what is longer than its tag allows.
func (f *file) limit(field *model.Field, x string, at where) {
	if field.Max > 0 {
		f.emit("if len(%s) > %d {", x, field.Max)
		f.emit("return $b, %s\n}", at(fmt.Sprintf(f.words.Replace("$c.TooLong(len(%s), %d)"), x, field.Max)))
	}
}

// loop writes a loop over x; variables that its body does not use are left out.
// An empty v means indices only.
func (f *file) loop(x, k, v string, body func()) {
	start := f.body.Len()
	body()
	inner := string(f.body.Bytes()[start:])
	f.body.Truncate(start)
	used := func(name string) bool {
		return name != "" && regexp.MustCompile(`\b`+name+`\b`).MatchString(inner)
	}
	switch {
	case used(v) && used(k):
		f.emit("for %s, %s := range %s {", k, v, x)
	case used(v):
		f.emit("for _, %s := range %s {", v, x)
	case used(k):
		f.emit("for %s := range %s {", k, x)
	default:
		f.emit("for range %s {", x)
	}
	f.body.WriteString(inner + "}\n")
}

// deref is the expression of what x points to.
func deref(x string) string { return "(*" + x + ")" }

// direct is x without the dereference that a selector does by itself.
func direct(x string) string {
	if p, ok := strings.CutPrefix(x, "(*"); ok && strings.HasSuffix(p, ")") {
		return strings.TrimSuffix(p, ")")
	}
	return x
}

// address is the expression of a pointer to x.
func address(x string) string {
	if p := direct(x); p != x {
		return p
	}
	return "&" + x
}
