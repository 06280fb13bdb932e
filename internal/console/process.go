// Package console is what the command lines of this module share: signals and exit
// codes, tables and JSON, and what to say where the store does not answer.
package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/term"
)

// The exit codes beside 0.
const (
	Failed      = 1   // it was tried, and it failed
	Usage       = 2   // wrong usage, a bad configuration, or no store
	Findings    = 3   // it was looked for trouble, and there is some
	Interrupted = 130 // by a signal
)

// A Process is what surrounds a program.
type Process struct {
	Name           string
	Args, Environ  []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Signals        <-chan os.Signal

	// InTerminal, Terminal and ErrTerminal say that people type Stdin, and look at
	// Stdout and Stderr.
	InTerminal, Terminal, ErrTerminal bool
}

// Main runs a program in the process that we are in.
func Main(program func(*Process) int) int {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	return program(&Process{
		Name: filepath.Base(os.Args[0]), Args: os.Args[1:], Environ: os.Environ(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: &lockedWriter{out: os.Stderr}, Signals: signals,
		InTerminal: term.IsTerminal(int(os.Stdin.Fd())), Terminal: term.IsTerminal(int(os.Stdout.Fd())), ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	})
}

// Run does the work and returns the exit code. The first signal ends the context;
// the second one returns at once, whatever still runs, with a word about that.
func (p *Process) Run(aborted string, work func(context.Context) error) int {
	ctx, end := context.WithCancel(context.Background())
	defer end()
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	for {
		select {
		case err := <-done:
			return p.exit(err)
		case <-p.Signals:
			if ctx.Err() != nil {
				fmt.Fprintf(p.Stderr, "%s: %s\n", p.Name, aborted)
				return Interrupted
			}
			end()
		}
	}
}

// Colours reports whether Stdout is for people who see colours and want them.
func (p *Process) Colours() bool {
	return p.Terminal && !slices.ContainsFunc(p.Environ, func(e string) bool {
		return e == "TERM=dumb" || strings.HasPrefix(e, "NO_COLOR=") && e != "NO_COLOR="
	})
}

// exit prints an error and returns its code.
func (p *Process) exit(err error) int {
	if err == nil {
		return 0
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{Usage, err} // of cobra: the command line
	}
	if e.Err != nil {
		fmt.Fprintf(p.Stderr, "%s: %v\n", p.Name, e.Err)
	}
	return e.Code
}

// An Error is an error with an exit code. Without an Err there is nothing to print:
// all was said.
type Error struct {
	Code int
	Err  error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Fail is an error that is not the caller's fault; nil is none.
func Fail(err error) error { return with(Failed, err) }

// Misuse is an error of who called the program; nil is none.
func Misuse(err error) error { return with(Usage, err) }

func with(code int, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{code, err}
}

// A lockedWriter lets several loggers write to one place, a line at a time.
type lockedWriter struct {
	mu  sync.Mutex
	out io.Writer
}

// Write implements io.Writer.
func (w *lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(b)
}
