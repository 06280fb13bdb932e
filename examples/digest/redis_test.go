package main

import (
	"bytes"
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A process is the program, running.
type process struct {
	cmd    *exec.Cmd
	output lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// build makes the program's binary.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "digest")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// launch starts the program; it ends with the test at the latest.
func launch(t *testing.T, binary string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(binary, args...)}
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
		if t.Failed() {
			t.Logf("%s\n%s", strings.Join(args, " "), p.output.String())
		}
	})
	return p
}

// exit waits for the end of the process.
func (p *process) exit(t *testing.T) int {
	t.Helper()
	_ = p.cmd.Wait() // its error is the exit code
	return p.cmd.ProcessState.ExitCode()
}

// await polls until the queue's counts please.
func await(t *testing.T, client *taskqueue.Client, what string, ok func(taskqueue.QueueInfo) bool) {
	t.Helper()
	for {
		infos, err := client.Queues(t.Context(), "digest")
		if err != nil {
			t.Fatalf("waiting until %s: %v", what, err)
		}
		if ok(infos[0]) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func open(t *testing.T, url string) *taskqueue.Client {
	t.Helper()
	client, err := taskqueue.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestVerifiedOverRedis(t *testing.T) {
	url := redistest.Start(t).URL()
	code, stdout, stderr := digest(t.Context(), t, "-verify", "-redis", url, "-root", tree(t, 300))
	if code != 0 {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	if got := lastLine(stdout); got != "verified 300 of 300" {
		t.Errorf("the last line is %q", got)
	}
	demand(t, stdout, retries, `^faulty copies +8 of 8 healed$`, `^dead letters +1$`)
}

// A worker that is killed in the middle loses nothing: others run what it
// held, and every digest is right.
func TestKilledWorker(t *testing.T) {
	url := redistest.Start(t).URL()
	binary, root := build(t), tree(t, 600)
	client := open(t, url)
	worker := []string{"-redis", url, "-role", "worker", "-slots", "8", "-pause", "20ms", "-lease", "1s"}
	victim, survivor := launch(t, binary, worker...), launch(t, binary, worker...)
	await(t, client, "both workers are there", func(q taskqueue.QueueInfo) bool { return q.Sessions == 2 })
	producer := launch(t, binary, "-redis", url, "-role", "producer", "-verify", "-root", root)

	await(t, client, "the work is well under way", func(q taskqueue.QueueInfo) bool { return q.Done > 100 })
	if err := victim.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if code := producer.exit(t); code != 0 {
		t.Fatalf("the producer: exit %d", code)
	}
	stdout := producer.output.String()
	if got := lastLine(stdout); got != "verified 600 of 600" {
		t.Errorf("the last line is %q", got)
	}
	demand(t, stdout, `^files +600 of 600$`, `^faulty copies +8 of 8 healed$`, `^dead letters +1$`)
	await(t, client, "tasks were lost with their worker, and counted", func(q taskqueue.QueueInfo) bool { return q.Lost > 0 })

	if err := survivor.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := survivor.exit(t); code != 0 {
		t.Errorf("a worker that is told to stop: exit %d", code)
	}
	demand(t, survivor.output.String(), `^worker \S+: \d+ done, `)
}

// A worker that is told to stop leaves the queue as it was.
func TestStoppedWorker(t *testing.T) {
	url := redistest.Start(t).URL()
	ctx, stop := context.WithCancel(t.Context())
	client := open(t, url)
	code := make(chan int)
	var stdout string
	go func() {
		c, out, _ := digest(ctx, t, "-redis", url, "-role", "worker", "-log")
		stdout = out
		code <- c
	}()
	await(t, client, "the worker is there", func(q taskqueue.QueueInfo) bool { return q.Sessions == 1 })
	stop()
	if got := <-code; got != 0 {
		t.Errorf("exit %d", got)
	}
	demand(t, stdout, `^worker \S+: 0 done, 0 to be retried, 0 dead, 0 given back$`)
	await(t, client, "the worker has left", func(q taskqueue.QueueInfo) bool { return q.Sessions == 0 })
}

// Where no Redis answers the program says so in one line, without the password.
func TestNoRedis(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := digest(t.Context(), t, "-redis", "redis://me:secret@"+addr)
	if code != exitUsage {
		t.Errorf("exit %d, want %d", code, exitUsage)
	}
	demand(t, stderr, `^digest: .*`+addr+`.*; start a server`)
	if text := stdout + stderr; strings.Count(text, "\n") != 1 || strings.Contains(text, "secret") {
		t.Errorf("want one line that names the server and not the password, got:\n%s", text)
	}
}
