package redisbroker_test

import (
	"context"
	"fmt"
	"log"

	"github.com/redis/go-redis/v9"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker/redisbroker"
)

// A store whose enqueues are answered when a replica has the task, too.
func ExampleOpen() {
	ctx := context.Background()
	store, err := redisbroker.Open(ctx, "redis+sentinel://sentinel-1,sentinel-2/main", redisbroker.Config{
		Prefix:  "shop:",
		Durable: redisbroker.Durability{Replicas: 1},
	})
	if err != nil {
		log.Fatal(err)
	}
	queue, err := taskqueue.NewClient(store, taskqueue.ClientConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close() // closes the store
}

// A store over the connections' options of a client that the program has already.
func ExampleNew() {
	ctx := context.Background()
	client := redis.NewClient(&redis.Options{Addr: "redis.example.com:6379", Username: "shop"})
	defer client.Close()
	store, err := redisbroker.New(ctx, client, redisbroker.Config{Prefix: "shop:"})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
}

// A mistake in a URL is found before anything is connected.
func ExampleCheckURL() {
	fmt.Println(redisbroker.CheckURL("redis://127.0.0.1:6379/0"))
	fmt.Println(redisbroker.CheckURL("redis+sentinel://sentinel-1,sentinel-2") != nil)
	// Output:
	// <nil>
	// true
}
