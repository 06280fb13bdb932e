package codecsample_test

import (
	"math/rand/v2"
	"testing"

	"github.com/tqgen/taskqueue/internal/codecsample"
	"github.com/tqgen/taskqueue/internal/codectest"
)

// each runs a check on every struct, n times.
func each(t *testing.T, n int, check func(testing.TB, *rand.Rand, codectest.Codec)) {
	t.Helper()
	for _, c := range codecsample.All() {
		t.Run(codectest.Name(c), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for range n {
				check(t, r, c)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) { each(t, 40, codectest.RoundTrip) }

func TestTruncated(t *testing.T) { each(t, 4, codectest.Truncated) }

func TestHostile(t *testing.T) { each(t, 2, codectest.Hostile) }
