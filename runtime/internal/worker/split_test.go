package worker

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func all(n int) []bool { return slices.Repeat([]bool{true}, n) }

func TestShareStrict(t *testing.T) {
	tests := []struct {
		name        string
		free, limit int
		asks        []bool
		have, want  []int
	}{
		{"all to the first", 10, 100, []bool{true, true, true}, []int{0, 0, 0}, []int{10, 0, 0}},
		{"all to the first that asks", 10, 100, []bool{false, true, true}, []int{0, 0, 0}, []int{0, 10, 0}},
		{"beside what it has", 10, 100, []bool{true, true, true}, []int{5, 7, 0}, []int{15, 7, 0}},
		{"up to the limit", 10, 12, []bool{true, true, true}, []int{5, 0, 0}, []int{12, 0, 0}},
		{"nobody asks", 10, 100, []bool{false, false, false}, []int{0, 0, 0}, []int{0, 0, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSplitter(true, []int{1, 1, 1})
			got := slices.Clone(test.have)
			s.share(test.free, test.limit, test.asks, got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestShareWeightedAtOnce(t *testing.T) {
	s := newSplitter(false, []int{6, 3, 1})
	got := []int{0, 0, 0}
	s.share(10, 1000, all(3), got)
	if diff := cmp.Diff([]int{6, 3, 1}, got); diff != "" {
		t.Errorf("10 units (-want +got)\n%s", diff)
	}
	got = []int{0, 0, 0}
	s.share(8, 1000, []bool{true, false, true}, got)
	if diff := cmp.Diff([]int{7, 0, 1}, got); diff != "" {
		t.Errorf("8 units for two (-want +got)\n%s", diff)
	}
}

// However small the pieces are, shares are exact in the long run.
func TestShareWeightedInTheLongRun(t *testing.T) {
	for _, piece := range []int{1, 2, 3, 7} {
		s := newSplitter(false, []int{6, 3, 1})
		got := []int{0, 0, 0}
		for given := 0; given < 10_000*piece; given += piece {
			s.share(piece, 1<<30, all(3), got)
		}
		if diff := cmp.Diff([]int{6000 * piece, 3000 * piece, 1000 * piece}, got); diff != "" {
			t.Errorf("pieces of %d (-want +got)\n%s", piece, diff)
		}
	}
}

// Nothing is lost or invented, and no queue runs up a debt or a fortune,
// whoever asks when for how much.
func TestShareKeepsItsBooks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	weights := []int{100, 6, 3, 1, 1}
	s := newSplitter(false, weights)
	for range 100_000 {
		asks := make([]bool, len(weights))
		for i := range asks {
			asks[i] = random.IntN(3) > 0
		}
		got, free := make([]int, len(weights)), random.IntN(20)
		s.share(free, 1<<30, asks, got)
		given := 0
		for i, n := range got {
			if given += n; n > 0 && !asks[i] || n < 0 {
				t.Fatalf("%v got %v", asks, got)
			}
		}
		if slices.Contains(asks, true) && given != free {
			t.Fatalf("%d units given of %d", given, free)
		}
		for i, c := range s.credit {
			if c < -float64(len(weights)) || c > float64(len(weights)) {
				t.Fatalf("queue %d has a credit of %v", i, c)
			}
		}
	}
}

func TestPick(t *testing.T) {
	strict := newSplitter(true, []int{1, 100, 1})
	if got := strict.pick([]bool{false, true, true}); got != 1 {
		t.Errorf("strict picks %d, want 1", got)
	}
	weighted := newSplitter(false, []int{6, 3, 1})
	counts := make([]int, 3)
	for range 10_000 {
		counts[weighted.pick(all(3))]++
	}
	if diff := cmp.Diff([]int{6000, 3000, 1000}, counts); diff != "" {
		t.Errorf("weighted picks (-want +got)\n%s", diff)
	}
	for _, s := range []splitter{strict, weighted} {
		if got := s.pick(make([]bool, 3)); got != -1 {
			t.Errorf("of nobody it picks %d", got)
		}
	}
}
