package gen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/gen"
)

// BenchmarkLargeModule reads a module of 1,000 packages and about a million
// lines, 20 of the packages with tasks whose types lie in three others. The
// files are up to date, as they are nearly always.
func BenchmarkLargeModule(b *testing.B) {
	for _, loader := range []string{"fast", "packages"} {
		b.Run(loader, func(b *testing.B) {
			dir := largeModule(b)
			c := gen.Config{Dir: dir, Loader: loader}
			if result, err := gen.Run(b.Context(), c); err != nil || len(result.Changes) != 44 {
				b.Fatalf("%d changes, %v, %v", len(result.Changes), result.Diagnostics, err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if result, err := gen.Run(b.Context(), c); err != nil || len(result.Changes) > 0 {
					b.Fatal(result.Changes, err)
				}
			}
		})
	}
}

func largeModule(b *testing.B) string {
	dir := b.TempDir()
	put(b, dir, "go.mod", "module example.com/large\n\ngo 1.26\n")
	filler := func(pkg string, file int) string {
		var s strings.Builder
		fmt.Fprintf(&s, "package %s\n\nimport \"strings\"\n", pkg)
		for f := range 33 {
			fmt.Fprintf(&s, "\n// F%d_%d does something: it is here to be read.\n//\n// And this is a longer comment.\nfunc F%[1]d_%[2]d(s string) string {\n\tif s == \"\" {\n\t\treturn \"\"\n\t}\n", file, f)
			s.WriteString("\tfor i := range s {\n\t\tif s[i] == ':' { // a colon\n\t\t\treturn s[:i]\n\t\t}\n\t}\n\treturn strings.ToUpper(s)\n}\n")
		}
		return s.String()
	}
	for p := range 1000 {
		pkg := fmt.Sprintf("p%03d", p)
		for file := range 2 {
			put(b, dir, fmt.Sprintf("%s/f%d.go", pkg, file), filler(pkg, file))
		}
		switch {
		case p < 3:
			put(b, dir, pkg+"/types.go", fmt.Sprintf("package %s\n\nimport \"time\"\n\ntype Shared struct {\n\tID [16]byte\n\tAt time.Time\n\tTags map[string][]string\n}\n", pkg))
		case p%50 == 49:
			put(b, dir, pkg+"/tasks.go", fmt.Sprintf("package %s\n\nimport (\n\t\"context\"\n\n\t\"example.com/large/p%03d\"\n)\n\n//taskqueue:task queue=bulk\ntype Work struct {\n\tName string\n\tWhat *p%03[2]d.Shared\n}\n\nfunc (Work) Execute(context.Context) (int, error) { return 0, nil }\n", pkg, p%3))
		}
	}
	return dir
}

func put(b *testing.B, dir, name, text string) {
	b.Helper()
	if err := writeFile(dir, name, text); err != nil {
		b.Fatal(err)
	}
}
