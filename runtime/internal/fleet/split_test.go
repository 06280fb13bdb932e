package fleet

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		total   int
		weights []int
		want    []int
	}{
		{0, []int{1, 1}, []int{0, 0}},
		{1, []int{4, 4, 4}, []int{1, 0, 0}},
		{2, []int{4, 4, 4}, []int{1, 1, 0}},
		{10, []int{4, 4, 4}, []int{4, 3, 3}},
		{10, []int{1, 2, 7}, []int{1, 2, 7}},
		{5, []int{1, 2, 7}, []int{1, 1, 3}},
		{7, []int{0, 1}, []int{0, 7}},
		{7, []int{0, 0}, []int{0, 0}},
		{7, nil, []int{}},
		{-3, []int{1}, []int{0}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, Split(test.total, test.weights)); diff != "" {
			t.Errorf("%d by %v (-want +got)\n%s", test.total, test.weights, diff)
		}
	}
}

// The parts add up, none is off by one or more, and none is more than its weight
// where the total is not.
func FuzzSplit(f *testing.F) {
	f.Add(uint16(10), []byte{3, 3, 3})
	f.Fuzz(func(t *testing.T, total uint16, bytes []byte) {
		weights, sum := make([]int, len(bytes)), 0
		for i, b := range bytes {
			weights[i] = int(b)
			sum += int(b)
		}
		if sum == 0 {
			return
		}
		added := 0
		for i, part := range Split(int(total), weights) {
			added += part
			exact := float64(total) * float64(weights[i]) / float64(sum)
			if off := float64(part) - exact; off <= -1 || off >= 1 {
				t.Errorf("%d by %v: part %d is %d, exactly %v", total, weights, i, part, exact)
			}
			if int(total) <= sum && part > weights[i] {
				t.Errorf("%d by %v: part %d is %d", total, weights, i, part)
			}
		}
		if added != int(total) {
			t.Errorf("%d by %v: the parts are %d", total, weights, added)
		}
	})
}
