// Command web is a worker with a dashboard: http://127.0.0.1:8080/tasks/
//
//	go run ./examples/web                            in memory, with customers who never sleep
//	go run ./examples/web -store redis://127.0.0.1   the tasks of a Redis server
//	TASKS_PASSWORD=secret go run ./examples/web      asks for it; the user is "admin"
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/web"
)

//go:generate go tool tqgen ./...

func main() {
	address := flag.String("address", "127.0.0.1:8080", "where to listen; others can reach what is not on loopback")
	store := flag.String("store", "mem://", "URL of the store")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *address, *store, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "web:", err)
		os.Exit(1)
	}
}

// run works and serves until ctx ends.
func run(ctx context.Context, address, store string, out io.Writer) error {
	client, err := taskqueue.Open(ctx, store)
	if err != nil {
		return err
	}
	defer client.Close()
	worker, err := taskqueue.NewWorker(client, taskqueue.WorkerConfig{
		Tasks: Tasks(), Crons: crons(), Concurrency: 5, Autoscale: taskqueue.Autoscale{Min: 2, Max: 8},
		Logger: slog.New(slog.DiscardHandler), // the dashboard shows what fails
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "dashboard: http://%s/tasks/\n", listener.Addr())
	server := &http.Server{Handler: handler(ctx, client, worker), ReadHeaderTimeout: 5 * time.Second}
	return together(ctx, worker.Run, customers(client), serve(server, listener))
}

// handler is what a program of its own adds to its mux.
func handler(ctx context.Context, client *taskqueue.Client, worker *taskqueue.Worker) http.Handler {
	config := web.Config{Workers: []*taskqueue.Worker{worker}, Done: ctx.Done()}
	if password := os.Getenv("TASKS_PASSWORD"); password != "" {
		config.Auth = web.BasicAuth("admin", password)
	}
	mux := http.NewServeMux()
	mux.Handle("/tasks/", web.Handler(client, config))
	return mux
}

// serve serves until ctx ends.
func serve(server *http.Server, listener net.Listener) func(context.Context) error {
	return func(ctx context.Context) error {
		context.AfterFunc(ctx, func() { _ = server.Shutdown(context.WithoutCancel(ctx)) })
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

// together runs all parts until ctx ends, or until one of them does.
func together(ctx context.Context, parts ...func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	errs := make([]error, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		all.Go(func() {
			defer stop()
			errs[i] = part(ctx)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
