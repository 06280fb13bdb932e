package housetest

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// An index knows every name that a document may mention.
type index struct {
	symbols  map[string]bool            // taskqueue.Client.Enqueue
	packages map[string]bool            // taskqueue
	tests    map[string][]string        // TestX: the folders that have one
	literals map[string]map[string]bool // by folder, the strings in its code
	targets  map[string]bool            // of the Makefile
}

func newIndex(t *testing.T) *index {
	t.Helper()
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	x := &index{map[string]bool{}, map[string]bool{}, map[string][]string{}, map[string]map[string]bool{}, map[string]bool{}}
	for _, s := range all {
		x.addLiterals(s)
		x.addSymbols(s)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllSubmatch(makefile, -1) {
		x.targets[string(m[1])] = true
	}
	return x
}

func (x *index) addLiterals(s *source) {
	found := x.literals[s.dir()]
	if found == nil {
		found = map[string]bool{}
		x.literals[s.dir()] = found
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				found[text] = true
			}
		}
		return true
	})
}

var testName = regexp.MustCompile(`^(Test|Fuzz|Benchmark|Example)\w*$`)

func (x *index) addSymbols(s *source) {
	name := s.ast.Name.Name
	if s.test() {
		for f := range functions(s) {
			if f.Recv == nil && testName.MatchString(f.Name.Name) {
				x.tests[f.Name.Name] = append(x.tests[f.Name.Name], s.dir())
			}
		}
		return
	}
	x.packages[name] = true
	for symbol := range exported(s.ast) {
		x.symbols[name+"."+symbol] = true
	}
}

// exported are the names that a file exports: F, T, T.Method, T.Field.
func exported(file *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names[d.Name.Name] = true
			} else {
				names[receiver(d)+"."+d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				addSpec(names, spec)
			}
		}
	}
	maps.DeleteFunc(names, func(name string, _ bool) bool {
		first, member, ok := strings.Cut(name, ".")
		return !ast.IsExported(first) || ok && !ast.IsExported(member)
	})
	return names
}

func addSpec(names map[string]bool, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, id := range s.Names {
			names[id.Name] = true
		}
	case *ast.TypeSpec:
		names[s.Name.Name] = true
		for _, member := range members(s.Type) {
			names[s.Name.Name+"."+member] = true
		}
	}
}

// members are the fields of a struct or the methods of an interface.
func members(expr ast.Expr) []string {
	var list *ast.FieldList
	switch e := expr.(type) {
	case *ast.StructType:
		list = e.Fields
	case *ast.InterfaceType:
		list = e.Methods
	default:
		return nil
	}
	var names []string
	for _, field := range list.List {
		for _, id := range field.Names {
			names = append(names, id.Name)
		}
	}
	return names
}

var (
	makeTarget = regexp.MustCompile(`^make ([a-z-]+)`)
	caseName   = regexp.MustCompile(`^brokertest: (.+)$`)
	directive  = regexp.MustCompile(`^([a-z]+)=$`)
	flagName   = regexp.MustCompile(`^(tqgen|digest) -([a-z]+)$`)
	symbolName = regexp.MustCompile(`^([a-z]\w*)\.\w+(\.\w+)?$`)
)

// resolve reports what is wrong with a name, if anything is. A name is
//
//	make TARGET                 a target of the Makefile
//	TestX, TestX/case           a test (also Fuzz, Benchmark, Example), a literal case of it
//	brokertest: case            a case of the conformance suite
//	key=                        a key of the directive //taskqueue:task
//	tqgen -flag, digest -flag   a flag of a command
//	package.Symbol[.Member]     an exported symbol of a package of ours
//	path                        a file or folder, from the root
func (x *index) resolve(name string) error {
	if m := makeTarget.FindStringSubmatch(name); m != nil {
		return missing(!x.targets[m[1]], "the Makefile has no target %q", m[1])
	}
	if m := caseName.FindStringSubmatch(name); m != nil {
		return missing(!x.literal("runtime/broker/brokertest", m[1]), "brokertest has no case %q", m[1])
	}
	if m := directive.FindStringSubmatch(name); m != nil {
		return missing(!x.literal("gen", m[1]), "gen does not know the key %q", m[1])
	}
	if m := flagName.FindStringSubmatch(name); m != nil {
		dir := map[string]string{"tqgen": "cmd/tqgen", "digest": "examples/digest"}[m[1]]
		return missing(!x.literal(dir, m[2]), "%s has no flag -%s", m[1], m[2])
	}
	if test, sub, _ := strings.Cut(name, "/"); testName.MatchString(test) {
		return x.resolveTest(test, sub)
	}
	if m := symbolName.FindStringSubmatch(name); m != nil && x.packages[m[1]] {
		return missing(!x.symbols[name], "no exported symbol %s", name)
	}
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
	return missing(err != nil, "neither a test, an exported symbol nor a path: %q", name)
}

func (x *index) resolveTest(test, sub string) error {
	dirs := x.tests[test]
	if len(dirs) == 0 {
		return fmt.Errorf("no test %s", test)
	}
	for _, dir := range dirs {
		if sub == "" || x.literals[dir][sub] {
			return nil
		}
	}
	return fmt.Errorf("%s has no case %q", test, sub)
}

// literal reports whether the code of a folder, or of one inside it, has the
// string.
func (x *index) literal(dir, text string) bool {
	for d, found := range x.literals {
		if (d == dir || strings.HasPrefix(d, dir+"/")) && found[text] {
			return true
		}
	}
	return false
}

func missing(is bool, format string, args ...any) error {
	if is {
		return fmt.Errorf(format, args...)
	}
	return nil
}
