// Command worker is a worker with the whole command line: worker, config and
// version, with settings from flags, the environment and task-queue.toml.
//
//	go run ./examples/worker worker      work, until Ctrl-C
//	go run ./examples/worker config      each setting, and where it came from
//	go run ./examples/worker/order       order something, in another terminal
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/tqgen/taskqueue/examples/worker/orders"
	"github.com/tqgen/taskqueue/runtime/cli"
)

//go:generate go tool tqgen ./...

func main() {
	os.Exit(cli.Main(orders.Tasks(&mailer{from: "shop@example.com"})...))
}

// A mailer is what the worker has and the producer does not need.
type mailer struct{ from string }

// SendReceipt does the work of the tasks of that name.
func (m *mailer) SendReceipt(_ context.Context, task *orders.SendReceipt) error {
	slog.Info("a mail would be sent", "from", m.from, "to", task.To, "cents", task.Cents)
	return nil
}
