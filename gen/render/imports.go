package render

import (
	"slices"
	"strings"
)

// groupImports puts the packages of Go itself first, as people do. The source
// comes from jennifer, which writes one block, sorted by path.
func groupImports(source string) string {
	const open, end = "\nimport (\n", "\n)\n"
	before, rest, ok := strings.Cut(source, open)
	if !ok {
		return source
	}
	block, after, _ := strings.Cut(rest, end)
	specs := strings.Split(block, "\n")
	standard := slices.DeleteFunc(slices.Clone(specs), func(s string) bool { return !fromGo(s) })
	others := slices.DeleteFunc(specs, fromGo)
	if len(standard) > 0 && len(others) > 0 {
		standard = append(standard, "")
	}
	return before + open + strings.Join(append(standard, others...), "\n") + end + after
}

// fromGo tells an import of a package that comes with Go: its first element has
// no dot.
func fromGo(spec string) bool {
	_, path, _ := strings.Cut(spec, `"`)
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
