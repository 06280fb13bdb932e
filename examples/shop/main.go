// Command shop is a web shop: an API that enqueues nineteen kinds of tasks, workers
// that run them, crons, and a dashboard.
//
//	go run ./examples/shop                                            all in one process
//	go run ./examples/shop -store redis://127.0.0.1:6379 -role api    or apart,
//	go run ./examples/shop -store redis://127.0.0.1:6379 -role worker as many as you like
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
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/tqgen/taskqueue/examples/shop/messages"
	"github.com/tqgen/taskqueue/examples/shop/orders"
	"github.com/tqgen/taskqueue/examples/shop/work"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/web"
)

// A setup is what the flags say.
type setup struct {
	store, address, role string
	pause                time.Duration
}

func main() {
	var s setup
	flag.StringVar(&s.store, "store", "mem://", "URL of the store")
	flag.StringVar(&s.address, "address", "127.0.0.1:8080", "where the API and the dashboard listen")
	flag.StringVar(&s.role, "role", "all", "all, api or worker")
	flag.DurationVar(&s.pause, "pause", 50*time.Millisecond, "how long a step of work takes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, s, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

// run opens the shop until ctx ends or somebody posts a shutdown.
func run(ctx context.Context, s setup, out io.Writer) error {
	queue, err := taskqueue.Open(ctx, s.store)
	if err != nil {
		return err
	}
	defer queue.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	a := &api{queue: queue, stop: stop}
	var parts []func(context.Context) error
	if s.role != "api" {
		if a.worker, err = newWorker(queue, s.pause); err != nil {
			return err
		}
		parts = append(parts, a.worker.Run)
	}
	if s.role != "worker" {
		listener, err := net.Listen("tcp", s.address)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "API: http://%[1]s/api/  dashboard: http://%[1]s/tasks/\n", listener.Addr())
		parts = append(parts, serve(listener, a))
	}
	return together(ctx, parts)
}

// newWorker makes a worker for all tasks of the shop.
func newWorker(queue *taskqueue.Client, pause time.Duration) (*taskqueue.Worker, error) {
	s := &staff{log: slog.Default(), pause: pause}
	return taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Tasks:       slices.Concat(messages.Tasks(s), orders.Tasks(s), work.Tasks(s)),
		Crons:       work.Crons(),
		Concurrency: 50,
	})
}

// serve serves the API and the dashboard until ctx ends.
func serve(listener net.Listener, a *api) func(context.Context) error {
	config := web.Config{}
	if a.worker != nil {
		config.Workers = []*taskqueue.Worker{a.worker}
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", a.routes())
	mux.Handle("/tasks/", web.Handler(a.queue, config))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	return func(ctx context.Context) error {
		context.AfterFunc(ctx, func() { _ = server.Close() })
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

// together runs parts until all have ended; when one ends, so do the others.
func together(ctx context.Context, parts []func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	errs := make([]error, len(parts))
	var running sync.WaitGroup
	for i, part := range parts {
		running.Go(func() {
			defer stop()
			errs[i] = part(ctx)
		})
	}
	running.Wait()
	return errors.Join(errs...)
}
