package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

func TestOperateQueues(t *testing.T) {
	f := newFixture(t, Config{})
	for i := range 5 {
		f.add(fmt.Sprint(i))
	}
	f.want(f.do("POST", "/tasks/queues/default/pause", ""), map[string]any{"paused": true, "pending": 5})
	f.want(f.do("POST", "/tasks/queues/default/resume", ""), map[string]any{"paused": false})
	if err := f.store.Configure(f.Context(), taskqueue.Default, broker.Settings{Closed: true}); err != nil {
		t.Fatal(err)
	}
	f.want(f.get("/tasks/queues/default"), map[string]any{"closed": true})
	f.want(f.do("POST", "/tasks/queues/default/resume", ""), map[string]any{"closed": false})
	f.want(f.do("POST", "/tasks/queues/default/limit", `{"max_tasks": 7}`), map[string]any{"max_tasks": 7})
	f.want(f.do("POST", "/tasks/queues/default/purge", `{"state": "pending", "dry_run": true}`), map[string]any{"count": 5, "done": false, "exact": true})
	f.want(f.get("/tasks/queues/default"), map[string]any{"pending": 5, "max_tasks": 7})
	f.want(f.do("POST", "/tasks/queues/default/purge", `{"state": "pending"}`), map[string]any{"count": 5, "done": true})
	f.want(f.get("/tasks/queues"), map[string]any{"queues.0.queue": "default", "queues.0.pending": 0, "queues.0.deleted": 5})
	f.want(f.get("/tasks/queues/high_priority"), map[string]any{"queue": "high_priority", "enqueued": 0})
}

func TestRefusals(t *testing.T) {
	f := newFixture(t, Config{})
	id := f.add("x").String()
	for _, tt := range []struct {
		method, path, body string
		code               int
	}{
		{"GET", "/queues/nowhere", "", 404},
		{"POST", "/queues/nowhere/pause", "", 404},
		{"GET", "/queues/a%20b", "", 400},
		{"POST", "/queues/a%2fb/pause", "", 404},
		{"POST", "/queues/default/limit", `{"max_tasks": -1}`, 400},
		{"POST", "/queues/default/limit", `{"max": 1}`, 400},
		{"POST", "/queues/default/limit", `{"max_tasks": 1} {}`, 400},
		{"POST", "/queues/default/limit", `[`, 400},
		{"POST", "/queues/default/limit", `{"x": "` + strings.Repeat("x", maxBody) + `"}`, 413},
		{"POST", "/queues/default/purge", ``, 400},
		{"POST", "/queues/default/purge", `{"state": "active"}`, 400},
		{"GET", "/queues/default/tasks", "", 400},
		{"GET", "/queues/default/tasks?state=done", "", 400},
		{"GET", "/queues/default/tasks?state=dead&limit=0", "", 400},
		{"GET", "/queues/default/tasks?state=dead&limit=501", "", 400},
		{"GET", "/queues/default/tasks?state=dead&cursor=!", "", 400},
		{"GET", "/task/x", "", 400},
		{"GET", "/task/" + taskqueue.NewID("default").String(), "", 404},
		{"DELETE", "/task/" + taskqueue.NewID("default").String(), "", 404},
		{"POST", "/task/" + id + "/requeue", "", 409},
		{"POST", "/task/" + id + "/reschedule", `{"after_seconds": 1}`, 409},
		{"POST", "/task/" + id + "/reschedule", `{"after_seconds": -1}`, 400},
		{"POST", "/task/" + id + "/reschedule", `{"after_seconds": 1e300}`, 400},
	} {
		a := f.do(tt.method, "/tasks"+tt.path, tt.body)
		if a.code != tt.code || a.at("detail") == nil || a.at("detail") == "" {
			t.Errorf("%s %s %.40s: %d, want %d\n%s", tt.method, tt.path, tt.body, a.code, tt.code, a.text)
		}
	}
}

func TestOperateTasks(t *testing.T) {
	f := newFixture(t, Config{})
	id := f.add("x", taskqueue.In(time.Hour), taskqueue.WithHeader("trace", "abc")).String()
	a := f.get("/tasks/task/" + id)
	f.want(a, map[string]any{
		"id": id, "queue": "default", "state": "scheduled", "kind": "test.Note", "attempts": 0, "max_attempts": 4,
		"payload": nil, "payload_bytes": 3, "headers.0.key": "trace", "headers.0.value": nil, "ended_at": nil, "priority": 0,
	})
	f.want(f.do("POST", "/tasks/task/"+id+"/reschedule", `{"after_seconds": 7200}`), map[string]any{"done": true})
	later := f.get("/tasks/task/" + id)
	if later.at("ready_at").(string) <= a.at("ready_at").(string) {
		t.Errorf("due at %v, before at %v", later.at("ready_at"), a.at("ready_at"))
	}
	f.want(f.do("POST", "/tasks/task/"+id+"/requeue", ""), map[string]any{"done": true})
	f.want(f.get("/tasks/task/"+id), map[string]any{"state": "pending"})
	f.want(f.do("POST", "/tasks/task/"+id+"/cancel", `{"reason": "not wanted"}`), map[string]any{"done": true})
	if a := f.get("/tasks/task/" + id); a.code != http.StatusNotFound {
		t.Errorf("cancelled, without a retention: %d\n%s", a.code, a.text)
	}
	kept := f.add("y", taskqueue.Retention(time.Hour)).String()
	f.do("POST", "/tasks/task/"+kept+"/cancel", "")
	f.want(f.get("/tasks/task/"+kept), map[string]any{"state": "discarded", "reason": "cancelled by an operator", "kind": nil})
	other := f.add("z").String()
	f.want(f.do("DELETE", "/tasks/task/"+other, ""), map[string]any{"done": true})
}

func TestCancelWhatRuns(t *testing.T) {
	f := newFixture(t, Config{})
	w, _ := f.work()
	id := f.add("wait")
	f.await(func() bool { return w.Active() == 1 })
	f.want(f.get("/tasks/task/"+id.String()), map[string]any{"state": "active"})
	f.want(f.do("POST", "/tasks/task/"+id.String()+"/cancel", ""), map[string]any{"done": true})
	if e := <-f.finished; e.ID != id || e.Outcome != taskqueue.Discarded {
		t.Errorf("%+v", e)
	}
}

func TestPages(t *testing.T) {
	f := newFixture(t, Config{})
	var want, got []string
	for i := range 7 {
		want = append(want, f.add(fmt.Sprint(i)).String())
	}
	path := "/tasks/queues/default/tasks?state=pending&limit=3"
	for cursor := ""; ; {
		a := f.get(path + "&cursor=" + cursor)
		tasks := a.at("tasks").([]any)
		if len(tasks) > 3 {
			t.Errorf("a page of %d", len(tasks))
		}
		for _, task := range tasks {
			got = append(got, task.(map[string]any)["id"].(string))
		}
		if cursor = a.at("next").(string); cursor == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("all pages (-want +got):\n%s", diff)
	}
}

func TestFilter(t *testing.T) {
	f := newFixture(t, Config{})
	other := &taskqueue.Kind{Name: "shop.Order"}
	for i := range 1200 {
		if i%400 == 0 {
			if _, err := f.client.Enqueue(t.Context(), taskqueue.NewJob(other, &note{"x"})); err != nil {
				t.Fatal(err)
			}
		}
		f.add("x")
	}
	path := "/tasks/queues/default/tasks?state=pending&filter=ORDER&limit=2"
	a := f.get(path)
	f.want(a, map[string]any{"seen": 500, "tasks.0.kind": "shop.Order", "tasks.1.kind": "shop.Order", "tasks.2": nil})
	a = f.get(path + "&cursor=" + a.at("next").(string))
	f.want(a, map[string]any{"seen": 703, "tasks.0.kind": "shop.Order", "tasks.1": nil, "next": ""})
	f.want(f.get("/tasks/queues/default/tasks?state=pending&filter=nothing"), map[string]any{"seen": 1203, "tasks.0": nil, "next": ""})
}

func TestFilterByReason(t *testing.T) {
	f := newFixture(t, Config{})
	f.work()
	f.add("bad luck")
	f.add("bad host")
	f.settled(2)
	a := f.get("/tasks/queues/default/tasks?state=dead&filter=Host")
	f.want(a, map[string]any{"seen": 2, "tasks.0.reason": "bad host", "tasks.1": nil})
}

func TestOperateDeadLetters(t *testing.T) {
	f := newFixture(t, Config{})
	_, stop := f.work()
	for _, text := range []string{"bad host 10.0.0.1", "bad host 10.0.0.2", "bad luck"} {
		f.add(text)
	}
	f.settled(3)
	stop()
	a := f.get("/tasks/queues/default/dead/groups")
	f.want(a, map[string]any{
		"seen": 3, "all": true, "groups.0.count": 2, "groups.0.fingerprint": "bad host *", "groups.1.fingerprint": "bad luck",
		"groups.0.latest.state": "dead", "groups.0.latest.failures.0.attempt": 1,
	})
	const path = "/tasks/queues/default/dead/requeue"
	f.want(f.do("POST", path, `{"fingerprint": "bad host *", "dry_run": true}`), map[string]any{"count": 2, "exact": true, "done": false})
	f.want(f.do("POST", path, `{"kind": "other"}`), map[string]any{"count": 0, "done": true})
	f.want(f.get("/tasks/queues/default"), map[string]any{"dead": 3})
	f.want(f.do("POST", path, `{"kind": "test.Note", "fingerprint": "bad host *"}`), map[string]any{"count": 2, "done": true})
	f.want(f.get("/tasks/queues/default"), map[string]any{"dead": 1, "pending": 2})
	f.want(f.do("POST", path, ``), map[string]any{"count": 1})
	f.want(f.get("/tasks/queues/default"), map[string]any{"dead": 0, "pending": 3})
}

func TestPayloads(t *testing.T) {
	f := newFixture(t, Config{ShowRaw: true})
	id := f.add("<b>&", taskqueue.WithHeader("k", "v"), taskqueue.Retention(time.Hour))
	f.want(f.get("/tasks/task/"+id.String()), map[string]any{"payload.0": "<b>&", "headers.0.value": "v"})
	f.work()
	f.settled(1)
	f.want(f.get("/tasks/task/"+id.String()), map[string]any{"state": "done", "result": "seen <b>&"})
	f.serve(Config{})
	f.want(f.get("/tasks/task/"+id.String()), map[string]any{"state": "done", "result": nil, "result_bytes": 10})
}

func TestContentThatIsNotMessagePack(t *testing.T) {
	h := &handler{Config: Config{ShowRaw: true}}
	for data, want := range map[string]string{
		"":              "",
		"\xa2ab":        `"ab"`,
		"\x93\x01\x02":  `"kwEC"`, // an array that ends too soon
		"\x01trailing":  `"AXRyYWlsaW5n"`,
		"\xc1":          `"wQ=="`,
		"\x81\xa1k\xc3": `{"k":true}`,
	} {
		if got := string(h.content(nil, []byte(data), 100)); got != want {
			t.Errorf("%q: %s, want %s", data, got, want)
		}
	}
}
