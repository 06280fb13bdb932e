package gen

import (
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	many := strings.Repeat("x\n", 30)
	for _, tt := range []struct{ name, old, text, want string }{
		{"new", "", "a\nb\n", "@@ line 1 @@\n+a\n+b\n"},
		{"removed", "a\n", "", "@@ line 1 @@\n-a\n"},
		{"changed", "a\nb\nc\n", "a\nB\nc\n", "@@ line 2 @@\n-b\n+B\n"},
		{"two places", "a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\nf\n", "@@ line 1 @@\n-a\n+A\n@@ line 6 @@\n+f\n"},
		{"moved", "a\nb\n", "b\na\n", "@@ line 1 @@\n-a\n@@ line 2 @@\n+a\n"},
		{"no newline", "a", "a\n", "@@ line 1 @@\n-a\n+a\n"},
		{"long", "", many, "@@ line 1 @@\n" + strings.Repeat("+x\n", 24) + "… and 6 more lines\n"},
	} {
		if got := diff([]byte(tt.old), []byte(tt.text)); got != tt.want {
			t.Errorf("%s: got\n%swant\n%s", tt.name, got, tt.want)
		}
	}
}

// Texts that are too long to compare well are still shown.
func TestDiffOfLongTexts(t *testing.T) {
	old, text := strings.Repeat("a\nb\n", 1500), strings.Repeat("c\nd\n", 1500)
	if got := diff([]byte(old), []byte(text)); !strings.HasPrefix(got, "@@ line 1 @@\n-a\n-b\n") || !strings.Contains(got, "… and 5976 more lines") {
		t.Errorf("got\n%s", got)
	}
}
