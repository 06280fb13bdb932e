package autoscaler

import "math"

// erlangB is the share of tasks lost with n slots, no queue and a erlang,
// for n = first(a), first(a)+1, …: B(n) = a·B(n-1) / (n + a·B(n-1)). The
// recursion forgets its beginning, so that it need not start at 0: eight
// standard deviations below a are exact to fourteen digits.
func erlangB(a float64) func(n int) float64 {
	k := max(0, int(a-8*math.Sqrt(a)))
	b := 1.0
	return func(n int) float64 {
		for k < n {
			k++
			b = a * b / (float64(k) + a*b)
		}
		return b
	}
}

// erlangSlots is the least n with P(wait > w) ≤ lateShare: Erlang C, whose tail
// Allen and Cunneen stretch by spread = (Ca²+Cs²)/2. a is in erlang, service
// and w are in seconds.
func erlangSlots(a, service, w, spread float64) float64 {
	if a <= 0 {
		return 0
	}
	loss := erlangB(a)
	n := int(a) + 1
	for last := n + 1000; n < last; n++ {
		b := loss(n)
		waits := b / (1 - a/float64(n)*(1-b)) // Erlang C: P(wait > 0)
		if waits*math.Exp(-(float64(n)-a)*w/(service*spread)) <= lateShare {
			break
		}
	}
	return float64(n)
}

// blend is the weight of a new value in a mean that forgets with the time
// constant tau, after dt.
func blend(dt, tau float64) float64 { return -math.Expm1(-dt / tau) }

func clamp(x, low, high float64) float64 { return math.Max(low, math.Min(high, x)) }

// grown is how much a counter grew. One that fell has begun again.
func grown[T uint64 | float64](before, now T) float64 {
	if now < before {
		return float64(now)
	}
	return float64(now - before)
}
