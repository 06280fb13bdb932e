package worker

import "slices"

// A splitter divides capacity between queues. It is pure arithmetic: strict
// gives everything to the first queue that asks, weighted gives each its share
// and carries fractions over, so that in the long run shares are exact and no
// queue starves, however small the pieces are.
type splitter struct {
	strict  bool
	weights []float64
	credit  []float64 // what a queue is owed, in units; sums up to about zero
	picks   []float64 // the same for pick
}

func newSplitter(strict bool, weights []int) splitter {
	s := splitter{
		strict:  strict,
		weights: make([]float64, len(weights)),
		credit:  make([]float64, len(weights)),
		picks:   make([]float64, len(weights)),
	}
	for i, w := range weights {
		s.weights[i] = float64(w)
	}
	return s
}

// share divides free units between the queues that ask, adding to shares.
// No share grows beyond limit; what is left then is not given away.
func (s *splitter) share(free, limit int, asks []bool, shares []int) {
	first := slices.Index(asks, true)
	switch {
	case first < 0:
	case s.strict:
		shares[first] += min(free, limit-shares[first])
	default:
		s.divide(free, limit, asks, shares)
	}
}

// divide is share by weight.
func (s *splitter) divide(free, limit int, asks []bool, shares []int) {
	total, left := s.total(asks), free
	give := func(i, n int) {
		n = min(n, left)
		s.credit[i] -= float64(n)
		shares[i] += min(n, limit-shares[i])
		left -= n
	}
	for i, ask := range asks {
		if ask {
			s.credit[i] += float64(free) * s.weights[i] / total
			give(i, max(int(s.credit[i]), 0))
		}
	}
	for left > 0 {
		give(most(s.credit, asks), 1)
	}
}

// pick chooses the queue whose turn is next, of those that ask; -1: none.
func (s *splitter) pick(asks []bool) int {
	if first := slices.Index(asks, true); s.strict || first < 0 {
		return first
	}
	total := s.total(asks)
	for i, ask := range asks {
		if ask {
			s.picks[i] += s.weights[i] / total
		}
	}
	best := most(s.picks, asks)
	s.picks[best]--
	return best
}

func (s *splitter) total(asks []bool) float64 {
	total := 0.0
	for i, ask := range asks {
		if ask {
			total += s.weights[i]
		}
	}
	return total
}

// most is the index of the greatest credit among those that ask.
func most(credit []float64, asks []bool) int {
	best := -1
	for i, ask := range asks {
		if ask && (best < 0 || credit[i] > credit[best]) {
			best = i
		}
	}
	return best
}
