// Package frameworks mounts the dashboard in routers of others: chi, gin and echo. Each
// is a program with a module of its own, so that nobody else depends on them.
package frameworks

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Each program is built and asked: the handler works below any router.
func TestFrameworks(t *testing.T) {
	for _, name := range []string{"chi", "gin", "echo"} {
		t.Run(name, func(t *testing.T) {
			if name == "gin" && os.Getenv("TASKQUEUE_SOAK") == "" {
				t.Skip("gin takes minutes to compile: set TASKQUEUE_SOAK")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			address := start(ctx, t, build(ctx, t, name))
			for _, tt := range []struct{ path, want string }{
				{"health", `"status":"healthy"`}, {"", "<title>Tasks</title>"}, {"assets/app.js", "import"},
				{"metrics/prometheus", "taskqueue_fleet_workers"},
			} {
				if got := get(t, address+tt.path); !strings.Contains(got, tt.want) {
					t.Errorf("%s: %.200s", tt.path, got)
				}
			}
			if got := get(t, strings.TrimSuffix(address, "tasks/")); !strings.Contains(got, "the program's own pages") {
				t.Errorf("the program's own pages: %.200s", got)
			}
		})
	}
}

// build skips where the modules of the framework cannot be had.
func build(ctx context.Context, t *testing.T, name string) string {
	t.Helper()
	download := exec.CommandContext(ctx, "go", "mod", "download")
	download.Dir = name
	if out, err := download.CombinedOutput(); err != nil {
		t.Skipf("the modules of %s cannot be had: %v\n%s", name, err, out)
	}
	program := filepath.Join(t.TempDir(), name)
	compile := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	compile.Dir = name
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// start runs a program until the end of the test and returns the address that it
// prints.
func start(ctx context.Context, t *testing.T, program string) string {
	t.Helper()
	cmd := exec.CommandContext(ctx, program, "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "http://") {
			return lines.Text()
		}
	}
	t.Fatal("it prints no address")
	return ""
}

func get(t *testing.T, url string) string {
	t.Helper()
	defer http.DefaultClient.CloseIdleConnections()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
