package main

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// The figures that the seed, in Rust, gave of itself, measured in the same shape.
// What it said is in the comments; its serializers are in codec/, beside Rust's of
// the same run.

// BenchmarkSeedQueueConfig: queue_manager_get_queue_config("default"), 39.76 ns.
func BenchmarkSeedQueueConfig(b *testing.B) {
	table, err := taskqueue.NewQueueTable()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := table.Get(taskqueue.Default); !ok {
			b.Fatal("there is no such queue")
		}
	}
}

// BenchmarkSeedQueuesByPriority: queue_manager_get_queues of three queues, 1.38 µs.
func BenchmarkSeedQueuesByPriority(b *testing.B) {
	table, err := taskqueue.NewQueueTable()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(table.ByPriority()) != 3 {
			b.Fatal("queues are missing")
		}
	}
}

// BenchmarkSeedAutoscalerConfig: autoscaler_config_creation, 617 ps, which is what a
// compiler does of constants before the program runs. So is this.
func BenchmarkSeedAutoscalerConfig(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if c := (taskqueue.Autoscale{Min: 1, Max: 20}); c.Max < c.Min {
			b.Fatal(c)
		}
	}
}

// BenchmarkSeedConnections: "connection management, 476K+ ops/s", of which the seed
// had no benchmark: a connection is taken from the pool and given back. round-trip
// sends a PING over it as well.
func BenchmarkSeedConnections(b *testing.B) {
	s := redistest.Start(b)
	c := redis.NewClient(&redis.Options{Addr: s.Addr(), ConnMaxIdleTime: time.Hour})
	defer c.Close()
	if err := c.Ping(b.Context()).Err(); err != nil {
		b.Fatal(err)
	}
	b.Run("pool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := c.Conn().Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("round-trip", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := c.Ping(b.Context()).Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
