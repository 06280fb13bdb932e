package housetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// doors are the packages that users call, with the types whose methods are entry
// points, too. Package codegen is called by generated code, and broker is the contract
// of stores, which brokertest shows.
var doors = map[string][]string{
	"runtime":                    {"Client", "Worker", "Future", "Enqueuer", "Cron"},
	"runtime/broker/brokertest":  nil,
	"runtime/broker/membroker":   nil,
	"runtime/broker/redisbroker": nil,
	"runtime/cli":                nil,
	"runtime/config":             nil,
	"runtime/encrypt":            nil,
	"runtime/simulate":           nil,
	"runtime/tqotel":             {"Telemetry"},
	"runtime/tqtest":             {"Queue"},
	"runtime/web":                nil,
	"gen":                        nil,
	"gen/vet":                    nil,
}

// TestEntryPointsHaveExamples: godoc shows each exported function, and each method of
// the main types, in an Example.
func TestEntryPointsHaveExamples(t *testing.T) {
	entries, shown := map[string][]string{}, map[string]map[string]bool{}
	for _, s := range written(t) {
		types, door := doors[s.dir()]
		switch {
		case !door:
		case s.test():
			if shown[s.dir()] == nil {
				shown[s.dir()] = map[string]bool{}
			}
			maps.Copy(shown[s.dir()], inExamples(s))
		default:
			entries[s.dir()] = append(entries[s.dir()], entryPoints(s, types)...)
		}
	}
	for dir := range doors {
		if len(entries[dir]) == 0 {
			t.Errorf("%s: no entry points: is this still a package for users?", dir)
		}
		for _, name := range entries[dir] {
			if !shown[dir][strings.TrimPrefix(path.Ext(name), ".")] && !shown[dir][name] {
				t.Errorf("%s: no Example shows %s", dir, name)
			}
		}
	}
}

// entryPoints are the exported functions of a file, and the methods of some types.
func entryPoints(s *source, types []string) (names []string) {
	for f := range functions(s) {
		switch {
		case !f.Name.IsExported():
		case f.Recv == nil:
			names = append(names, f.Name.Name)
		case slices.Contains(types, receiver(f)):
			names = append(names, receiver(f)+"."+f.Name.Name)
		}
	}
	return names
}

// inExamples are the names that the Examples of a file use, or that they are of; of a
// file of examples alone, all that it has.
func inExamples(s *source) map[string]bool {
	names := map[string]bool{}
	for f := range functions(s) {
		of, is := strings.CutPrefix(f.Name.Name, "Example")
		if !is && !strings.HasPrefix(path.Base(s.path), "example") {
			continue
		}
		names[strings.ReplaceAll(of, "_", ".")] = true
		ast.Inspect(f, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				names[selector.Sel.Name] = true
			}
			return true
		})
	}
	return names
}

func TestEntryPointsSee(t *testing.T) {
	const text = `package p

func Open() {}
func close() {}
func (c *Client) Send() {}
func (o *Other) Send() {}
func Example() { Open(); c.Send() }
func ExampleOther_Send() {}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &source{ast: file}
	if got := entryPoints(s, []string{"Client"}); !slices.Equal(got, []string{"Open", "Client.Send", "Example", "ExampleOther_Send"}) {
		t.Errorf("entry points: %v", got)
	}
	if got := slices.Sorted(maps.Keys(inExamples(s))); !slices.Equal(got, []string{"", "Other.Send", "Send"}) {
		t.Errorf("in examples: %v", got)
	}
}
