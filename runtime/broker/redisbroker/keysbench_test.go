package redisbroker

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// BenchmarkKeys drains a queue whose tasks are of many keys, by two sessions that
// settle each claim with the next: tasks per second, and what one costs the server.
func BenchmarkKeys(b *testing.B) {
	for _, c := range []struct {
		name  string
		keys  int
		tasks int
		limit broker.Limit
	}{
		{"one lane", 0, 100_000, broker.Limit{}},
		{"100 keys", 100, 50_000, broker.Limit{}},
		{"10000 keys", 10_000, 100_000, broker.Limit{}},
		{"100 keys one at a time", 100, 20_000, broker.Limit{KeyConcurrency: 1}},
		{"10000 keys one at a time", 10_000, 50_000, broker.Limit{KeyConcurrency: 1}},
	} {
		b.Run(c.name, func(b *testing.B) {
			tasks := 0
			for b.Loop() {
				b.StopTimer()
				s := redistest.Start(b)
				r := newBench(b, s)
				r.configure(broker.Settings{Groups: map[string]broker.Limit{"g": c.limit}})
				r.fill(c.keys, c.tasks)
				before := serverCPU(b, s)
				b.StartTimer()
				r.drain(2)
				spent := serverCPU(b, s) - before
				tasks += c.tasks
				b.ReportMetric(float64(tasks)/b.Elapsed().Seconds(), "tasks/s")
				b.ReportMetric(float64(spent.Microseconds())/float64(c.tasks), "server-µs/task")
				s.Close()
			}
		})
	}
}

// serverCPU is what a server has spent in user and system.
func serverCPU(b *testing.B, s *redistest.Server) (total time.Duration) {
	for _, field := range []string{"used_cpu_user", "used_cpu_sys"} {
		var seconds float64
		_, _ = fmt.Sscan(s.Info(b, "cpu", field), &seconds)
		total += time.Duration(seconds * float64(time.Second))
	}
	return total
}

// A bench is a broker at a queue of a benchmark.
type bench struct {
	*testing.B
	broker *Broker
}

func newBench(b *testing.B, s *redistest.Server) *bench {
	return &bench{b, must(b, at(s.URL()), Config{Logger: quiet})}
}

func (r *bench) configure(s broker.Settings) {
	if err := r.broker.Configure(r.Context(), "q", s); err != nil {
		r.Fatal(err)
	}
}

// fill adds n tasks that take turns between keys; without keys they are of no group.
func (r *bench) fill(keys, n int) {
	for from := 0; from < n; from += broker.MaxBatch {
		batch := make([]broker.Message, min(broker.MaxBatch, n-from))
		for i := range batch {
			batch[i] = broker.Message{ID: broker.NewID("q", time.Now()), Queue: "q", Kind: "k", Max: 1, Payload: make([]byte, 100)}
			if keys > 0 {
				batch[i].Group, batch[i].Key = "g", fmt.Sprint("key", (from+i)%keys)
			}
		}
		if receipts, err := r.broker.Enqueue(r.Context(), batch); err != nil || receipts != nil {
			r.Fatal(receipts, err)
		}
	}
}

func (r *bench) drain(sessions int) {
	var all sync.WaitGroup
	for i := range sessions {
		all.Go(func() {
			c := broker.Cycle{Session: broker.Session{Worker: fmt.Sprint("w", i), Queue: "q"}, Lease: time.Minute, Want: broker.Want{Max: broker.MaxBatch}}
			for {
				c.Seq++
				g, err := r.broker.Cycle(r.Context(), c)
				if err != nil {
					r.Error(err)
					return
				}
				if c.Settle = ends(broker.Done, g.Leases...); len(g.Leases) == 0 && !g.More {
					return
				}
			}
		})
	}
	all.Wait()
}
