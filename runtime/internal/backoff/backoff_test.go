package backoff

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDelay(t *testing.T) {
	const s = time.Second
	exponential := Policy{Base: s, Max: 60 * s, Factor: 2, Jitter: 0.2}
	tests := []struct {
		name   string
		policy Policy
		random float64
		want   []time.Duration
	}{
		{"exponential, middle", exponential, 0.5, []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 60 * s, 60 * s}},
		{"exponential, shortest", exponential, 0, []time.Duration{800 * time.Millisecond, 1600 * time.Millisecond, 3200 * time.Millisecond}},
		{"exponential, longest", exponential, 1, []time.Duration{1200 * time.Millisecond, 2400 * time.Millisecond, 4800 * time.Millisecond}},
		{"fixed", Policy{Base: 5 * s, Max: 60 * s, Factor: 1}, 0.9, []time.Duration{5 * s, 5 * s, 5 * s}},
		{"intervals, the last repeats", Policy{Intervals: []time.Duration{s, 5 * s}}, 0.1, []time.Duration{s, 5 * s, 5 * s}},
		{"slow growth", Policy{Base: s, Max: 60 * s, Factor: 1.5}, 0.5, []time.Duration{s, 1500 * time.Millisecond, 2250 * time.Millisecond}},
		{"nothing", Policy{}, 0.5, []time.Duration{0, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []time.Duration
			for n := range test.want {
				got = append(got, test.policy.Delay(n+1, test.random))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("pauses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDelayStaysInRange(t *testing.T) {
	huge := Policy{Base: 1 << 62, Max: 1<<63 - 1, Factor: 1e300, Jitter: 1}
	for _, n := range []int{-1, 0, 1, 2, 255, 1 << 30} {
		for _, random := range []float64{0, 0.5, 0.999, 1} {
			if d := huge.Delay(n, random); d < 0 {
				t.Errorf("Delay(%d, %v) = %v is negative", n, random, d)
			}
		}
	}
}
