package web

import (
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Two workers have the same crons: each tick is one task, and is listed once.
func TestSchedules(t *testing.T) {
	f := newFixture(t, Config{})
	f.want(f.get("/tasks/schedules"), map[string]any{"ticks.0": nil})
	var workers []*taskqueue.Worker
	for range 2 {
		w, err := taskqueue.NewWorker(f.client, taskqueue.WorkerConfig{
			Tasks: []taskqueue.Task{{Kind: noteKind(), Run: f.run}}, Logger: quiet(),
			Crons: []taskqueue.Cron{
				{Name: "paris", Spec: "30 2 1 1 *", Zone: "Europe/Paris", Job: taskqueue.NewJob(noteKind(), &note{"x"})},
				{Name: "hourly", Spec: "@hourly", Job: taskqueue.NewJob(noteKind(), &note{"y"})},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		workers = append(workers, w)
	}
	f.serve(Config{Workers: workers})
	a := f.get("/tasks/schedules?limit=3")
	f.want(a, map[string]any{"ticks.0.name": "hourly", "ticks.0.zone": "UTC", "ticks.1.name": "hourly", "ticks.3": nil})
	first, err := time.Parse(time.RFC3339, a.at("ticks.0.at").(string))
	if err != nil || time.Until(first) > time.Hour {
		t.Errorf("%v, %v", first, err)
	}
	if a.at("ticks.0.at") == a.at("ticks.1.at") {
		t.Errorf("a tick is listed twice: %s", a.text)
	}
	if a := f.get("/tasks/schedules?limit=0"); a.code != 400 {
		t.Errorf("%d", a.code)
	}
}
