package autoscaler

import (
	"math"
	"testing"
)

// Values of Erlang's tables.
func TestErlangB(t *testing.T) {
	tests := []struct {
		n    int
		a    float64
		want float64
	}{
		{1, 1, 0.5}, {2, 1, 0.2}, {5, 2, 0.03670}, {10, 5, 0.01838}, {20, 12, 0.00979}, {100, 84, 0.00987}, {1, 0.01, 0.00990},
	}
	for _, test := range tests {
		if got := erlangB(test.a)(test.n); math.Abs(got-test.want) > 6e-5 {
			t.Errorf("B(%d, %v) = %.5f, want %.5f", test.n, test.a, got, test.want)
		}
	}
}

// The recursion that starts near a is the one that starts at 0.
func TestErlangBForgetsItsBeginning(t *testing.T) {
	for _, a := range []float64{0.3, 10, 100, 3000} {
		short, whole := erlangB(a), 1.0
		for k := 1; k <= int(2*a)+5; k++ {
			whole = a * whole / (float64(k) + a*whole)
			if float64(k) >= a {
				if got := short(k); math.Abs(got-whole) > 1e-9 {
					t.Fatalf("B(%d, %v) = %v, from 0 %v", k, a, got, whole)
				}
			}
		}
	}
}

func TestErlangSlots(t *testing.T) {
	previous := 0.0
	for _, a := range []float64{0, 0.01, 0.5, 1, 5, 20, 100, 1000, 50000} {
		n := erlangSlots(a, 0.5, 2, 1)
		if n < previous || n <= a && a > 0 {
			t.Errorf("%v erlang: %v slots, %v for less", a, n, previous)
		}
		previous = n
	}
	if strict, loose := erlangSlots(20, 1, 0.1, 1), erlangSlots(20, 1, 10, 1); strict <= loose {
		t.Errorf("%v slots for a short wait, %v for a long one", strict, loose)
	}
	if even, wild := erlangSlots(20, 1, 2, 1), erlangSlots(20, 1, 2, 4); wild <= even {
		t.Errorf("%v slots for wild service times, %v for even ones", wild, even)
	}
}
