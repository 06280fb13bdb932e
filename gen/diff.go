package gen

import (
	"fmt"
	"slices"
	"strings"
)

const (
	shownLines = 24      // of a diff
	maxTable   = 1 << 22 // cells; beyond that, differences are shown in one piece
)

// diff shows the lines in which two texts differ, the first of them.
func diff(old, text []byte) string {
	d := differ{a: strings.SplitAfter(string(old), "\n"), b: strings.SplitAfter(string(text), "\n")}
	for d.line = 1; len(d.a) > 0 && len(d.b) > 0 && d.a[0] == d.b[0]; d.line++ {
		d.a, d.b = d.a[1:], d.b[1:]
	}
	for len(d.a) > 0 && len(d.b) > 0 && d.a[len(d.a)-1] == d.b[len(d.b)-1] {
		d.a, d.b = d.a[:len(d.a)-1], d.b[:len(d.b)-1]
	}
	d.walk()
	if d.left > 0 {
		fmt.Fprintf(&d.out, "… and %d more lines\n", d.left)
	}
	return d.out.String()
}

// A differ writes the difference between two lists of lines.
type differ struct {
	a, b  []string
	line  int // in b, of the next line
	out   strings.Builder
	inner bool // in a run of differences
	shown int
	left  int // lines that were not shown
}

// walk follows a longest common subsequence.
func (d *differ) walk() {
	common := d.table()
	i, j := 0, 0
	for i < len(d.a) || j < len(d.b) {
		switch {
		case common != nil && i < len(d.a) && j < len(d.b) && d.a[i] == d.b[j]:
			d.inner = false
			i, j, d.line = i+1, j+1, d.line+1
		case i < len(d.a) && (j == len(d.b) || common == nil || common[i+1][j] >= common[i][j+1]):
			d.write("-", d.a[i])
			i++
		default:
			d.write("+", d.b[j])
			j, d.line = j+1, d.line+1
		}
	}
}

// table holds the length of the longest common subsequence of every two ends;
// nil if it would be too large.
func (d *differ) table() [][]int32 {
	if len(d.a)*len(d.b) > maxTable {
		return nil
	}
	common := make([][]int32, len(d.a)+1)
	for i := range common {
		common[i] = make([]int32, len(d.b)+1)
	}
	for i, line := range slices.Backward(d.a) {
		for j, other := range slices.Backward(d.b) {
			if line == other {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	return common
}

func (d *differ) write(sign, line string) {
	switch {
	case line == "": // after the last newline
		return
	case d.shown == shownLines:
		d.left++
		return
	case !d.inner:
		fmt.Fprintf(&d.out, "@@ line %d @@\n", d.line)
	}
	d.inner = true
	d.shown++
	d.out.WriteString(sign + strings.TrimSuffix(line, "\n") + "\n")
}
