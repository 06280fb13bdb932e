// Command digest is the demo: one task for each Go file of a source tree, by
// default that of the Go installation itself. Workers read the files; the
// producer collects their sizes, lines and SHA-256 sums.
//
//	go run ./examples/digest -verify                      all in this process, no server
//	go run ./examples/digest -verify -redis URL           all in this process, over Redis
//	go run ./examples/digest -redis URL -role worker      as many of these as you like, and
//	go run ./examples/digest -redis URL -role producer    one of these
//
// A few copies of files are out of order: they come to order while their tasks
// are retried, but for one, which ends as a dead letter. With -verify each file
// is digested once more without the queue, and the last line says how many of
// them agree.
//
// Exit codes: 0 all is well; 1 it is not; 2 wrong usage, or no store;
// 130 interrupted before the end. A worker that is told to stop (SIGINT,
// SIGTERM) finishes what it has begun and exits 0.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

//go:generate go tool tqgen ./...

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// run is main without the process around it.
func run(ctx context.Context, args []string, stdout, stderr *os.File) (code int) {
	o, err := parse(args, stderr)
	if err == nil {
		err = o.run(ctx, stdout, stderr)
	}
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintln(stderr, "digest:", err)
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	return exitFailed
}

// An exitError is an error with an exit code of its own.
type exitError struct {
	code int
	err  error
}

// Error implements error.
func (e *exitError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *exitError) Unwrap() error { return e.err }

// usage is an error that the caller can mend.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}
