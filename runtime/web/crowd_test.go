package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// crowd are n queues by name, of which the last have the most tasks.
func crowd(n int) (all []taskqueue.QueueInfo) {
	for i := range n {
		all = append(all, taskqueue.QueueInfo{Queue: fmt.Sprintf("q%05d", i), Pending: int64(i), Done: 1, Retried: 2, Dead: 1})
	}
	return all
}

// Ten thousand queues: an answer has an end, and its totals are those of all.
func TestManyQueues(t *testing.T) {
	f := newFixture(t, Config{})
	f.store.queues = crowd(10_000)
	a := f.get("/tasks/overview")
	f.want(a, map[string]any{
		"totals.queues": 10_000, "totals.pending": 49_995_000, "totals.done": 10_000, "totals.failed": 20_000, "totals.dead": 10_000,
		"queues.0.queue": "q09800", "queues.199.queue": "q09999", "queues.200": nil,
	})
	if len(a.text) > 200_000 {
		t.Errorf("an overview has %d bytes", len(a.text))
	}
	seen, cursor := 0, ""
	for page := range 30 {
		a := f.get("/tasks/queues?cursor=" + cursor)
		seen += len(a.body["queues"].([]any))
		if cursor = a.at("next").(string); cursor == "" {
			if page != 19 {
				t.Errorf("%d pages", page+1)
			}
			break
		}
	}
	if seen != 10_000 {
		t.Errorf("the pages have %d queues", seen)
	}
	f.want(f.get("/tasks/queues?filter=q00123&limit=1"), map[string]any{"queues.0.queue": "q00123", "next": ""})
	if a := f.get("/tasks/queues?limit=501"); a.code != http.StatusBadRequest {
		t.Errorf("limit 501: %d", a.code)
	}
	text := f.get("/tasks/metrics/prometheus").text
	if n := strings.Count(text, "\ntaskqueue_tasks_done_total{"); n != maxLabels+1 || !strings.Contains(text, `taskqueue_tasks_done_total{queue="other:"} 9000`) {
		t.Errorf("%d labels", n)
	}
}

// A queue that has a label keeps it, whatever comes before it in the alphabet.
func TestLabelsStay(t *testing.T) {
	var l labels
	many := crowd(maxLabels)
	l.of(many)
	named := l.of(append([]taskqueue.QueueInfo{{Queue: "a", Done: 7}}, many...))
	if n := len(named); n != maxLabels+1 || named[0].Queue != "q00000" || named[n-1].Queue != restLabel || named[n-1].Done != 7 {
		t.Errorf("%d labels, first %s, last %+v", n, named[0].Queue, named[n-1])
	}
}

// An alert of slow runs ends when the slow runs are over.
func TestSlowRunsAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{Thresholds: Thresholds{RunTime: time.Minute}})
		w, _ := f.work()
		f.serve(Config{Workers: []*taskqueue.Worker{w}, Thresholds: Thresholds{RunTime: time.Minute}})
		f.get("/tasks/alerts")
		f.add("wait")
		time.Sleep(2 * time.Minute)
		close(f.release)
		synctest.Wait()
		f.want(f.get("/tasks/alerts"), map[string]any{"alert_count": 1, "active_alerts.0.id": "run_time:default:test.Note"})
		for range 12 {
			time.Sleep(time.Minute)
			f.get("/tasks/alerts")
		}
		f.want(f.get("/tasks/alerts"), map[string]any{"alert_count": 0})
	})
}

// What a task left is shown by the schema of its kind: without what is secret, and only
// in the version that is told.
func TestResultsBySchema(t *testing.T) {
	f := newFixture(t, Config{})
	f.work()
	id := f.add("x", taskqueue.Retention(time.Hour)).String()
	f.settled(1)
	path := "/tasks/task/" + id
	f.want(f.get(path), map[string]any{"state": "done", "kind": "test.Note", "result": nil, "result_bytes": 7})
	for schema, want := range map[string]any{
		`{"version":1,"payload":{},"result":{"type":"string"}}`:                  "seen x",
		`{"version":1,"payload":{},"result":{"type":"string","writeOnly":true}}`: secret,
		`{"version":2,"payload":{},"result":{"type":"string"}}`:                  nil,
		`{"version":1,"payload":{}}`:                                             nil,
	} {
		if err := f.tellSchema("test.Note", schema); err != nil {
			t.Fatal(err)
		}
		f.serve(Config{})
		f.want(f.get(path), map[string]any{"result": want})
		f.serve(Config{HidePayloads: true})
		f.want(f.get(path), map[string]any{"result": nil})
	}
}
