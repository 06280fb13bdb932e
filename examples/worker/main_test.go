package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/config"
)

func TestMain(m *testing.M) { os.Exit(redistest.Main(goleak.TestingM(m))) }

func build(t *testing.T, pkg string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), filepath.Base(pkg)+".bin")
	if out, err := exec.Command("go", "build", "-o", binary, pkg).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// The two programs of the README, with variables alone: what is ordered is
// added up, and the mail goes out before the worker is told to stop.
func TestPrograms(t *testing.T) {
	server, prefix := redistest.Shared(t)
	environ := append(os.Environ(), "REDIS_URL="+server.URL(), "REDIS_PREFIX="+prefix+":", "TASK_QUEUE_WORKERS=1", "LOG_FORMAT=compact")

	worker := exec.Command(build(t, "."), "worker")
	worker.Env, worker.Dir = environ, t.TempDir()
	log, err := worker.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = worker.Process.Kill() }()

	order := exec.Command(build(t, "./order"))
	order.Env, order.Dir = environ, t.TempDir()
	out, err := order.Output()
	if err != nil || string(out) != "ordered for 2500 cents; the receipt is on its way\n" {
		t.Errorf("order: %v\n%s", err, out)
	}
	seen := until(t, log, "a mail would be sent from=shop@example.com to=ada@example.com cents=2500")
	if err := worker.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	seen += until(t, log, "worker stopped")
	if err := worker.Wait(); err != nil {
		t.Errorf("worker: %v\n%s", err, seen)
	}
}

// until reads to the end of the line with text.
func until(t *testing.T, r interface{ Read([]byte) (int, error) }, text string) string {
	t.Helper()
	var seen bytes.Buffer
	for one := make([]byte, 1); ; {
		if _, err := r.Read(one); err != nil {
			t.Fatalf("no %q: %v\n%s", text, err, &seen)
		}
		seen.Write(one)
		if _, line, found := strings.Cut(seen.String(), text); found && strings.HasSuffix(line, "\n") {
			return seen.String()
		}
	}
}

func TestFile(t *testing.T) {
	c, err := config.Load(config.Options{File: "task-queue.toml", Environ: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]config.Problem(nil), c.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if c.Workers.MaxConcurrentTasks != 20 || len(c.Queues) != 1 || c.Queues[0].Name != "mail" {
		t.Errorf("%+v", c)
	}
}
