package brokertest

import (
	"os"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Property drives the model and a store with the same random commands and
// compares every answer and, after each step, what can be seen of the queue.
// The flags of rapid (-rapid.checks, -rapid.steps, -rapid.seed) say how long
// and with what; with TASKQUEUE_SOAK=1 it is 350 times as long, which is a million
// steps, or half an hour. The number of steps is logged at the end.
func Property(t *testing.T, model, store Open) {
	var steps atomic.Int64
	t.Cleanup(func() { t.Logf("property: %d steps", steps.Load()) })
	rounds := 1
	if os.Getenv("TASKQUEUE_SOAK") == "1" {
		rounds = 350
	}
	for start := time.Now(); rounds > 0 && time.Since(start) < soak; rounds-- {
		rapid.Check(t, func(t *rapid.T) {
			m := newMachine(t, shrinking{t}, model, store)
			t.Repeat(map[string]func(*rapid.T){"step": func(t *rapid.T) {
				steps.Add(1)
				m.step()
				verdict(t, m)
			}})
			m.finish()
			verdict(t, m)
		})
	}
}

// soak is how long a long run takes at most.
const soak = 30 * time.Minute

func verdict(t TB, m *machine) {
	t.Helper()
	if m.err != nil {
		t.Fatalf("step %d: %v", m.steps, m.err)
	}
}

// dice make a machine's choices.
type dice interface {
	roll(what string, n int) int // 0 to n-1
}

// shrinking dice are rapid's: it looks for the smallest rolls that fail.
type shrinking struct{ t *rapid.T }

func (s shrinking) roll(what string, n int) int { return rapid.IntRange(0, n-1).Draw(s.t, what) }
