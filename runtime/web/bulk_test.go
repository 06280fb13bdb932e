package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// What a filter means is counted first and changed then.
func TestBulk(t *testing.T) {
	f := newFixture(t, Config{})
	other := &taskqueue.Kind{Name: "shop.Order"}
	for i := range 1500 {
		f.add("x")
		if i%100 == 0 {
			if _, err := f.client.Enqueue(t.Context(), taskqueue.NewJob(other, &note{"x"})); err != nil {
				t.Fatal(err)
			}
		}
	}
	const path = "/tasks/queues/default/tasks/"
	f.want(f.do("POST", path+"delete", `{"state": "pending", "kind": "shop.Order", "dry_run": true}`), map[string]any{"count": 15, "exact": true, "done": false})
	f.want(f.do("POST", path+"delete", `{"state": "pending", "kind": "shop.Order"}`), map[string]any{"count": 15, "done": true})
	f.want(f.do("POST", path+"cancel", `{"state": "pending", "since": "1h", "until": "30m"}`), map[string]any{"count": 0})
	f.want(f.do("POST", path+"cancel", `{"state": "pending", "filter": "NOTE", "reason": "enough"}`), map[string]any{"count": 1500})
	f.want(f.get("/tasks/queues/default"), map[string]any{"pending": 0, "deleted": 15, "discarded": 1500})

	var ids []string
	for range 3 {
		ids = append(ids, f.add("x", taskqueue.In(time.Hour)).String())
	}
	named := fmt.Sprintf(`{"ids": [%q, %q]}`, ids[0], ids[1])
	f.want(f.do("POST", path+"requeue", named), map[string]any{"count": 2})
	f.want(f.do("POST", path+"requeue", named), map[string]any{"count": 0}) // they are pending already
	f.want(f.get("/tasks/queues/default"), map[string]any{"pending": 2, "scheduled": 1})
	for body, code := range map[string]int{
		`{}`:                  400,
		`{"state": "active"}`: 400,
		`{"state": "dead", "since": "yesterday"}`: 400,
		`{"ids": ["x"]}`: 400,
		`{"ids": [` + strings.Repeat(`"x",`, 500) + `"x"]}`:  400,
		`{"state": "dead", "since": "2026-01-31T12:00:00Z"}`: 200,
	} {
		if a := f.do("POST", path+"delete", body); a.code != code {
			t.Errorf("%.60s: %d, want %d\n%s", body, a.code, code, a.text)
		}
	}
}

func TestFilters(t *testing.T) {
	f := newFixture(t, Config{})
	_, stop := f.work()
	f.add("bad luck")
	f.add("bad host")
	f.settled(2)
	stop()
	for query, n := range map[string]int{
		"error=LUCK": 1, "error=bad&kind=test.Note": 2, "kind=test": 0, "since=1m": 2, "until=1m": 0, "since=1m&filter=note&error=host": 1,
	} {
		a := f.get("/tasks/queues/default/tasks?state=dead&" + query)
		if got := len(a.at("tasks").([]any)); got != n {
			t.Errorf("%s: %d tasks, want %d", query, got, n)
		}
	}
}

func TestErrors(t *testing.T) {
	f := newFixture(t, Config{})
	_, stop := f.work()
	for _, text := range []string{"bad host 1", "bad host 2", "bad luck"} {
		f.add(text)
	}
	f.settled(3)
	stop()
	a := f.get("/tasks/errors")
	f.want(a, map[string]any{
		"groups.0.queue": "default", "groups.0.fingerprint": "bad host *", "groups.0.count": 2, "groups.1.count": 1,
		"queues.0.queue": "default", "queues.0.dead": 3, "queues.0.seen": 3,
	})
	if _, err := f.client.Purge(t.Context(), taskqueue.Default, taskqueue.StateDead); err != nil {
		t.Fatal(err)
	}
	f.want(f.get("/tasks/errors"), map[string]any{"groups.0": nil, "queues.0": nil})
}

func TestTypesAndStore(t *testing.T) {
	f, _ := busy(t, Config{})
	if err := f.tellSchema("test.Note", `{"version":2,"payload":{"type":"array","prefixItems":[{"title":"text","type":"string","writeOnly":true}]},"older":{"1":{}}}`); err != nil {
		t.Fatal(err)
	}
	f.want(f.get("/tasks/types"), map[string]any{
		"types.0.kind": "test.Note", "types.0.known": true, "types.0.version": 2, "types.0.older.0": 1, "types.0.workers": 1,
		"types.0.payload.0.name": "text", "types.0.payload.0.secret": true, "types.0.figures.0.done": 3,
	})
	f.want(f.get("/tasks/store"), map[string]any{"queues": 1, "tasks": 2, "servers.0": nil})
}

// A payload is shown by the schema of its version, or not at all.
func TestPayloadsBySchema(t *testing.T) {
	f := newFixture(t, Config{})
	id := f.add("<b>").String()
	f.want(f.get("/tasks/task/"+id), map[string]any{"payload": nil, "payload_bytes": 5})
	if err := f.tellSchema("test.Note", `{"version":1,"payload":{"type":"array","prefixItems":[{"title":"text","type":"string"}]}}`); err != nil {
		t.Fatal(err)
	}
	f.serve(Config{})
	f.want(f.get("/tasks/task/"+id), map[string]any{"payload.text": "<b>"})
	f.want(f.get("/tasks/queues/default/tasks?state=pending"), map[string]any{"tasks.0.payload.text": "<b>"})
	f.serve(Config{HidePayloads: true})
	f.want(f.get("/tasks/task/"+id), map[string]any{"payload": nil, "payload_bytes": 5})
	if err := f.tellSchema("test.Note", `{"version":3,"payload":{}}`); err != nil {
		t.Fatal(err)
	}
	f.serve(Config{ShowRaw: true}) // version 1 is not in it: who knows what is secret
	f.want(f.get("/tasks/task/"+id), map[string]any{"payload": nil})
}
