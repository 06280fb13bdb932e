package encrypt_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
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

// A key in front of the old one seals from now on; both open.
func ExampleParseKeys() {
	keys, err := encrypt.ParseKeys("2027=" + strings.Repeat("B", 43) + "=,2026=" + strings.Repeat("A", 43) + "=") // an environment variable
	if err != nil {
		log.Fatal(err)
	}
	store := encrypt.New(membroker.New(membroker.Config{}), encrypt.Config{Keys: keys})
	queue, err := taskqueue.NewClient(store, taskqueue.ClientConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close() // and the store

	_, err = encrypt.ParseKeys("2027=secret")
	fmt.Println(err)
	// Output: taskqueue: invalid: key 1 is not NAME=BASE64
}
