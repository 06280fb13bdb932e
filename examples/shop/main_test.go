package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bodies has a task of each kind.
var bodies = map[string]string{
	"email":        `{"To": "ada@example.com", "Subject": "Hello"}`,
	"notification": `{"User": 7, "Title": "Shipped"}`,
	"sms":          `{"Phone": "+331234", "Text": "Your code is 17", "Urgent": true}`,
	"webhook":      `{"Customer": "acme", "URL": "https://acme.example/busy", "Event": "order.paid"}`,
	"chat-post":    `{"Channel": "orders", "Text": "a big one"}`,
	"newsletter":   `{"Issue": 12, "Reader": "ada@example.com"}`,
	"charge":       `{"Order": 1, "Card": "4242", "Cents": 1999}`,
	"ship":         `{"Order": 1, "Parcel": 1}`,
	"refund":       `{"Order": 1, "Cents": 500}`,
	"thumbnail":    `{"Width": 400, "Height": 200, "Side": 100}`,
	"report":       `{"Sales": [{"Product": "tea", "Cents": 300}, {"Product": "tea", "Cents": 39}]}`,
	"analytics":    `{"Page": "/", "Millis": [3, 1, 2]}`,
	"summary":      `{"Text": "one two three", "Words": 2}`,
	"transcode":    `{"Source": "film", "Width": 640}`,
	"import":       `{"File": "stock.csv", "Rows": 3}`,
	"training":     `{"Model": "likes", "Epochs": 2}`,
	"backup":       `{"Full": true}`,
	"cleanup":      `{}`,
	"index":        `{"Product": 5}`,
}

// TestShop posts a task of every kind and follows some of them.
func TestShop(t *testing.T) {
	s := open(t)
	ids := map[string]string{}
	for kind, body := range bodies {
		reply := s.ask("POST", "/api/tasks/"+kind, body, http.StatusAccepted)
		ids[kind] = reply["id"].(string)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(kinds)), slices.Sorted(maps.Keys(bodies))); diff != "" {
		t.Errorf("kinds without a test (-kinds +tests):\n%s", diff)
	}
	for kind, want := range map[string]any{
		"thumbnail": map[string]any{"Width": 100.0, "Height": 50.0},
		"report":    map[string]any{"tea": 339.0},
		"analytics": 2.0,
		"summary":   "one two …",
		"transcode": 640000.0,
		"charge":    map[string]any{"Reference": "order-1.1", "Cents": 1999.0},
	} {
		if diff := cmp.Diff(want, s.result(ids[kind])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
	s.until("/api/system/status", func(reply map[string]any) bool {
		done := 0.0
		for _, q := range reply["queues"].([]any) {
			done += q.(map[string]any)["done"].(float64)
		}
		return done >= float64(len(bodies))
	})
}

// TestRefusals: every mistake has its status and says what is wrong.
func TestRefusals(t *testing.T) {
	s := open(t)
	charge := s.ask("POST", "/api/tasks/charge", bodies["charge"], http.StatusAccepted)
	again := s.ask("POST", "/api/tasks/charge", bodies["charge"], http.StatusConflict)
	if again["existing"] != charge["id"] {
		t.Errorf("the duplicate says %v, the charge is %v", again, charge)
	}
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/api/tasks/spam", `{}`, http.StatusNotFound, `no task is called \"spam\"`},
		{"POST", "/api/tasks/email", `{"Tu": "x"}`, http.StatusBadRequest, `unknown field \"Tu\"`},
		{"POST", "/api/tasks/email?in=soon", `{}`, http.StatusBadRequest, "in=soon"},
		{"POST", "/api/tasks/email?when=now", `{}`, http.StatusBadRequest, "there are in, at and queue"},
		{"POST", "/api/tasks/email?queue=a b", `{}`, http.StatusBadRequest, "queue"},
		{"POST", "/api/batch", `{}`, http.StatusBadRequest, "a list"},
		{"POST", "/api/batch", `[{"kind": "spam"}]`, http.StatusNotFound, "item 0"},
		{"GET", "/api/tasks/7", ``, http.StatusBadRequest, "id"},
		{"GET", "/api/tasks/01a21204-0269-745a-93e9-6774db4c2ba7", ``, http.StatusNotFound, "not found"},
		{"POST", "/api/system/workers/scale", `{"slots": 0}`, http.StatusBadRequest, "outside 1"},
	} {
		reply := s.ask(test.method, test.path, test.body, test.status)
		text, err := json.Marshal(reply["error"])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), test.want) {
			t.Errorf("%s %s says %s, want %s", test.method, test.path, text, test.want)
		}
	}
	response, err := http.Post(s.at+"/api/tasks/cleanup", "text/plain", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a form of another site is answered %s", response.Status)
	}
}

// TestOperator schedules, cancels, scales, looks and closes the shop.
func TestOperator(t *testing.T) {
	s := open(t)
	later := s.ask("POST", "/api/tasks/email?in=1h", bodies["email"], http.StatusAccepted)["id"].(string)
	if state := s.ask("GET", "/api/tasks/"+later, "", http.StatusOK)["state"]; state != "scheduled" {
		t.Errorf("in an hour: %v", state)
	}
	s.ask("DELETE", "/api/tasks/"+later, "", http.StatusNoContent)
	batch := s.ask("POST", "/api/batch", `[{"kind": "summary", "task": `+bodies["summary"]+`}, {"kind": "ship", "task": `+bodies["ship"]+`}]`, http.StatusAccepted)
	if got := s.result(batch["ids"].([]any)[0].(string)); got != "one two …" {
		t.Errorf("the batch's first result is %v", got)
	}
	s.ask("POST", "/api/system/workers/scale", `{"slots": 7}`, http.StatusOK)
	if reply := s.ask("GET", "/api/system/status", "", http.StatusOK); reply["slots"] != 7.0 {
		t.Errorf("after scaling: %v", reply)
	}
	if reply := s.ask("GET", "/api/system/config", "", http.StatusOK); len(reply["queues"].([]any)) < 3 {
		t.Errorf("config: %v", reply)
	}
	s.ask("POST", "/api/system/shutdown", `{}`, http.StatusAccepted)
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
	s.ended <- nil
}

// A shop is one that is open.
type shop struct {
	t     *testing.T
	at    string
	ended chan error
}

func open(t *testing.T) *shop {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	s := &shop{t, "", make(chan error, 2)}
	go func() {
		s.ended <- run(ctx, setup{store: "mem://", address: "127.0.0.1:0", role: "all", pause: time.Millisecond}, w)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-s.ended; err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s.at = strings.TrimSuffix(strings.Fields(line)[1], "/api/")
	return s
}

// ask sends a request and wants a status.
func (s *shop) ask(method, path, body string, status int) (reply map[string]any) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.at+strings.ReplaceAll(path, " ", "%20"), strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(response.Body); err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode != status {
		s.t.Errorf("%s %s: %s, want %d: %s", method, path, response.Status, status, text.String())
	}
	if text.Len() > 0 {
		if err := json.Unmarshal(text.Bytes(), &reply); err != nil {
			s.t.Fatal(err)
		}
	}
	return reply
}

// result waits for a task's result.
func (s *shop) result(id string) (result any) {
	s.until("/api/tasks/"+id, func(reply map[string]any) bool {
		result = reply["result"]
		return reply["state"] == "done"
	})
	return result
}

// until asks again and again.
func (s *shop) until(path string, so func(map[string]any) bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		reply := s.ask("GET", path, "", http.StatusOK)
		if so(reply) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: %v", path, reply)
		}
	}
}
