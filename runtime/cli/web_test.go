package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tinylib/msgp/msgp"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// get asks for a page and returns the status.
func get(t *testing.T, url, password string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if password != "" {
		request.SetBasicAuth("ada", password)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

// A worker that is told where to listen serves probes to all, and the rest to who
// knows the password. It listens before it works: until then a probe is told 503.
func TestWorkerListens(t *testing.T) {
	p := start(t, []string{"REDIS_URL=mem://", "TASK_QUEUE_WEB_PASSWORD=open sesame", "ROUTE_PREFIX=/jobs"}, "worker", "--listen=127.0.0.1:0")
	line := p.await(p.stdout, "; http://127.0.0.1:")
	url := line[strings.Index(line, "http://"):]
	if !strings.HasSuffix(url, "/jobs") {
		t.Errorf("it prints %q", line)
	}
	await(t, func(context.Context) bool {
		status := get(t, url+"/health", "")
		if status != http.StatusOK && status != http.StatusServiceUnavailable {
			t.Fatalf("/health without a password: %d", status)
		}
		return status == http.StatusOK
	})
	for path, want := range map[string]int{"/metrics/summary": http.StatusUnauthorized, "/": http.StatusUnauthorized} {
		if got := get(t, url+path, ""); got != want {
			t.Errorf("%s without a password: %d, want %d", path, got, want)
		}
	}
	if got := get(t, url+"/metrics/summary", "open sesame"); got != http.StatusOK {
		t.Errorf("metrics with the password: %d", got)
	}
	p.signal(syscall.SIGTERM)
	if code, stderr := p.exit(); code != 0 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

func TestDashboardCommand(t *testing.T) {
	p := start(t, []string{"REDIS_URL=mem://"}, "dashboard", "--listen=127.0.0.1:0")
	line := p.await(p.stdout, "dashboard: ")
	if got := get(t, strings.TrimPrefix(line, "dashboard: "), ""); got != http.StatusOK {
		t.Errorf("%s: %d", line, got)
	}
	p.signal(syscall.SIGINT)
	if code, stderr := p.exit(); code != 0 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// Without an address it listens at loopback. Where that port is taken, the mistake
// tells which it was.
func TestDashboardListensAtLoopback(t *testing.T) {
	p := start(t, []string{"REDIS_URL=mem://"}, "dashboard")
	line, said := <-p.stdout
	p.signal(syscall.SIGINT)
	_, stderr := p.exit()
	if said && !strings.HasPrefix(line, "dashboard: http://127.0.0.1:8080/") {
		t.Errorf("it prints %q", line)
	}
	if !said && !strings.Contains(stderr, "cannot listen at 127.0.0.1:8080: ") {
		t.Errorf("it prints nothing: %s", stderr)
	}
}

// What enqueue makes of flags and JSON is what the task's codec reads.
func TestEnqueueCommand(t *testing.T) {
	server, prefix := redistest.Shared(t)
	environ := []string{"REDIS_URL=" + server.URL() + "?prefix=" + prefix}
	p := start(t, environ, "enqueue", "email.SendWelcome", "--to", "ada@example.com", "--urgent", "--user-id=7",
		"--after=1m30s", `--tags=["a","b"]`, "--field-queue", "none", "--queue", "mail", "--in", "1h", "--retries=9", "--json", "-")
	if _, err := io.WriteString(p.stdin, `{"Token": "secret"}`); err != nil {
		t.Fatal(err)
	}
	p.stdin.Close()
	id, err := taskqueue.ParseID(p.await(p.stdout, ""))
	if err != nil {
		t.Fatal(err)
	}
	if code, stderr := p.exit(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	client, err := taskqueue.Open(t.Context(), server.URL()+"?prefix="+prefix)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	e, err := client.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if e.State != taskqueue.Scheduled || e.Queue != "mail" || e.Message.Kind != "email.SendWelcome" || e.Message.Max != 10 {
		t.Errorf("%+v", e)
	}
	var b bytes.Buffer
	if _, err := msgp.UnmarshalAsJSON(&b, e.Message.Payload); err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"To": "ada@example.com", "Urgent": true, "UserID": 7.0, "After": 90e9, "Tags": []any{"a", "b"}, "Queue": "none", "Token": "secret",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("payload (-want +got):\n%s", diff)
	}
}
