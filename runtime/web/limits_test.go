package web

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Limits that are given are set, the others stay.
func TestLimits(t *testing.T) {
	f := newFixture(t, Config{})
	f.add("x")
	const path = "/tasks/queues/default/limit"
	f.want(f.do("POST", path, `{"max_tasks": 7, "max_rate": 0.5}`), map[string]any{"max_tasks": 7, "max_rate": 0.5, "max_active": 0})
	f.want(f.do("POST", path, `{"max_active": 3, "max_rate": 20}`), map[string]any{"max_tasks": 7, "max_rate": 20, "max_active": 3})
	f.want(f.do("POST", path, `{"max_rate": 1.5}`), map[string]any{"max_rate": 1.5})
	f.want(f.do("POST", path, `{"max_tasks": 0, "max_rate": 0, "max_active": 0}`), map[string]any{"max_tasks": 0, "max_rate": 0, "max_active": 0})
	for _, body := range []string{`{"max_rate": -1}`, `{"max_rate": 1e9}`, `{"max_rate": 1e-9}`, `{"max_active": -1}`, `{"max_tasks": 9, "max_rate": -1}`} {
		if a := f.do("POST", path, body); a.code != 400 {
			t.Errorf("%s: %d", body, a.code)
		}
	}
	q, err := f.client.Queues(t.Context(), taskqueue.Default)
	if err != nil || q[0].Settings.Limited() || q[0].Settings.MaxTasks != 0 {
		t.Errorf("%+v, %v", q[0].Settings, err)
	}
}

// The limits of kinds are told by name.
func TestLimitsOfKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		limit := taskqueue.Limit{Concurrency: 2, KeyRate: taskqueue.Rate{N: 30, Period: time.Minute}}
		w, err := taskqueue.NewWorker(f.client, taskqueue.WorkerConfig{
			Tasks:  []taskqueue.Task{{Kind: &taskqueue.Kind{Name: "shop.Mail", Settings: taskqueue.Settings{Limit: limit}}, Run: f.run}},
			Logger: quiet(),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Run(ctx) }()
		f.add("x")
		time.Sleep(time.Second)
		f.want(f.get("/tasks/queues/default"), map[string]any{
			"limits": 1, "kind_limits.0.kind": "shop.Mail", "kind_limits.0.max_active": 2, "kind_limits.0.max_rate": 0,
			"kind_limits.0.key_max_active": 0, "kind_limits.0.key_max_rate": 0.5,
		})
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
