package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestBar(t *testing.T) {
	for _, tt := range []struct {
		done, total int64
		room        int
		want        string
	}{
		{0, 10, 12, "[··········] "},
		{5, 10, 12, "[#####·····] "},
		{10, 10, 12, "[##########] "},
		{10, 10, 11, ""},
		{0, 0, 80, ""},
	} {
		if got := bar(tt.done, tt.total, tt.room); got != tt.want {
			t.Errorf("bar(%d, %d, %d) = %q, want %q", tt.done, tt.total, tt.room, got, tt.want)
		}
	}
}

func TestPercentiles(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i+1) * time.Millisecond
	}
	for _, tt := range []struct {
		sorted []time.Duration
		want   string
	}{
		{nil, "nothing was run"},
		{hundred[:1], "p50 1ms, p95 1ms, p99 1ms"},
		{hundred[:2], "p50 1ms, p95 2ms, p99 2ms"},
		{hundred, "p50 50ms, p95 95ms, p99 99ms"},
	} {
		if diff := cmp.Diff(tt.want, percentiles(tt.sorted)); diff != "" {
			t.Errorf("%d durations (-want +got):\n%s", len(tt.sorted), diff)
		}
	}
}
