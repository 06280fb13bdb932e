package web

import (
	"testing"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Limits that are given are set, the others stay.
func TestLimits(t *testing.T) {
	f := newFixture(t, Config{})
	f.add("x")
	const path = "/tasks/queues/default/limit"
	f.want(f.do("POST", path, `{"max_tasks": 7, "max_rate": 0.5}`), map[string]any{"max_tasks": 7, "max_rate": 0.5, "max_active": 0})
	f.want(f.do("POST", path, `{"max_active": 3, "max_rate": 20}`), map[string]any{"max_tasks": 7, "max_rate": 20, "max_active": 3})
	f.want(f.do("POST", path, `{"max_tasks": 0, "max_rate": 0, "max_active": 0}`), map[string]any{"max_tasks": 0, "max_rate": 0, "max_active": 0})
	for _, body := range []string{`{"max_rate": -1}`, `{"max_rate": 1e9}`, `{"max_rate": 1e-9}`, `{"max_active": -1}`} {
		if a := f.do("POST", path, body); a.code != 400 {
			t.Errorf("%s: %d", body, a.code)
		}
	}
	q, err := f.client.Queues(t.Context(), taskqueue.Default)
	if err != nil || q[0].Settings.Limited() || q[0].Settings.MaxTasks != 0 {
		t.Errorf("%+v, %v", q[0].Settings, err)
	}
}
