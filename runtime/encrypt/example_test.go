package encrypt_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/encrypt"
)

// What the store holds is sealed; whoever has the key reads it.
func ExampleNew() {
	ctx := context.Background()
	keys, err := encrypt.NewKeys(encrypt.Key{Name: "2026", Secret: make([]byte, encrypt.KeySize)}) // use 32 random bytes
	if err != nil {
		log.Fatal(err)
	}
	inner := membroker.New(membroker.Config{})
	defer inner.Close()
	store := encrypt.New(inner, encrypt.Config{Keys: keys})

	id := broker.NewID("mail", time.Now())
	if _, err := store.Enqueue(ctx, []broker.Message{{ID: id, Queue: "mail", Kind: "email.Send", Max: 1, Payload: []byte("a secret")}}); err != nil {
		log.Fatal(err)
	}
	ref := []broker.Ref{{ID: id, Queue: "mail"}}
	opened, err := store.Find(ctx, ref)
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := inner.Find(ctx, ref)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", opened[0].Message.Payload)
	fmt.Println("in the store:", bytes.Contains(sealed[0].Message.Payload, []byte("secret")))
	// Output:
	// a secret
	// in the store: false
}
