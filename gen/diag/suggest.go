package diag

import "strings"

// Nearest returns the known word that word was probably meant to be: the same
// but for case, or at most two edits away, and fewer than its length.
func Nearest(word string, known []string) (string, bool) {
	best, distance := "", 3
	for _, k := range known {
		d := Distance(strings.ToLower(word), strings.ToLower(k))
		if d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	return best, best != ""
}

// DidYouMean is a fix for a misspelt word: the nearest known one, or all.
func DidYouMean(word string, known []string) string {
	if k, ok := Nearest(word, known); ok {
		return `did you mean "` + k + `"?`
	}
	return "use one of: " + strings.Join(known, ", ")
}

// Distance counts the edits between two words: insertions, deletions,
// replacements and swaps of neighbours.
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
