package fleet

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/measure"
	"github.com/tqgen/taskqueue/runtime/internal/stats"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// still is an engine of many kinds that does nothing.
type still struct{ seen worker.Sample }

func (s *still) Sample(into *worker.Sample) { *into = s.seen }
func (*still) Resize(int)                   {}
func (*still) Cap([]int)                    {}
func (*still) Ceiling(int)                  {}
func (*still) Room(int64)                   {}

// BenchmarkTick is what the leader of a fleet does each second, with twenty kinds in
// three queues; a store in memory keeps its words.
func BenchmarkTick(b *testing.B) {
	store := membroker.New(membroker.Config{})
	defer store.Close()
	engine := &still{seen: worker.Sample{Slots: 100, Buffered: make([]int, 3), Waits: make([]stats.Durations, 3)}}
	c := Config{
		Store: &line{Broker: store, counts: func() []broker.QueueInfo { return make([]broker.QueueInfo, 3) }}, Engine: engine,
		Fleet: "f", Name: "p", Controller: autoscaler.DefaultConfig(), Capacity: 20, Initial: 1, Slots: 10,
		Log: slog.New(slog.DiscardHandler), Decided: func(autoscaler.Decision) {},
	}
	for i := range 3 {
		name := fmt.Sprintf("queue%d", i)
		c.Queues = append(c.Queues, measure.Queue{Name: name, Weight: 1})
		c.Served = append(c.Served, name)
	}
	for i := range 20 {
		c.Kinds = append(c.Kinds, fmt.Sprintf("shop.Kind%d", i))
		engine.seen.Tallies = append(engine.seen.Tallies, worker.Tally{Started: make([]worker.Starts, 3), Running: 1})
	}
	p := New(c)
	b.ReportAllocs()
	for b.Loop() {
		p.tick(b.Context())
	}
	if p.leading == nil {
		b.Error("it does not lead")
	}
}
