package diag_test

import (
	"go/token"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/gen/diag"
)

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"task", "task", 0}, {"", "task", 4}, {"tsk", "task", 1}, {"tasks", "task", 1},
		{"tesk", "task", 1}, {"tsak", "task", 1}, {"quue", "queue", 1}, {"retry", "retries", 3}, {"ab", "ba", 1},
	} {
		if got, back := diag.Distance(tt.a, tt.b), diag.Distance(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("Distance(%q, %q) is %d, back %d, not %d", tt.a, tt.b, got, back, tt.want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"queue", "retries", "-"}
	for word, want := range map[string]string{
		"quue":    `did you mean "queue"?`,
		"RETRIES": `did you mean "retries"?`,
		"x":       "use one of: queue, retries, -", // all of a short word may not change
		"nothing": "use one of: queue, retries, -",
	} {
		if got := diag.DidYouMean(word, known); got != want {
			t.Errorf("DidYouMean(%q): %s", word, got)
		}
	}
}

func TestSorted(t *testing.T) {
	at := func(file string, line, column int) token.Position {
		return token.Position{Filename: file, Line: line, Column: column}
	}
	var l diag.List
	l.Add(at("/m/b.go", 1, 1), diag.Conflict, "f", "last, see %s", at("/m/sub/a.go", 3, 2))
	l.Add(at("/m/a.go", 10, 1), diag.Conflict, "f", "third")
	l.Add(at("/m/a.go", 9, 7), diag.Conflict, "f", "second")
	l.Add(at("/m/a.go", 9, 2), diag.Conflict, "f", "first")
	l.Add(at("/m/a.go", 9, 2), diag.Conflict, "f", "first")
	l.Add(at("/elsewhere/a.go", 1, 1), diag.Conflict, "f", "not asked for")
	var got []string
	for _, d := range l.Sorted("/m", func(file string) bool { return file != "/elsewhere/a.go" }) {
		got = append(got, d.Position.String()+" "+d.Text)
	}
	want := []string{"a.go:9:2 first", "a.go:9:7 second", "a.go:10:1 third", "b.go:1:1 last, see sub/a.go:3:2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := diag.Relative("/m/sub", "/m/a.go"); got != "/m/a.go" {
		t.Errorf("a file outside is %s", got)
	}
}

// Codes are unique, in order, and explained.
func TestCatalogue(t *testing.T) {
	last := diag.Code("TQ0")
	for _, e := range diag.Catalogue() {
		if e.Code <= last || e.Title == "" || e.Why == "" {
			t.Errorf("%+v after %s", e, last)
		}
		last = e.Code
	}
}
