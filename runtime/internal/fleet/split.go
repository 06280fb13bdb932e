package fleet

import (
	"cmp"
	"slices"
)

// Split divides a total in proportion to weights, by largest remainder: the
// parts add up to the total, and none is off by one or more. Of equal remainders
// the first ones are rounded up. Without any weight all parts are 0.
func Split(total int, weights []int) []int {
	parts := make([]int, len(weights))
	sum := 0
	for _, w := range weights {
		sum += max(w, 0)
	}
	if sum == 0 || total <= 0 {
		return parts
	}
	left := total
	order := make([]int, len(weights))
	for i, w := range weights {
		parts[i] = total * max(w, 0) / sum
		left -= parts[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(total*max(weights[b], 0)%sum, total*max(weights[a], 0)%sum)
	})
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts
}
