package taskqueue_test

import (
	"context"
	"fmt"
	"log"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A queue that outgrows a node is several: which one, a key says.
func ExampleClient_Partitions() {
	ctx := context.Background()
	client, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	orders, err := client.Partitions(ctx, "orders", 4)
	if err != nil {
		log.Fatal(err)
	}
	for _, customer := range []string{"ada", "bob", "ada"} {
		job := taskqueue.NewJob(noteKind, &note{"order"}, orders.For(customer))
		if _, err := client.Enqueue(ctx, job); err != nil {
			log.Fatal(err)
		}
		fmt.Println(customer, job.Queue())
	}
	info, err := orders.Info(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Pending, "wait in", orders.Names())
	// Output:
	// ada orders.4.3
	// bob orders.4.0
	// ada orders.4.3
	// 3 wait in [orders.4.0 orders.4.1 orders.4.2 orders.4.3]
}

// Four partitions become eight once they are empty.
func ExampleClient_Repartition() {
	ctx := context.Background()
	client, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Partitions(ctx, "orders", 4); err != nil {
		log.Fatal(err)
	}

	orders, err := client.Repartition(ctx, "orders", 8)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(orders.Names()), "partitions")
	// Output: 8 partitions
}
