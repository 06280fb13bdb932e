package tq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tinylib/msgp/msgp"
	"go.uber.org/goleak"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/config"
)

// The test binary is the programs of the stories, too.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){
		"tq":    func() { os.Exit(Main()) },
		"stage": func() { os.Exit(stage(os.Args[1:])) },
	})
}

// tests looks for leaks and stops the shared server.
type tests struct{ *testing.M }

func (t tests) Run() int { return redistest.Main(goleak.TestingM(t.M)) }

// kind is what the stories' tasks are. Their note is a secret.
func kind(name string) *taskqueue.Kind {
	return &taskqueue.Kind{Name: name, Settings: taskqueue.Settings{Queue: "mail", Retries: taskqueue.NoRetries}, Schema: `{"version":1,"payload":{"type":"object",` +
		`"properties":{"To":{"type":"string"},"Note":{"type":"string","writeOnly":true}}}}`}
}

// payload is the task of the stories.
func payload() msgp.Raw {
	b := msgp.AppendMapHeader(nil, 2)
	b = msgp.AppendString(msgp.AppendString(b, "To"), "ada@example.com")
	return msgp.AppendString(msgp.AppendString(b, "Note"), "hush")
}

// stage prepares the store for a story:
//
//	stage put N KIND [IN]      enqueue tasks, to run after IN; prints their ids
//	stage feed KIND            enqueue a task every 20 ms, until it is interrupted
//	stage kill N KIND REASON   make dead letters
//	stage work NAME            a worker that runs until it is interrupted; its tasks are done
//	stage hold NAME            likewise; its tasks run until it ends
//	stage scale FLEET NAME     a process of a fleet with an autoscaler, until it is interrupted
//	stage drain QUEUE          a drain of a queue that is not empty, and dies under way
func stage(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := staged(ctx, args); err != nil {
		fmt.Fprintln(os.Stderr, "stage:", err)
		return 1
	}
	return 0
}

func staged(ctx context.Context, args []string) error {
	settings, err := config.Load(config.Options{})
	if err != nil {
		return err
	}
	client, err := settings.Open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer client.Close()
	switch args[0] {
	case "put":
		var options []taskqueue.Option
		if len(args) > 3 {
			d, err := time.ParseDuration(args[3])
			if err != nil {
				return err
			}
			options = append(options, taskqueue.In(d))
		}
		return put(ctx, client, os.Stdout, args[1], args[2], options...)
	case "feed":
		return feed(ctx, client, args[1])
	case "kill":
		return kill(ctx, client, os.Stdout, args[1], args[2], args[3])
	case "work", "hold":
		return work(ctx, client, args[0] == "hold", args[1])
	case "scale":
		return scale(ctx, client, args[1], args[2])
	case "drain":
		return drain(ctx, client, args[1])
	}
	return fmt.Errorf("what is %q?", args[0])
}

func put(ctx context.Context, client *taskqueue.Client, out io.Writer, n, name string, options ...taskqueue.Option) error {
	count, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	job := taskqueue.NewJob(kind(name), payload(), options...)
	ids, err := client.EnqueueAll(ctx, slices.Repeat([]taskqueue.Job{job}, count)...)
	for _, id := range ids {
		fmt.Fprintln(out, id)
	}
	return err
}

// feed enqueues a task every 20 ms, until it is interrupted.
func feed(ctx context.Context, client *taskqueue.Client, name string) error {
	for ctx.Err() == nil {
		if _, err := client.Enqueue(context.WithoutCancel(ctx), taskqueue.NewJob(kind(name), payload())); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// drain returns when a drain has closed the queue: this process ends before it.
func drain(ctx context.Context, client *taskqueue.Client, queue string) error {
	failed := make(chan error, 1)
	go func() {
		_, err := client.Drain(context.WithoutCancel(ctx), queue)
		failed <- err
	}()
	for {
		infos, err := client.Queues(ctx, queue)
		if err != nil || infos[0].Settings.Closed {
			return err
		}
		select {
		case err := <-failed:
			return fmt.Errorf("it is drained: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// kill enqueues tasks and runs them to their death: until the store has it, as a
// worker that is told to end gives up on a store that is slow.
func kill(ctx context.Context, client *taskqueue.Client, out io.Writer, n, name, reason string) error {
	before, err := client.Queues(ctx, "mail")
	if err != nil {
		return err
	}
	if err := put(ctx, client, out, n, name); err != nil {
		return err
	}
	left, err := strconv.ParseInt(n, 10, 64)
	if err != nil {
		return err
	}
	w, err := taskqueue.NewWorker(client, taskqueue.WorkerConfig{
		Tasks:  []taskqueue.Task{{Kind: kind(name), Run: func(context.Context, []byte, []byte) ([]byte, error) { return nil, errors.New(reason) }}},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.Run(running) }()
	for now := before; err == nil && now[0].Died < before[0].Died+left; now, err = client.Queues(ctx, "mail") {
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	return errors.Join(err, <-ended)
}

// work runs tasks, and tells that it does.
func work(ctx context.Context, client *taskqueue.Client, hold bool, name string) error {
	run := func(ctx context.Context, _, dst []byte) ([]byte, error) {
		if hold {
			<-ctx.Done()
		}
		return dst, nil
	}
	w, err := taskqueue.NewWorker(client, taskqueue.WorkerConfig{
		Name: name, Tasks: []taskqueue.Task{{Kind: kind("email.Send"), Run: run}}, ShutdownGrace: taskqueue.NoGrace,
		Crons:  []taskqueue.Cron{{Name: "nightly", Spec: "0 3 * * *", Zone: "Europe/Paris", Job: taskqueue.NewJob(kind("email.Send"), payload())}},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}

func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			server, prefix := redistest.Shared(t)
			e.Setenv("REDIS_URL", server.URL())
			e.Setenv("REDIS_PREFIX", prefix+":")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "note": note, "until": until, "redis": redis(t)},
	})
}

// exits runs a program and holds its exit code: exits CODE PROGRAM ARGS…
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := codeOf(ts, args[1:]); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func codeOf(ts *testscript.TestScript, args []string) int {
	err := ts.Exec(args[0], args[1:]...)
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	ts.Check(err)
	return 0
}

// note keeps the first word of the last output: note NAME
func note(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.Fields(ts.ReadFile("stdout"))[0])
}

// until runs a program again and again until its output has a text: until TEXT PROGRAM ARGS…
func until(ts *testscript.TestScript, _ bool, args []string) {
	for range 300 {
		codeOf(ts, args[1:])
		if strings.Contains(ts.ReadFile("stdout"), args[0]) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("no %q in 30 s", args[0])
}

// redis sends a command to the server: redis ARGS…
func redis(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(_ *testscript.TestScript, _ bool, args []string) {
		server, _ := redistest.Shared(t)
		server.Do(t, args...)
	}
}
