package cli_test

import (
	"os"
	"time"

	"github.com/tqgen/taskqueue/examples/worker/orders"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/cli"
	"github.com/tqgen/taskqueue/runtime/config"
)

// The main function of a program with tasks, whose handler is a type of its own.
func ExampleMain() {
	var handler orders.Handler // a &mailer{…}, say
	os.Exit(cli.Main(orders.Tasks(handler)...))
}

// A program that has crons and defaults of its own, and counts its failures.
func ExampleProgram() {
	var handler orders.Handler
	os.Exit(cli.Program{
		Tasks:     orders.Tasks(handler),
		Crons:     []taskqueue.Cron{{Name: "total", Spec: "@hourly", Job: orders.Total{}.Job()}},
		Configure: func(c *config.Config) { c.Workers.ShutdownGracePeriod = time.Minute },
		Worker: func(w *taskqueue.WorkerConfig) {
			w.OnFinish = func(e taskqueue.Event) { countFailure(e.Err) }
		},
	}.Main())
}

func countFailure(error) {}
