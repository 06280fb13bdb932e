package work

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Tasks that need nothing but their fields have an Execute method: no Handler.

// Thumbnail computes the size of a picture that is to fit into a square.
//
//taskqueue:task timeout=10s
type Thumbnail struct{ Width, Height, Side int }

// A Size is in pixels.
type Size struct{ Width, Height int }

// Execute keeps the ratio of the sides.
func (t *Thumbnail) Execute(context.Context) (*Size, error) {
	if t.Width < 1 || t.Height < 1 || t.Side < 1 {
		return nil, taskqueue.Permanent(fmt.Errorf("a picture of %d by %d does not fit into a square of %d", t.Width, t.Height, t.Side))
	}
	if t.Width > t.Height {
		return &Size{t.Side, max(1, t.Height*t.Side/t.Width)}, nil
	}
	return &Size{max(1, t.Width*t.Side/t.Height), t.Side}, nil
}

// Report adds up sales by product.
//
//taskqueue:task timeout=1m
type Report struct{ Sales []Sale }

// A Sale is of one product.
type Sale struct {
	Product string
	Cents   int64
}

// Execute returns the sum of each product.
func (r *Report) Execute(ctx context.Context) (map[string]int64, error) {
	sums := make(map[string]int64)
	for _, s := range r.Sales {
		sums[s.Product] += s.Cents
	}
	return sums, ctx.Err()
}

// Analytics computes the median of how long pages took.
//
//taskqueue:task priority=low
type Analytics struct {
	Page   string
	Millis []float64
}

// Execute returns the median, 0 of nothing.
func (a *Analytics) Execute(context.Context) (float64, error) {
	if len(a.Millis) == 0 {
		return 0, nil
	}
	sorted := slices.Sorted(slices.Values(a.Millis))
	return sorted[len(sorted)/2], nil
}

// Summary cuts a description to some words.
//
//taskqueue:task
type Summary struct {
	Text  string
	Words int
}

// Execute returns the first words.
func (s *Summary) Execute(context.Context) (string, error) {
	if !utf8.ValidString(s.Text) {
		return "", taskqueue.Permanent(fmt.Errorf("the text is not UTF-8"))
	}
	words := strings.Fields(s.Text)
	if len(words) <= s.Words {
		return strings.Join(words, " "), nil
	}
	return strings.Join(words[:max(0, s.Words)], " ") + " …", nil
}
