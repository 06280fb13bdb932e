// Command servers starts Redis with Sentinel, or a Redis Cluster, as processes of this
// machine, works tasks on it, and breaks it: the master is killed, or a node is.
//
//	go run ./examples/servers -kind sentinel
//	go run ./examples/servers -kind cluster
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tqgen/taskqueue/internal/chaos/trial"
	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func main() {
	kind := flag.String("kind", "sentinel", "sentinel or cluster")
	seconds := flag.Int("seconds", 10, "how long tasks are enqueued")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *kind, *seconds, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "servers:", err)
		os.Exit(1)
	}
}

// run starts the servers, which end with it.
func run(ctx context.Context, kind string, seconds int, out io.Writer) (err error) {
	setups := map[string]func(*trial.Trial) (url string, breaks func()){"sentinel": sentinel, "cluster": cluster}
	setup, known := setups[kind]
	if !known {
		return fmt.Errorf("-kind is sentinel or cluster, not %q", kind)
	}
	t := trial.New("servers")
	t.Run(func() {
		url, breaks := setup(t)
		fmt.Fprintf(out, "taskqueue.Open(ctx, %q)\n", url)
		err = use(ctx, url, seconds, breaks, &shared{out: out})
	})
	if t.Failed() {
		err = errors.Join(err, errors.New(t.Text()))
	}
	return err
}

// sentinel is a master, a replica and three sentinels. The master dies.
func sentinel(t *trial.Trial) (url string, breaks func()) {
	s := redistest.StartSentinel(t, 3)
	return s.URL(), func() { s.Master(t).Kill() }
}

// cluster is three masters, each with a third of the queues and an append-only file.
// The one that has our queue dies, and comes back.
func cluster(t *trial.Trial) (url string, breaks func()) {
	c := redistest.StartCluster(t, 3, "--appendonly", "yes", "--appendfsync", "always")
	return c.URL(), func() {
		owner := c.Owner(t, c.Slot(t, "{"+taskqueue.Default+"}"))
		owner.Kill()
		owner.Restart(t)
	}
}

// use enqueues a hundred tasks a second and works them; half-way something breaks.
func use(ctx context.Context, url string, seconds int, breaks func(), out io.Writer) error {
	queue, err := taskqueue.Open(ctx, url)
	if err != nil {
		return err
	}
	defer queue.Close()
	var done atomic.Int64
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{
		Tasks: Tasks(), Lease: 2 * time.Second, Logger: slog.New(slog.DiscardHandler),
		OnFinish: func(taskqueue.Event) { done.Add(1) },
	})
	if err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(working) }()

	var breaking sync.WaitGroup
	breaking.Go(func() {
		select {
		case <-time.After(time.Duration(seconds) * time.Second / 2):
			fmt.Fprintln(out, "a server is killed")
			breaks()
		case <-working.Done():
		}
	})
	sent, err := produce(ctx, queue, seconds, &done, out)
	if err == nil {
		_, err = queue.Drain(ctx, taskqueue.Default)
	}
	stop()
	breaking.Wait()
	if err = errors.Join(err, <-ended); err != nil {
		return err
	}
	fmt.Fprintf(out, "sent %d, done %d, lost %d\n", sent, done.Load(), max(0, int64(sent)-done.Load()))
	return nil
}

// produce enqueues a hundred tasks a second, and tells each second how far it is.
func produce(ctx context.Context, queue *taskqueue.Client, seconds int, done *atomic.Int64, out io.Writer) (sent int, err error) {
	const rate = 100
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for ; sent < seconds*rate; sent++ {
		if sent%rate == 0 {
			fmt.Fprintf(out, "sent %d, done %d\n", sent, done.Load())
		}
		if err := send(ctx, queue, sent, out); err != nil {
			return sent, err
		}
		<-tick.C
	}
	return sent, nil
}

// send waits through what breaks: an Enqueue is sent again until its context ends, and
// under one id it is one task, however often it is sent.
func send(ctx context.Context, queue *taskqueue.Client, number int, out io.Writer) (err error) {
	id := taskqueue.NewID(taskqueue.Default)
	for range 10 {
		trying, stop := context.WithTimeout(ctx, 5*time.Second)
		_, err = Count{number}.Enqueue(trying, queue, taskqueue.WithID(id))
		stop()
		if err == nil || ctx.Err() != nil {
			return err
		}
		fmt.Fprintf(out, "again: %v\n", err)
	}
	return err
}

// A shared writer is written to from several goroutines.
type shared struct {
	mu  sync.Mutex
	out io.Writer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}
