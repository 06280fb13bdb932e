package cli_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// patience bounds a wait for what has to come.
const patience = 30 * time.Second

// A program is a process of the test binary under another name.
type program struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	stdout, stderr <-chan string
	seen           []string
}

func start(t *testing.T, environ []string, args ...string) *program {
	t.Helper()
	return startAs(t, "shop", environ, args...)
}

func startAs(t *testing.T, name string, environ []string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, name)
	if err := os.Symlink(self, binary); err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, cmd: exec.Command(binary, args...)}
	p.cmd.Dir, p.cmd.Env = dir, environ
	stdout, err1 := p.cmd.StdoutPipe()
	stderr, err2 := p.cmd.StderrPipe()
	stdin, err3 := p.cmd.StdinPipe()
	if err := errors.Join(err1, err2, err3, p.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	p.stdin, p.stdout, p.stderr = stdin, lines(stdout), lines(stderr)
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		for range p.stdout {
		}
		for range p.stderr {
		}
	})
	return p
}

// lines sends the lines that are read, to the end.
func lines(r io.Reader) <-chan string {
	c := make(chan string, 1000)
	go func() {
		defer close(c)
		for s := bufio.NewScanner(r); s.Scan(); {
			c <- s.Text()
		}
	}()
	return c
}

// await returns the first line that contains text.
func (p *program) await(from <-chan string, text string) string {
	p.t.Helper()
	late := time.After(patience)
	for {
		select {
		case line, ok := <-from:
			p.seen = append(p.seen, line)
			if !ok {
				p.t.Fatalf("no line with %q:\n%s", text, strings.Join(p.seen, "\n"))
			}
			if strings.Contains(line, text) {
				return line
			}
		case <-late:
			p.t.Fatalf("no line with %q in %v:\n%s", text, patience, strings.Join(p.seen, "\n"))
		}
	}
}

func (p *program) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the end and returns the exit code and what else was printed.
func (p *program) exit() (code int, stderr string) {
	p.t.Helper()
	for range p.stdout {
	}
	var rest []string
	for line := range p.stderr {
		rest = append(rest, line)
	}
	err := p.cmd.Wait()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode(), strings.Join(rest, "\n")
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return 0, strings.Join(rest, "\n")
}

// store is a client of a prefix of its own, and the URL for a program.
func store(t *testing.T) (*taskqueue.Client, string) {
	t.Helper()
	server, prefix := redistest.Shared(t)
	url := server.URL() + "?prefix=" + prefix
	client, err := taskqueue.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client, url
}

func enqueue(t *testing.T, c *taskqueue.Client, task taskqueue.Task, options ...taskqueue.Option) taskqueue.ID {
	t.Helper()
	id, err := c.Enqueue(t.Context(), taskqueue.NewJob(task.Kind, msgp.Raw{0xc0}, options...))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// With variables alone: the start's line, a task, a drain that waits for it.
func TestEnvironmentOnly(t *testing.T) {
	client, url := store(t)
	id := enqueue(t, client, welcome, taskqueue.Retention(time.Hour))
	p := start(t, []string{"REDIS_URL=" + url, "TASK_QUEUE_WORKERS=3", "TASK_QUEUE_MAX_CONCURRENT_TASKS=4",
		"TASK_QUEUE_WORKER_PREFIX=blue", "TASK_QUEUE_QUEUES=reports,default=2", "LOG_FORMAT=compact"}, "worker")
	line := p.await(p.stdout, "redis://")
	if want := url + ": 2 tasks; queues default, reports; 3 workers with 4 slots each"; line != want {
		t.Errorf("it prints %q, want %q", line, want)
	}
	p.await(p.stdout, "running")
	p.signal(syscall.SIGTERM)
	p.await(p.stderr, "draining")
	if entry, err := client.Find(t.Context(), id); err != nil || entry.State.String() != "active" {
		t.Errorf("while it drains: %v %v", entry.State, err)
	}
	if _, err := p.stdin.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	code, stderr := p.exit()
	if code != 0 || strings.Count(stderr, "worker stopped component=worker worker=blue.") != 3 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	if entry, err := client.Find(t.Context(), id); err != nil || entry.State.String() != "done" {
		t.Errorf("after the drain: %v %v", entry.State, err)
	}
}

// A second signal aborts; the task is another worker's once its lease is over.
func TestSecondSignalAborts(t *testing.T) {
	client, url := store(t)
	enqueue(t, client, welcome)
	p := start(t, []string{"TASK_QUEUE_SHUTDOWN_GRACE_PERIOD=300"}, "worker", "--redis-url", url, "-w1")
	p.await(p.stdout, "running")
	p.signal(os.Interrupt)
	p.await(p.stderr, "draining")
	p.signal(os.Interrupt)
	code, stderr := p.exit()
	if code != 130 || !strings.Contains(stderr, "shop: aborted; what was running runs again elsewhere") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// Without a grace the handlers' contexts end at once, and no attempt is spent.
func TestNoGrace(t *testing.T) {
	client, url := store(t)
	id := enqueue(t, client, welcome)
	p := start(t, []string{"TASK_QUEUE_SHUTDOWN_GRACE_PERIOD=0"}, "worker", "--redis-url", url)
	p.await(p.stdout, "running")
	p.signal(syscall.SIGTERM)
	if code, stderr := p.exit(); code != 0 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	entry, err := client.Find(t.Context(), id)
	if err != nil || entry.State.String() != "pending" || entry.Message.Attempts != 0 {
		t.Errorf("%v, %d attempts, %v", entry.State, entry.Message.Attempts, err)
	}
}

// Strict order, weights and the choice of kinds reach the worker.
func TestOnlyTheNamedKinds(t *testing.T) {
	client, url := store(t)
	left, done := enqueue(t, client, welcome), enqueue(t, client, build, taskqueue.Retention(time.Hour))
	p := start(t, []string{"TASK_QUEUE_AUTO_REGISTER=false"}, "worker", "--redis-url", url, "--kinds", "report.Build", "--strict")
	if line := p.await(p.stdout, "redis://"); !strings.Contains(line, "1 task; queues high_priority, default, reports, low_priority; 2 workers") {
		t.Errorf("it prints %q", line)
	}
	await(t, func(ctx context.Context) bool {
		entry, err := client.Find(ctx, done)
		return err == nil && entry.State.String() == "done"
	})
	p.signal(syscall.SIGTERM)
	if code, stderr := p.exit(); code != 0 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	if entry, err := client.Find(t.Context(), left); err != nil || entry.Message.Attempts != 0 {
		t.Errorf("the other kind: %+v %v", entry, err)
	}
}

// await asks until the answer is yes: the store has no event for it.
func await(t *testing.T, f func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !f(ctx) {
		if ctx.Err() != nil {
			t.Fatalf("not in %v", patience)
		}
	}
}

// mem:// says what becomes of its tasks.
func TestInMemory(t *testing.T) {
	p := start(t, []string{"REDIS_URL=mem://"}, "worker", "--workers=1", "--concurrency", "1")
	line := p.await(p.stdout, "mem://")
	if want := "mem:// (tasks die with this process): 2 tasks; queues high_priority, default, reports, low_priority; 1 worker with 1 slot each"; line != want {
		t.Errorf("it prints %q, want %q", line, want)
	}
	p.signal(syscall.SIGTERM)
	if code, stderr := p.exit(); code != 0 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// With the autoscaler the number of workers is what it says.
func TestEnableAutoscaler(t *testing.T) {
	p := start(t, []string{"REDIS_URL=mem://"}, "worker", "--workers=3", "--concurrency=4", "-a")
	p.await(p.stdout, "1 to 20 workers with 4 slots each")
	p.signal(syscall.SIGTERM)
	if code, stderr := p.exit(); code != 0 || strings.Contains(stderr, "without effect") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// What a program says of its workers overrides settings.
func TestWorkerHook(t *testing.T) {
	p := startAs(t, "configured", []string{"REDIS_URL=mem://"}, "worker", "--concurrency=5")
	p.await(p.stdout, "1 task; queues high_priority, default, reports, low_priority; 1 worker with 15 slots each")
	p.signal(syscall.SIGTERM)
	if code, stderr := p.exit(); code != 0 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// Crons run where the scheduler is enabled; elsewhere the log says that they do
// not.
func TestCrons(t *testing.T) {
	environ := []string{"REDIS_URL=mem://", "LOG_FORMAT=compact"}
	with := startAs(t, "configured", environ, "worker", "-s")
	line := with.await(with.stdout, "mem://")
	_, next, found := strings.Cut(line, "; next cron nightly at ")
	at, err := time.Parse("2006-01-02 15:04:05 MST", next)
	if !found || err != nil || at.Month() != time.February || at.Day() != 29 || at.Hour() != 3 {
		t.Errorf("it prints %q, %v", line, err)
	}
	with.signal(syscall.SIGTERM)
	if code, stderr := with.exit(); code != 0 || strings.Contains(stderr, "crons do not run") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	without := startAs(t, "configured", environ, "worker")
	if line := without.await(without.stdout, "mem://"); strings.Contains(line, "cron") {
		t.Errorf("it prints %q", line)
	}
	without.await(without.stderr, "W crons do not run here: scheduler.enabled is false; set it in one process at least, or --enable-scheduler crons=1")
	without.signal(syscall.SIGTERM)
	if code, stderr := without.exit(); code != 0 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// A signal before the store has answered ends the start.
func TestSignalWhileConnecting(t *testing.T) {
	server := redistest.Start(t)
	server.Pause(t)
	defer server.Resume(t)
	p := start(t, []string{"REDIS_CONNECTION_TIMEOUT=300", "TASK_QUEUE_ELEPHANTS=1"}, "worker", "-r", server.URL())
	p.await(p.stderr, "TASK_QUEUE_ELEPHANTS: there is no such variable")
	p.signal(syscall.SIGTERM)
	code, stderr := p.exit()
	if code != 130 || !strings.Contains(stderr, "shop: interrupted before any work began") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}
