package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A slow store takes its time for each part of a change of many.
type slow struct {
	broker.Broker
	time time.Duration
}

func (s *slow) Edit(ctx context.Context, edits []broker.Edit) ([]broker.Receipt, error) {
	select {
	case <-time.After(s.time):
		return s.Broker.Edit(ctx, edits)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A change of many whose time runs out tells how far it came.
func TestBulkOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := newFixture(t, Config{Logger: slog.New(slog.NewJSONHandler(&log, nil))})
		for range 2500 {
			f.add("x", taskqueue.In(time.Hour))
		}
		f.store.Broker = &slow{f.store.Broker, 25 * time.Second}
		a := f.do("POST", "/tasks/queues/default/tasks/delete", `{"state": "scheduled", "kind": "test.Note"}`)
		if a.code != http.StatusGatewayTimeout || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%d %s", a.code, a.text)
		}
		f.want(a, map[string]any{"changed": 2000, "meant": 2500, "detail": "2000 of 2500 tasks were changed, then the time was up; ask again for the rest"})
		f.want(f.get("/tasks/queues/default"), map[string]any{"scheduled": 500})
		c := &contract{f, f.get("/tasks/openapi.json").body}
		for _, problem := range c.check("", reference("problem"), a.body) {
			t.Error(problem)
		}
		f.want(f.do("POST", "/tasks/queues/default/tasks/delete", `{"state": "scheduled", "kind": "test.Note"}`), map[string]any{"count": 500, "done": true})
	})
}

// So does one over dead letters, which does not know beforehand how many there are.
func TestRequeueOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		f.finished = make(chan taskqueue.Event, 1200)
		_, stop := f.work()
		for range 1200 {
			f.add("bad luck")
		}
		time.Sleep(10 * time.Second)
		stop()
		f.want(f.get("/tasks/queues/default"), map[string]any{"dead": 1200})
		f.store.Broker = &slow{f.store.Broker, 45 * time.Second}
		a := f.do("POST", "/tasks/queues/default/dead/requeue", `{}`)
		f.want(a, map[string]any{"status": 504, "changed": 1000, "meant": nil, "detail": "1000 tasks were changed, then the time was up; ask again for the rest"})
		f.want(f.get("/tasks/queues/default"), map[string]any{"dead": 200, "pending": 1000})
	})
}

// trailOf are the lines about changes, without what is the same in each.
func trailOf(t *testing.T, log io.Reader) (lines []object) {
	t.Helper()
	for d := json.NewDecoder(log); ; {
		var l object
		switch err := d.Decode(&l); {
		case errors.Is(err, io.EOF):
			return lines
		case err != nil:
			t.Fatal(err)
		case l["msg"] != "web change":
			continue
		}
		for _, key := range []string{"time", "level", "msg", "who", "remote", "status"} {
			delete(l, key)
		}
		lines = append(lines, l)
	}
}

// The log tells which tasks a change of many was about, and how many those were.
func TestAuditOfMany(t *testing.T) {
	var log bytes.Buffer
	f := newFixture(t, Config{Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	_, stop := f.work()
	f.add("bad luck")
	f.add("bad luck")
	f.settled(2)
	stop()
	for range 3 {
		f.add("x")
	}
	one, other := f.add("x", taskqueue.In(time.Hour)).String(), f.add("x", taskqueue.In(time.Hour)).String()
	f.do("POST", "/tasks/task/"+other+"/requeue", "")
	const queue = "/tasks/queues/default"
	f.do("POST", queue+"/tasks/cancel", `{"state": "pending", "kind": "test.Note", "since": "1h", "dry_run": true}`)
	f.do("POST", queue+"/tasks/cancel", `{"state": "pending", "kind": "test.Note", "since": "1h", "reason": "enough"}`)
	f.do("POST", queue+"/tasks/requeue", `{"ids": ["`+one+`", "`+other+`"]}`)
	f.do("POST", queue+"/dead/requeue", `{"kind": "test.Note", "fingerprint": "bad luck"}`)
	f.do("POST", queue+"/purge", `{"state": "pending"}`)
	f.do("POST", queue+"/tasks/delete", `{"state": "nowhere"}`)
	many := func(action, path string, more object) object {
		l := object{"action": action, "path": "/queues/default" + path}
		maps.Copy(l, more)
		return l
	}
	filter := object{"state": "pending", "kind": "test.Note", "since": "1h", "dry_run": true}
	changed := object{"state": "pending", "kind": "test.Note", "since": "1h", "reason": "enough", "dry_run": false, "meant": 4.0, "changed": 4.0}
	want := []object{
		{"action": "requeue", "path": "/task/" + other + "/requeue"},
		many("cancel", "/tasks/cancel", filter),
		many("cancel", "/tasks/cancel", changed),
		many("requeue", "/tasks/requeue", object{"ids": one + " " + other, "dry_run": false, "meant": 2.0, "changed": 1.0}),
		many("requeue", "/dead/requeue", object{"kind": "test.Note", "fingerprint": "bad luck", "dry_run": false, "changed": 2.0}),
		many("purge", "/purge", object{"state": "pending", "dry_run": false, "changed": 3.0}),
		many("delete", "/tasks/delete", object{"state": "nowhere", "dry_run": false, "error": "taskqueue: invalid: state \"nowhere\" is not pending, scheduled, parked or dead"}),
	}
	if diff := cmp.Diff(want, trailOf(t, &log)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
