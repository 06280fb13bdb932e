package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

// FuzzBodies: whatever a request says, it is answered, and never with a server's
// fault.
func FuzzBodies(f *testing.F) {
	paths := []string{"/queues/default/limit", "/queues/default/purge", "/queues/default/pause", "/queues/default/requeue-dead", "/task/x/reschedule", "/task/x/cancel", "/bulk"}
	for i, body := range []string{`{"max_tasks": 7}`, `{"state": "pending", "dry_run": true}`, `{"after_seconds": 1}`, `[`, `{}{}`, `{"reason": "x"}`, `{"ids": ["x"]}`} {
		f.Add(i, body, "limit=1&state=dead")
	}
	client, err := taskqueue.NewClient(membroker.New(membroker.Config{}), taskqueue.ClientConfig{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = client.Close() })
	handler := Handler(client, Config{})
	f.Fuzz(func(t *testing.T, n int, body, query string) {
		path := paths[uint(n)%uint(len(paths))]
		r := httptest.NewRequest(http.MethodPost, "/tasks"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %q: %d %s", path, body, w.Code, w.Body)
		}
		get := httptest.NewRequest(http.MethodGet, "/tasks/queues/default/tasks", nil)
		get.URL.RawQuery = query
		w = httptest.NewRecorder()
		handler.ServeHTTP(w, get)
		if w.Code >= 500 {
			t.Errorf("?%s: %d %s", query, w.Code, w.Body)
		}
	})
}
