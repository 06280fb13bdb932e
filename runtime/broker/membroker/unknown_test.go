package membroker_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

// TestUnknownFieldsTravel is no case for all stores, as the form of the unknown
// fields is a store's own.
func TestUnknownFieldsTravel(t *testing.T) {
	b := membroker.New(membroker.Config{})
	m := broker.Message{
		ID: broker.NewID("q", time.Now()), Queue: "q", Kind: "test.Task", Max: 1,
		Payload: []byte("x"), Unknown: []byte("from a newer release"),
	}
	want := bytes.Clone(m.Unknown)
	if receipts, err := b.Enqueue(t.Context(), []broker.Message{m}); err != nil || receipts != nil {
		t.Fatal(receipts, err)
	}
	clear(m.Unknown)
	g, err := b.Cycle(t.Context(), broker.Cycle{
		Session: broker.Session{Worker: "w", Queue: "q"}, Seq: 1, Lease: time.Minute, Want: broker.Want{Max: 1},
	})
	if err != nil || len(g.Leases) != 1 || !bytes.Equal(g.Leases[0].Unknown, want) {
		t.Errorf("leases %+v, error %v", g.Leases, err)
	}
}
