package fleet

import (
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
)

// The last 10,000 decisions are kept, and no more.
func TestHistoryIsBounded(t *testing.T) {
	store := membroker.New(membroker.Config{})
	defer store.Close()
	b := Book{Store: store, Fleet: "f"}
	const extra = 250
	begin := time.Date(2026, time.March, 1, 11, 0, 0, 0, time.UTC)
	for n := 0; n < KeptDecisions+extra; n += extra {
		batch := make([]autoscaler.Decision, extra)
		for i := range batch {
			batch[i] = autoscaler.Decision{At: begin.Add(time.Duration(n+i) * time.Second), From: 1, To: 2}
		}
		if err := b.Log(t.Context(), batch...); err != nil {
			t.Fatal(err)
		}
	}
	all, err := b.History(t.Context(), 2*KeptDecisions)
	if err != nil || len(all) != KeptDecisions {
		t.Fatalf("%d decisions are kept: %v", len(all), err)
	}
	if newest, oldest := all[0].At.Sub(begin), all[len(all)-1].At.Sub(begin); newest != (KeptDecisions+extra-1)*time.Second || oldest != extra*time.Second {
		t.Errorf("from %v to %v after the first", oldest, newest)
	}
}
