package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBucketsJoin(t *testing.T) {
	for i := range buckets - 1 {
		end := edge(i)
		if got := bucket(end - 1); got != i {
			t.Errorf("the last of bucket %d, %v, is in %d", i, end-1, got)
		}
		if got := bucket(end); got != i+1 && end < 1<<highest {
			t.Errorf("%v is in bucket %d, want %d", end, got, i+1)
		}
	}
	if got := bucket(math.MaxInt64); got != buckets-1 {
		t.Errorf("the longest is in bucket %d of %d", got, buckets)
	}
}

func TestQuantiles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, spread := range []float64{0.1, 2, 5} {
		var h Durations
		var all []time.Duration
		for range 5000 {
			d := time.Duration(1e6 * math.Exp(spread*r.NormFloat64()))
			all = append(all, d)
			h.Observe(d)
		}
		slices.Sort(all)
		got := &h
		for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 1} {
			want := all[int(math.Ceil(q*5000))-1]
			if off := math.Abs(float64(got.Quantile(q))/float64(want) - 1); off > 0.125 && want > 1<<lowest {
				t.Errorf("spread %v, q %v: %v, want %v: %.0f%% off", spread, q, got.Quantile(q), want, off*100)
			}
		}
		if got.Max != all[4999] || got.Count != 5000 {
			t.Errorf("max %v, count %d", got.Max, got.Count)
		}
	}
}

func TestMergeIsTheSameAsTogether(t *testing.T) {
	var a, b, both Durations
	for i := range 1000 {
		d := time.Duration(i*i) * time.Microsecond
		both.Observe(d)
		if i%3 == 0 {
			a.Observe(d)
		} else {
			b.Observe(d)
		}
	}
	merged := a
	merged.Merge(&b)
	if diff := cmp.Diff(both, merged, cmp.AllowUnexported(Durations{})); diff != "" {
		t.Errorf("merged (-together +merged):\n%s", diff)
	}
}

func TestNothingAndExtremes(t *testing.T) {
	var h Durations
	if s := &h; s.Quantile(0.5) != 0 || s.Mean() != 0 || s.Max != 0 {
		t.Errorf("of nothing: %v %v %v", s.Quantile(0.5), s.Mean(), s.Max)
	}
	h.Observe(-time.Second)
	h.Observe(1000 * time.Hour)
	s := &h
	if s.Quantile(1) != 1000*time.Hour || s.Quantile(0) > 1<<lowest || s.Count != 2 || s.Sum != 1000*time.Hour {
		t.Errorf("%v %v %d %v", s.Quantile(1), s.Quantile(0), s.Count, s.Sum)
	}
	if s.Below(lowest) != 1 || s.Below(highest) != 1 {
		t.Errorf("below: %d %d", s.Below(lowest), s.Below(highest))
	}
}

func TestBelow(t *testing.T) {
	var h Durations
	for power := range 52 {
		h.Observe(1 << power)
	}
	s := &h
	for power := lowest; power <= highest; power++ {
		if got := s.Below(power); got != uint64(power) {
			t.Errorf("below 2^%d: %d, want %d", power, got, power)
		}
	}
}

func TestObserveAllocatesNothing(t *testing.T) {
	var h Durations
	if n := testing.AllocsPerRun(100, func() { h.Observe(time.Millisecond) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	var h Durations
	for i := range b.N {
		h.Observe(time.Duration(i))
	}
}
