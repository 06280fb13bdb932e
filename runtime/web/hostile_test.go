package web

import (
	"bufio"
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wire is a listener whose connections are pipes: a server in a bubble.
type wire struct {
	conns chan net.Conn
	done  chan struct{}
}

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error { close(w.done); return nil }

func (w *wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 80} }

// dial sends the beginning of a request.
func (w *wire) dial(t *testing.T, lines ...string) net.Conn {
	t.Helper()
	ours, theirs := net.Pipe()
	w.conns <- theirs
	if _, err := ours.Write([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	return ours
}

// inBubble serves a fixture to pipes until the end of do.
func inBubble(t *testing.T, readTimeout time.Duration, do func(f *fixture, w *wire)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		w := &wire{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: f.handler, ReadTimeout: readTimeout}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(w) }()
		do(f, w)
		_ = server.Close()
		<-ended
	})
}

// Who sends the body of a change slowly gets an answer, and does not hold a connection.
func TestSlowBody(t *testing.T) {
	for line, code := range map[string]int{
		"POST /tasks/queues/default/limit HTTP/1.1": http.StatusRequestTimeout,
		"GET /tasks/queues HTTP/1.1":                http.StatusRequestTimeout,
		"POST /tasks/nothing HTTP/1.1":              http.StatusNotFound,
	} {
		testSlowBody(t, line, code)
	}
}

func testSlowBody(t *testing.T, line string, code int) {
	t.Helper()
	inBubble(t, 0, func(_ *fixture, w *wire) {
		began := time.Now()
		c := w.dial(t, line, "Host: tasks.example", "Content-Type: application/json", "Content-Length: 60000")
		var trickle sync.WaitGroup
		defer trickle.Wait()
		defer c.Close()
		trickle.Go(func() {
			for range 60 {
				if _, err := c.Write([]byte(" ")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if took := time.Since(began); answer.StatusCode != code || took > bodyTimeout+time.Second {
			t.Errorf("%s: %d after %v", line, answer.StatusCode, took)
		}
	})
}

// A dashboard that does not read its stream is given up.
func TestStreamThatNobodyReads(t *testing.T) {
	inBubble(t, 0, func(f *fixture, w *wire) {
		c := w.dial(t, "GET /tasks/events HTTP/1.1", "Host: tasks.example")
		defer c.Close()
		h := f.handler.(*handler)
		listeners := func() int {
			h.broadcast.mu.Lock()
			defer h.broadcast.mu.Unlock()
			return len(h.broadcast.listeners)
		}
		time.Sleep(eventPeriod)
		if n := listeners(); n != 1 {
			t.Fatalf("%d listeners", n)
		}
		time.Sleep(eventTimeout + time.Second)
		if n := listeners(); n != 0 {
			t.Errorf("%d listeners after %v", n, eventTimeout)
		}
	})
}

// A server's limit of reading a request is no limit of a stream.
func TestStreamOutlivesReadTimeout(t *testing.T) {
	inBubble(t, 5*time.Second, func(_ *fixture, w *wire) {
		c := w.dial(t, "GET /tasks/events HTTP/1.1", "Host: tasks.example")
		defer c.Close()
		lines := bufio.NewScanner(c)
		lines.Buffer(nil, 1<<20)
		began := time.Now()
		for time.Since(began) < time.Minute {
			if !lines.Scan() {
				t.Fatalf("it ended after %v: %v", time.Since(began), lines.Err())
			}
		}
	})
}

// Nobody is told of a failure where somebody has just left.
func TestWhoLeavesIsNoFailure(t *testing.T) {
	var log bytes.Buffer
	f := newFixture(t, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	ctx, cancel := context.WithCancel(t.Context())
	f.store.fail = func() error { cancel(); return ctx.Err() }
	f.send(httptest.NewRequestWithContext(ctx, http.MethodGet, "http://tasks.example/tasks/queues", nil))
	if log.Len() > 0 {
		t.Errorf("%s", &log)
	}
}

// Behind a proxy that puts a prefix in front, links and redirects stay below it.
func TestBehindAProxy(t *testing.T) {
	f := newFixture(t, Config{Hosts: []string{"ops.example"}})
	server := httptest.NewServer(f.handler)
	defer server.Close()
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(http.StripPrefix("/ops", httputil.NewSingleHostReverseProxy(target)))
	defer proxy.Close()
	answer, err := http.Get(proxy.URL + "/ops/tasks")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Request.URL.Path != "/ops/tasks/" {
		t.Errorf("%d at %s", answer.StatusCode, answer.Request.URL)
	}
	page, err := files.ReadFile("assets/index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, absolute := range []string{`href="/`, `src="/`} {
		if strings.Contains(string(page), absolute) {
			t.Errorf("the page has %s", absolute)
		}
	}
}

// Methods, paths and numbers that nobody means are refused as problems.
func TestHostileRequests(t *testing.T) {
	f := newFixture(t, Config{})
	id := f.add("x").String()
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "X"} {
		for _, path := range []string{
			"/", "/health", "/events/", "/queues/%00/pause", "/queues/a%2Fb/pause", "/queues/%2e%2e/pause", "/queues/" + strings.Repeat("q", 5000), "/queues/%E2%98%83",
			"/queues/%ff", "/task/" + id + "%0a", "/task/" + strings.Repeat("0", 36), "/schedules/%3Cscript%3E/run", "/fleets/%22/decisions", "/assets/%2e%2e/openapi.json",
			"/assets/..%5capp.js", "/queues/default/tasks?state=dead&limit=99999999999999999999", "/queues/default/tasks?state=%00", "/queues/default/tasks?state=dead&since=1e400h",
			"/queues/default/tasks?state=dead&cursor=%ff%00", "/queues?cursor=%ff&limit=-1", "/scale?fleet=" + strings.Repeat("x", 5000), "//health", "/./health", "/health;x",
		} {
			u, err := url.Parse("http://tasks.example/tasks" + path)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, "http://tasks.example/", strings.NewReader("{}"))
			r.Method, r.URL = method, u
			r.Header.Set("Content-Type", "application/json")
			a := f.send(r)
			if a.code >= 500 || a.code >= 400 && a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %.60s: %d %s", method, path, a.code, a.header.Get("Content-Type"))
			}
			if strings.Contains(a.header.Get("Content-Type"), "html") && path != "/" {
				t.Errorf("%s %.60s answers with HTML", method, path)
			}
		}
	}
	for _, body := range []string{
		`{"max_tasks":1e400}`, `{"max_tasks":99999999999999999999}`, `{"max_rate":NaN}`, strings.Repeat("[", 60_000), `{"max_tasks":"1"}`, "\xff\xfe{}", `{"a":` + strings.Repeat(`{"a":`, 9000),
		strings.Repeat("x", maxBody+1), `null garbage`, `{"max_tasks":-9223372036854775808}`,
	} {
		if a := f.do("POST", "/tasks/queues/default/limit", body); a.code < 400 || a.code >= 500 || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%.40s: %d %s", body, a.code, a.text)
		}
	}
}
