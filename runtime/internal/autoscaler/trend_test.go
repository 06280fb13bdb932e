package autoscaler

import (
	"math/rand/v2"
	"testing"
)

func TestTrend(t *testing.T) {
	tests := []struct {
		name      string
		rate      func(second int) float64
		startup   float64
		low, high float64 // erlang that are added in the end
	}{
		// half an erlang in ten seconds, seen 150 + 30 s ahead
		{"a ramp", func(s int) float64 { return 10 + 0.1*float64(s) }, 150, 6, 11},
		{"a ramp, and workers start at once", func(s int) float64 { return 10 + 0.1*float64(s) }, 10, 0, 0},
		{"steady", func(int) float64 { return 40 }, 150, 0, 0},
		{"downward", func(s int) float64 { return 100 - 0.1*float64(s) }, 150, 0, 0},
		{"a step", func(s int) float64 {
			if s > 500 {
				return 60
			}
			return 10
		}, 150, 0, 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(7, 8))
			var l level
			var tr trend
			var in inflow
			for second := range 600 {
				n := poisson(random, test.rate(second), 1)[0]
				in = inflow{now: float64(second + 1), dt: 1, arrivals: n, work: n / 2, service: 0.5, startup: test.startup}
				work, what := l.add(in)
				tr.add(in, work, what, &l)
			}
			if got := tr.rise(in, &l); got < test.low || got > test.high {
				t.Errorf("%.2f erlang are added to %.1f, want %v to %v", got, l.Slow, test.low, test.high)
			}
		})
	}
}
