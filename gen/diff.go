package gen

import (
	"fmt"
	"strings"
)

// shownLines is how much of each side a diff shows.
const shownLines = 6

// diff shows the part in which two texts differ: what comes before the first
// and after the last difference is left out, and the rest is cut short.
func diff(old, text []byte) string {
	a, b := strings.SplitAfter(string(old), "\n"), strings.SplitAfter(string(text), "\n")
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	var out strings.Builder
	fmt.Fprintf(&out, "@@ line %d @@\n", start+1)
	side(&out, "-", a[start:len(a)-end])
	side(&out, "+", b[start:len(b)-end])
	return out.String()
}

func side(out *strings.Builder, sign string, lines []string) {
	for i, line := range lines {
		if i == shownLines {
			fmt.Fprintf(out, "%s … and %d more lines\n", sign, len(lines)-i)
			return
		}
		if line != "" {
			fmt.Fprintf(out, "%s%s\n", sign, strings.TrimSuffix(line, "\n"))
		}
	}
}
