// Command order is a producer with the same settings as the worker: it enqueues
// one task, waits for its result, and enqueues another one with it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/tqgen/taskqueue/examples/worker/orders"
	"github.com/tqgen/taskqueue/runtime/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := order(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "order:", err)
		os.Exit(1)
	}
}

func order(ctx context.Context) error {
	settings, err := config.Load(config.Options{})
	if err != nil {
		return err
	}
	queue, err := settings.Open(ctx, nil)
	if err != nil {
		return err
	}
	defer queue.Close()
	future, err := orders.Total{Prices: []int{1999, 501}}.Enqueue(ctx, queue)
	if err != nil {
		return err
	}
	cents, err := future.Get(ctx)
	if err != nil {
		return err
	}
	if _, err := (orders.SendReceipt{To: "ada@example.com", Cents: cents}).Enqueue(ctx, queue); err != nil {
		return err
	}
	fmt.Printf("ordered for %d cents; the receipt is on its way\n", cents)
	return nil
}
