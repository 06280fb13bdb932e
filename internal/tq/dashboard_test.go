package tq

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/internal/console"
)

// status asks the dashboard for something.
func status(t *testing.T, method, url, body, password string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if password != "" {
		request.Header.Set("Authorization", "Bearer "+password)
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

func TestDashboard(t *testing.T) {
	for _, tt := range []struct {
		name           string
		args           []string
		password       string
		look, forbid   int
		withPassword   int
		changePassword int
	}{
		{"open on loopback", nil, "", http.StatusOK, http.StatusOK, http.StatusOK, http.StatusOK},
		{"read-only", []string{"--read-only"}, "", http.StatusOK, http.StatusForbidden, http.StatusOK, http.StatusForbidden},
		{"with a password", nil, "open sesame", http.StatusUnauthorized, http.StatusUnauthorized, http.StatusOK, http.StatusOK},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			d.put("1")
			d.environ = append(d.environ, "TASK_QUEUE_WEB_PASSWORD="+tt.password)
			out, stop := d.start(&console.Process{Args: append([]string{"dashboard", "--listen", "127.0.0.1:0"}, tt.args...)})
			if !out.Scan() || !strings.HasPrefix(out.Text(), "dashboard: http://127.0.0.1:") {
				t.Fatalf("it prints %q", out.Text())
			}
			url := strings.TrimPrefix(out.Text(), "dashboard: ")
			for _, check := range []struct {
				method, path, body, password string
				want                         int
			}{
				{http.MethodGet, "health", "", "", http.StatusOK},
				{http.MethodGet, "registry", "", "", tt.look},
				{http.MethodGet, "registry", "", tt.password, tt.withPassword},
				{http.MethodPost, "queues/mail/pause", "{}", "", tt.forbid},
				{http.MethodPost, "queues/mail/pause", "{}", tt.password, tt.changePassword},
			} {
				if got := status(t, check.method, url+check.path, check.body, check.password); got != check.want {
					t.Errorf("%s %s, password %q: %d, want %d", check.method, check.path, check.password, got, check.want)
				}
			}
			if err := stop(); err != nil {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

// Without an address it listens at loopback. Where that port is taken, the mistake
// tells which it was.
func TestDashboardListensAtLoopback(t *testing.T) {
	d := newDesk(t)
	d.put("1")
	out, stop := d.start(&console.Process{Args: []string{"dashboard"}})
	said := out.Scan()
	err := stop()
	if said && !strings.HasPrefix(out.Text(), "dashboard: http://127.0.0.1:8080/") {
		t.Errorf("it prints %q", out.Text())
	}
	if !said && (err == nil || !strings.Contains(err.Error(), "cannot listen at 127.0.0.1:8080: ")) {
		t.Errorf("it prints nothing: %v", err)
	}
}
