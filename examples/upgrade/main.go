// Command upgrade rolls a release out while tasks are queued: the older release is
// the program in old, the newer one is this, with another shape of the task.
//
//	go run ./examples/upgrade -store redis://127.0.0.1:6379
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tqgen/taskqueue/examples/upgrade/invoices"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func main() {
	store := flag.String("store", "redis://127.0.0.1:6379", "URL of the store; not mem://, as two programs share it")
	source := flag.String("old", "examples/upgrade/old", "the older release's source")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *store, *source, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "upgrade:", err)
		os.Exit(1)
	}
}

// run goes through the release, with three invoices in each stage.
func run(ctx context.Context, store, source string, out io.Writer) error {
	old, err := build(ctx, store, source, out)
	if err != nil {
		return err
	}
	defer old.remove()
	queue, err := taskqueue.Open(ctx, store)
	if err != nil {
		return err
	}
	defer queue.Close()

	fmt.Fprintln(out, "1. only the old release: it sends three, and works them")
	worker, err := old.start(ctx, "work")
	if err != nil {
		return err
	}
	err = errors.Join(old.run(ctx, "send", "1", "3"), emptied(ctx, queue), worker.stop())
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "2. three more are sent, and the old workers go; the new one reads the old shape")
	if err := errors.Join(old.run(ctx, "send", "4", "6"), work(ctx, queue, out)); err != nil {
		return err
	}
	fmt.Fprintln(out, "3. a new producer, and an old worker that was forgotten: it parks what it does not know")
	if worker, err = old.start(ctx, "work"); err != nil {
		return err
	}
	if err := send(ctx, queue, 7, 9); err != nil {
		return errors.Join(err, worker.stop())
	}
	return errors.Join(work(ctx, queue, out), worker.stop())
}

// send is the new producer.
func send(ctx context.Context, queue *taskqueue.Client, first, last int) error {
	var jobs []taskqueue.Job
	for number := first; number <= last; number++ {
		jobs = append(jobs, invoices.Invoice{Number: number, Amount: fmt.Sprintf("%d.00 CHF", number)}.Job())
	}
	_, err := queue.EnqueueAll(ctx, jobs...)
	return err
}

// work is the new worker, until nothing is left.
func work(ctx context.Context, queue *taskqueue.Client, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	worker, err := taskqueue.NewWorker(queue, taskqueue.WorkerConfig{Tasks: invoices.Tasks(printer{out}), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	err = emptied(ctx, queue)
	stop()
	return errors.Join(err, <-ended)
}

// A printer does the work of the new release.
type printer struct{ out io.Writer }

// Invoice prints which release ran it.
func (p printer) Invoice(ctx context.Context, task *invoices.Invoice) error {
	_, err := fmt.Fprintf(p.out, "new worker: invoice %d over %s, attempt %d\n", task.Number, task.Amount, taskqueue.Info(ctx).Attempt)
	return err
}

// emptied waits until the queue has nothing left.
func emptied(ctx context.Context, queue *taskqueue.Client) error {
	for {
		infos, err := queue.Queues(ctx, taskqueue.Default)
		if err != nil {
			return err
		}
		if q := infos[0]; q.Pending+q.Scheduled+q.Parked+q.Active == 0 {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A release is a program that was built.
type release struct {
	path, store string
	out         io.Writer
}

func build(ctx context.Context, store, source string, out io.Writer) (*release, error) {
	dir, err := os.MkdirTemp("", "taskqueue-upgrade-")
	if err != nil {
		return nil, err
	}
	r := &release{filepath.Join(dir, "old"), store, out}
	if err := r.build(ctx, source); err != nil {
		r.remove()
		return nil, fmt.Errorf("building %s: %w", source, err)
	}
	return r, nil
}

// build works on a copy of the module files: this checkout may need other versions
// than when they were written.
func (r *release) build(ctx context.Context, source string) error {
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(r.path), name), text, 0o600); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-mod=mod", "-modfile="+filepath.Join(filepath.Dir(r.path), "go.mod"), "-o", r.path, ".")
	cmd.Dir = source
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}

func (r *release) remove() { _ = os.RemoveAll(filepath.Dir(r.path)) }

func (r *release) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, r.path, append([]string{r.store}, args...)...)
	cmd.Stdout, cmd.Stderr = r.out, r.out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd
}

func (r *release) run(ctx context.Context, args ...string) error {
	return r.command(ctx, args...).Run()
}

// A process of an older release that works.
type process struct{ cmd *exec.Cmd }

func (r *release) start(ctx context.Context, args ...string) (process, error) {
	p := process{r.command(ctx, args...)}
	return p, p.cmd.Start()
}

// stop lets a worker drain and waits for its end.
func (p process) stop() error {
	return errors.Join(p.cmd.Process.Signal(syscall.SIGTERM), p.cmd.Wait())
}
