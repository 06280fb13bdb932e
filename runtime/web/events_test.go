package web

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A stream is one dashboard that listens.
type stream struct {
	lines *bufio.Scanner
	close func()
}

func listen(t *testing.T, url string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/tasks/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r) //nolint:bodyclose // close does
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	s := &stream{lines: bufio.NewScanner(answer.Body), close: func() { cancel(); _ = answer.Body.Close() }}
	s.lines.Buffer(nil, 1<<20)
	return s
}

// next is the data of the next event of a name; "" at the end.
func (s *stream) next(name string) string {
	for s.lines.Scan() {
		if s.lines.Text() == "event: "+name && s.lines.Scan() {
			return strings.TrimPrefix(s.lines.Text(), "data: ")
		}
	}
	return ""
}

// Dashboards hear of what happens; when they are gone, nothing goes on.
func TestEvents(t *testing.T) {
	f := newFixture(t, Config{})
	server := httptest.NewServer(f.handler)
	defer server.Close()
	one, two := listen(t, server.URL), listen(t, server.URL)
	for _, s := range []*stream{one, two} {
		if got := s.next("overview"); !strings.Contains(got, `"queues":[]`) {
			t.Errorf("first: %.200s", got)
		}
	}
	one.close()
	f.add("x")
	if got := two.next("overview"); !strings.Contains(got, `"pending":1`) {
		t.Errorf("then: %.300s", got)
	}
	f.store.failing(taskqueue.ErrUnavailable)
	if got := two.next("trouble"); !strings.Contains(got, `"status":503`) {
		t.Errorf("without a store: %s", got)
	}
	two.close()
	h := f.handler.(*handler)
	f.await(func() bool {
		h.broadcast.mu.Lock()
		defer h.broadcast.mu.Unlock()
		return len(h.broadcast.listeners) == 0
	})
}

// The end of the program ends the streams: the server need not wait for them.
func TestEventsEndWithTheProgram(t *testing.T) {
	done := make(chan struct{})
	f := newFixture(t, Config{Done: done})
	server := httptest.NewServer(f.handler)
	defer server.Close()
	s := listen(t, server.URL)
	defer s.close()
	s.next("overview")
	close(done)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := server.Config.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if got := s.next("overview"); got != "" {
		t.Errorf("after the end: %s", got)
	}
}

func TestTooManyEvents(t *testing.T) {
	f := newFixture(t, Config{})
	h := f.handler.(*handler)
	var leave []func()
	for range maxStreams {
		_, l := h.broadcast.listen(func(context.Context) []byte { return nil })
		leave = append(leave, l)
	}
	if a := f.get("/tasks/events"); a.code != http.StatusTooManyRequests {
		t.Errorf("%d", a.code)
	}
	for _, l := range leave {
		l()
	}
}

// The stream asks who listens, as every other path does.
func TestEventsNeedAuth(t *testing.T) {
	f := newFixture(t, Config{Auth: BasicAuth("ada", "secret")})
	if a := f.get("/tasks/events"); a.code != http.StatusUnauthorized {
		t.Errorf("%d", a.code)
	}
}
