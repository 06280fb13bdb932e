package config

import (
	"fmt"
	"slices"
	"strings"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A Problem is one thing that is wrong, with its place.
type Problem struct {
	Place   string // FILE:LINE, a variable, --FLAG or "code"; empty: of the whole
	Key     string
	Message string
}

// String is "place: key: message".
func (p Problem) String() string {
	var parts []string
	for _, s := range []string{p.Place, p.Key, p.Message} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ": ")
}

// An Error is everything that is wrong with a configuration.
type Error struct{ Problems []Problem }

// Error implements error: one line for each problem.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %s", counted(len(e.Problems), "mistake", "mistakes"))
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// Unwrap makes errors.Is(err, taskqueue.ErrInvalid) true.
func (e *Error) Unwrap() error { return taskqueue.ErrInvalid }

// didYouMean is a hint at the most similar name, or nothing.
func didYouMean(name string, known []string) string {
	best, least := "", len(name)/3+2
	for _, k := range known {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance counts the letters that must be put in, taken out or replaced to make
// b of a (Levenshtein). Long names are not compared.
func distance(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = slices.Min([]int{row[j+1] + 1, row[j] + 1, cost})
		}
	}
	return row[len(b)]
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
