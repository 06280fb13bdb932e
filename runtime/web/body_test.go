package web

import (
	"encoding/json"
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
	var paths, reads []string
	for _, e := range (&handler{}).endpoints() {
		path := fill(e.path, taskqueue.Default, taskqueue.NewID(taskqueue.Default).String())
		switch e.method {
		case http.MethodPost:
			paths = append(paths, path)
		case http.MethodGet:
			reads = append(reads, path)
		}
	}
	for i, body := range []string{`{"max_tasks": 7}`, `{"state": "pending", "dry_run": true}`, `{"after_seconds": 1}`, `[`, `{}{}`, `{"reason": "x"}`, `{"ids": ["x"]}`} {
		f.Add(i, body, "limit=1&state=dead")
	}
	client, err := taskqueue.NewClient(membroker.New(membroker.Config{}), taskqueue.ClientConfig{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = client.Close() })
	handler := Handler(client, Config{Logger: quiet()})
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
		path = reads[uint(n)%uint(len(reads))]
		get := httptest.NewRequest(http.MethodGet, "/tasks"+path, nil)
		get.URL.RawQuery = query
		w = httptest.NewRecorder()
		handler.ServeHTTP(w, get)
		if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s?%s: %d %s", path, query, w.Code, w.Body)
		}
	})
}
