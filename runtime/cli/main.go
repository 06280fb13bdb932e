package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/term"

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

const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// Main is the program's main; see the function Main.
func (p Program) Main() int {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	return p.run(&process{
		name: filepath.Base(os.Args[0]), args: os.Args[1:], environ: os.Environ(),
		stdout: os.Stdout, stderr: os.Stderr, signals: signals,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
	})
}

// A process is what surrounds a program.
type process struct {
	name           string
	args           []string
	environ        []string
	stdout, stderr io.Writer
	signals        <-chan os.Signal
	terminal       bool // stderr is one
}

// run carries out the command line. The first signal ends its context; the
// second one returns at once, whatever still runs.
func (p Program) run(proc *process) int {
	proc.stderr = &lockedWriter{out: proc.stderr}
	ctx, drain := context.WithCancel(context.Background())
	defer drain()
	done := make(chan error, 1)
	go func() {
		root := (&command{program: p, process: proc}).root()
		done <- root.ExecuteContext(ctx)
	}()
	for {
		select {
		case err := <-done:
			return proc.exit(err)
		case <-proc.signals:
			if ctx.Err() != nil {
				fmt.Fprintf(proc.stderr, "%s: aborted; what was running runs again elsewhere\n", proc.name)
				return exitInterrupted
			}
			drain()
		}
	}
}

// exit prints an error and returns its code.
func (p *process) exit(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(p.stderr, "%s: %v\n", p.name, err)
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	return exitUsage // of cobra: the command line
}

// An exitError is an error with an exit code.
type exitError struct {
	code int
	err  error
}

// Error implements error.
func (e *exitError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *exitError) Unwrap() error { return e.err }
