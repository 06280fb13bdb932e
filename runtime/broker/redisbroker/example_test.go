package redisbroker_test

import (
	"context"
	"log"

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
