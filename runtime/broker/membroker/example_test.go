package membroker_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

// A store in memory whose clock a test sets: an hour passes in no time.
func ExampleNew() {
	ctx := context.Background()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	store := membroker.New(membroker.Config{Now: func() time.Time { return now }})
	defer store.Close()

	id := broker.NewID("mail", now)
	if _, err := store.Enqueue(ctx, []broker.Message{{ID: id, Queue: "mail", Kind: "email.Send", Max: 1, Payload: []byte{0x80}, Delay: time.Hour}}); err != nil {
		log.Fatal(err)
	}
	session := broker.Session{Worker: "worker", Queue: "mail"}
	for seq := range uint64(2) {
		grant, err := store.Cycle(ctx, broker.Cycle{Session: session, Seq: seq + 1, Lease: broker.MaxLease, Want: broker.Want{Max: 1}})
		fmt.Println(len(grant.Leases), "tasks,", err)
		now = now.Add(time.Hour)
	}
	// Output:
	// 0 tasks, <nil>
	// 1 tasks, <nil>
}
