package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A page of somebody else can make a browser send all of these.
func TestCrossSite(t *testing.T) {
	f := newFixture(t, Config{Origins: []string{"https://ops.example"}})
	f.add("x")
	for _, tt := range []struct {
		name    string
		headers []string
		code    int
	}{
		{"the dashboard", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://tasks.example"}, 200},
		{"a program", nil, 200},
		{"a trusted origin", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://ops.example"}, 200},
		{"another site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"another host of the site", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://evil.tasks.example"}, 403},
		{"an old browser", []string{"Origin", "https://evil.example"}, 403},
		{"a sandboxed frame", []string{"Origin", "null"}, 403},
		{"a form", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"text", []string{"Content-Type", "text/plain"}, 415},
		{"no type", []string{"Content-Type", ""}, 415},
		{"JSON with a charset", []string{"Content-Type", "application/json; charset=utf-8"}, 200},
		{"nearly JSON", []string{"Content-Type", "text/plain; application/json"}, 415},
	} {
		if a := f.do("POST", "/tasks/queues/default/pause", "{}", tt.headers...); a.code != tt.code {
			t.Errorf("%s: %d, want %d\n%s", tt.name, a.code, tt.code, a.text)
		}
	}
	if a := f.do("DELETE", "/tasks/task/"+taskqueue.NewID("default").String(), "", "Sec-Fetch-Site", "cross-site"); a.code != http.StatusForbidden {
		t.Errorf("a cross-site delete: %d", a.code)
	}
}

func TestAuth(t *testing.T) {
	basic := func(r *http.Request) { r.SetBasicAuth("ada", "secret") }
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	viewers := func(_ *http.Request, a Action) (string, error) {
		if a.Changes() {
			return "bob", errForbidden
		}
		return "bob", nil
	}
	for _, tt := range []struct {
		name       string
		config     Config
		with       func(*http.Request)
		see, pause int
	}{
		{"open", Config{}, func(*http.Request) {}, 200, 200},
		{"read-only", Config{ReadOnly: true}, func(*http.Request) {}, 200, 403},
		{"basic", Config{Auth: BasicAuth("ada", "secret")}, basic, 200, 200},
		{"basic without", Config{Auth: BasicAuth("ada", "secret")}, func(*http.Request) {}, 401, 401},
		{"basic, wrong password", Config{Auth: BasicAuth("ada", "other")}, basic, 401, 401},
		{"basic, wrong user", Config{Auth: BasicAuth("eve", "secret")}, basic, 401, 401},
		{"basic, no password is set", Config{Auth: BasicAuth("", "")}, func(r *http.Request) { r.SetBasicAuth("", "") }, 401, 401},
		{"bearer", Config{Auth: BearerToken(map[string]string{"t1": "ci", "t2": "ops"})}, bearer("t2"), 200, 200},
		{"bearer, wrong", Config{Auth: BearerToken(map[string]string{"t1": "ci"})}, bearer("t3"), 401, 401},
		{"bearer, empty", Config{Auth: BearerToken(map[string]string{"": "nobody"})}, bearer(""), 401, 401},
		{"bearer, none", Config{Auth: BearerToken(nil)}, basic, 401, 401},
		{"own", Config{Auth: viewers}, func(*http.Request) {}, 200, 403},
		{"basic, read-only", Config{Auth: BasicAuth("ada", "secret"), ReadOnly: true}, basic, 200, 403},
	} {
		f := newFixture(t, tt.config)
		f.add("x")
		send := func(method, path string) answer {
			r := httptest.NewRequest(method, "http://tasks.example/tasks"+path, strings.NewReader(""))
			r.Header.Set("Content-Type", "application/json")
			tt.with(r)
			return f.send(r)
		}
		for _, path := range []string{"/", "/health", "/queues", "/metrics/prometheus", "/openapi.json", "/assets/app.js"} {
			a := send("GET", path)
			if a.code != tt.see {
				t.Errorf("%s: GET %s: %d, want %d", tt.name, path, a.code, tt.see)
			}
			if (a.code == 401) != (len(a.header.Values("WWW-Authenticate")) == 2) {
				t.Errorf("%s: WWW-Authenticate %q", tt.name, a.header.Values("WWW-Authenticate"))
			}
		}
		if a := send("POST", "/queues/default/pause"); a.code != tt.pause {
			t.Errorf("%s: pause: %d, want %d", tt.name, a.code, tt.pause)
		}
		q, err := f.client.Queues(t.Context(), "default")
		if err != nil || q[0].Settings.Paused != (tt.pause == 200) {
			t.Errorf("%s: paused %v, %v", tt.name, q[0].Settings.Paused, err)
		}
	}
}

// Each endpoint asks for the action that it is.
func TestActions(t *testing.T) {
	var asked []Action
	f := newFixture(t, Config{Auth: func(_ *http.Request, a Action) (string, error) {
		asked = append(asked, a)
		return "", errors.New("no")
	}})
	changes := 0
	for _, e := range (&handler{}).endpoints() {
		asked = nil
		a := f.do(e.method, "/tasks"+fill(e.path, "default", taskqueue.NewID("default").String()), "{}")
		if diff := cmp.Diff([]Action{e.action}, asked); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", e.method, e.path, diff)
		}
		if e.action.Changes() {
			changes++
		}
		if e.action.Changes() != (e.method != "GET") {
			t.Errorf("%s %s is %s", e.method, e.path, e.action)
		}
		if a.code != http.StatusForbidden {
			t.Errorf("%s %s: %d", e.method, e.path, a.code)
		}
	}
	if changes != 15 {
		t.Errorf("%d endpoints change something", changes)
	}
}

// fill puts values in the place of a path's parameters.
func fill(path, queue, id string) string {
	return strings.NewReplacer("{queue}", queue, "{fleet}", queue, "{id}", id, "{cron}", "nightly", "{fleet}", "main").Replace(path)
}

func TestHeaders(t *testing.T) {
	f := newFixture(t, Config{})
	for _, path := range []string{"/tasks/", "/tasks/queues", "/tasks/nothing", "/tasks/assets/app.js", "/tasks/metrics/prometheus", "/elsewhere"} {
		h := f.get(path).header
		policy := h.Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, h)
		}
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s", path, name)
			}
		}
	}
}

// A page on the internet can give 127.0.0.1 a name of its own and read answers.
func TestRebinding(t *testing.T) {
	f := newFixture(t, Config{Hosts: []string{"tasks.internal"}})
	see := func(host, local string) int {
		r := httptest.NewRequest(http.MethodGet, "http://"+host+"/tasks/queues", nil)
		address := &net.TCPAddr{IP: net.ParseIP(local), Port: 80}
		return f.send(r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, address))).code
	}
	for _, tt := range []struct {
		host, local string
		code        int
	}{
		{"localhost:8080", "127.0.0.1", 200},
		{"127.0.0.1:8080", "127.0.0.1", 200},
		{"[::1]:8080", "::1", 200},
		{"tasks.internal", "127.0.0.1", 200},
		{"evil.example:8080", "127.0.0.1", 403},
		{"evil.example", "::1", 403},
		{"ops.example", "10.1.2.3", 200},
	} {
		if got := see(tt.host, tt.local); got != tt.code {
			t.Errorf("%s at %s: %d, want %d", tt.host, tt.local, got, tt.code)
		}
	}
	f.serve(Config{Auth: BasicAuth("a", "b")})
	if got := see("evil.example", "127.0.0.1"); got != http.StatusUnauthorized {
		t.Errorf("with Auth: %d", got)
	}
}

func TestAudit(t *testing.T) {
	var log bytes.Buffer
	f := newFixture(t, Config{Auth: BasicAuth("ada", "secret"), Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	f.add("x")
	send := func(method, path, password string) {
		r := httptest.NewRequest(method, "http://tasks.example/tasks"+path, strings.NewReader(""))
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth("ada", password)
		f.send(r)
	}
	send("GET", "/queues", "secret")
	send("POST", "/queues/default/pause", "secret")
	send("POST", "/queues/default/pause", "wrong")
	send("POST", "/queues/nowhere/pause", "secret")
	type line struct {
		Msg, Action, Who, Path, Error string
		Status                        int
	}
	var got []line
	for d := json.NewDecoder(&log); ; {
		var l line
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
	}
	want := []line{
		{Msg: "web change", Action: "pause", Who: "ada", Path: "/queues/default/pause", Status: 200},
		{Msg: "web change", Action: "pause", Path: "/queues/default/pause", Status: 401, Error: ErrUnauthenticated.Error()},
		{Msg: "web change", Action: "pause", Who: "ada", Path: "/queues/nowhere/pause", Status: 404, Error: "taskqueue: task not found: there is no queue nowhere"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
