//go:build unix

package worker

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/stats"
)

// A bottomless store grants n leases in all, at once and for nothing: what is
// measured over it is the engine alone.
type bottomless struct {
	lease  broker.Lease
	left   int
	cycles int
	done   context.CancelFunc // when all are settled
	owed   int
}

func (s *bottomless) Cycle(_ context.Context, c broker.Cycle) (broker.Grant, error) {
	s.cycles++
	n := min(s.left, c.Want.Max)
	s.left -= n
	if s.owed -= len(c.Settle); s.owed == 0 {
		s.done()
	}
	g := broker.Grant{Now: time.Now(), More: s.left > 0}
	if n > 0 {
		g.Leases = make([]broker.Lease, n)
		for i := range g.Leases {
			g.Leases[i] = s.lease
		}
	}
	return g, nil
}

func (s *bottomless) Wait(ctx context.Context, _ []string) (string, error) { return "", hang(ctx) }

// exhaust runs n tasks that do nothing and returns the store when all are
// settled.
func exhaust(tb testing.TB, slots, n int) *bottomless {
	ctx, cancel := context.WithCancel(context.Background())
	s := &bottomless{left: n, owed: n, done: cancel}
	s.lease.Message = broker.Message{Kind: "noop", Queue: "mail", Max: 4, Timeout: 5 * time.Minute, Payload: []byte("x")}
	e := New(Config{
		Store: s, Queues: []Queue{{Name: "mail", Weight: 1}}, Slots: slots, Prefetch: Adaptive,
		Kinds: map[string]*Kind{"noop": {Name: "noop", Run: func(_ context.Context, _, dst []byte) ([]byte, error) { return dst, nil }}},
		Lease: time.Minute, Grace: time.Minute, MaxResult: 1 << 20, Name: "w", Log: slog.New(slog.DiscardHandler),
	})
	if err := e.Run(ctx); err != nil {
		tb.Fatal(err)
	}
	return s
}

// processorTime is what all threads of the process have used.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkEngine(b *testing.B) {
	for _, slots := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("slots=%d", slots), func(b *testing.B) {
			b.ReportAllocs()
			before := processorTime()
			s := exhaust(b, slots, b.N)
			b.ReportMetric(float64(processorTime()-before)/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(b.N)/float64(s.cycles), "tasks/cycle")
		})
	}
}

// What it costs a task to be measured for the autoscaler. BenchmarkEngine varies by
// more than that.
func BenchmarkTally(b *testing.B) {
	r := &Run{
		Lease: &broker.Lease{}, Started: time.Now(), wait: time.Millisecond,
		kind:  &Kind{Tally: &Tally{Started: make([]Starts, 1)}},
		queue: &queue{waits: new(stats.Durations)},
	}
	f := finish{run: r, at: r.Started.Add(time.Millisecond), settle: broker.Settle{Outcome: broker.Done}}
	for b.Loop() {
		r.counted()
		r.kind.Tally.count(&f, 1)
	}
}

// A task costs its part of its grant's slices and nothing else.
func TestTasksAllocateNothing(t *testing.T) {
	const n = 50_000
	exhaust(t, 10, 1000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := exhaust(t, 10, n)
	runtime.ReadMemStats(&after)
	allocs := int(after.Mallocs - before.Mallocs)
	if limit := 20*s.cycles + 500; allocs > limit || allocs > n {
		t.Errorf("%d allocations for %d tasks in %d cycles, want at most %d", allocs, n, s.cycles, limit)
	}
}
