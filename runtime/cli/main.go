package cli

import (
	"context"

	"github.com/tqgen/taskqueue/internal/console"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/config"
)

// Main is the main of a program with the given tasks: it carries out the command
// line and returns the exit code for os.Exit.
func Main(tasks ...taskqueue.Task) int { return Program{Tasks: tasks}.Main() }

// A Program is a command line with more than tasks to say.
type Program struct {
	// Tasks are what its workers can run; the generated Tasks functions return
	// them.
	Tasks []taskqueue.Task

	// Crons enqueue jobs again and again, in processes where scheduler.enabled is
	// set (--enable-scheduler).
	Crons []taskqueue.Cron

	// Configure changes the defaults of settings. Files, the environment and
	// flags override it.
	Configure func(*config.Config)

	// Worker changes what settings cannot say of a worker (Middleware, OnFinish).
	// It is called once for each worker, and has the last word.
	Worker func(*taskqueue.WorkerConfig)
}

// Main is the program's main; see the function Main.
func (p Program) Main() int { return console.Main(p.run) }

// run carries out the command line. The first signal ends its context; the
// second one returns at once, whatever still runs.
func (p Program) run(process *console.Process) int {
	return process.Run("aborted; what was running runs again elsewhere", func(ctx context.Context) error {
		cmd, err := (&command{program: p, process: process}).root().ExecuteContextC(ctx)
		return console.Called(err, cmd.CommandPath(), cmd.UseLine())
	})
}
