package fleet

import (
	"math"
	"testing"
)

// No task begins that there is no memory for: what has just begun counts with what
// it will need.
func TestCeiling(t *testing.T) {
	tests := []struct {
		name                    string
		active                  int
		used, idle, limit, need float64
		want                    int
	}{
		{"room for six more", 2, 100, 50, 1000, 100, 2 + 6},
		{"they have not taken it yet", 4, 60, 50, 1000, 100, 4 + 4},
		{"they took more", 4, 700, 50, 1000, 100, 4 + 2},
		{"full", 7, 901, 50, 1000, 100, 7},
		{"no need is known", 7, 500, 50, 1000, 0, math.MaxInt},
		{"no need is known, and full", 7, 950, 50, 1000, 0, 7},
		{"tiny tasks", 7, 100, 50, 1000, 1e-9, 7 + 1<<30},
	}
	for _, test := range tests {
		if got := ceiling(test.active, test.used, test.idle, test.limit, test.need); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
