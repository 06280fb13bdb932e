package cron

import "strings"

// suggest asks whether one of the names was meant; empty if none is near.
func suggest(text string, names []string) string {
	text = strings.ToUpper(text)
	best, distance := "", 3
	for _, name := range names {
		upper := strings.ToUpper(name)
		d := edits(text, upper)
		if strings.HasPrefix(text, upper) { // MONDAY
			d = 0
		}
		if d < distance && d < len(upper)-1 {
			best, distance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + best + "?"
}

// edits counts the letters to insert, drop, replace or swap with their
// neighbour to get from a to b.
func edits(a, b string) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
