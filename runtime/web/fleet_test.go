package web

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A handler without workers of its own knows what those of other processes did, and
// its counters never shrink.
func TestFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		_, stopOne := f.work()
		_, stopTwo := f.work()
		for range 10 {
			f.add("x")
		}
		f.add("bad")
		time.Sleep(6 * time.Second)
		f.want(f.get("/tasks/overview"), map[string]any{"kinds.0.done": 10, "kinds.0.dead": 1, "slots": 8, "processes": 2})
		f.want(f.get("/tasks/metrics/system"), map[string]any{"performance.success_rate": 10.0 / 11})
		f.add("y")
		time.Sleep(time.Second)
		stopOne()
		stopTwo()
		time.Sleep(3 * time.Second)
		f.want(f.get("/tasks/overview"), map[string]any{"kinds.0.done": 11, "recent.runs": 1})
		time.Sleep(time.Hour)
		f.want(f.get("/tasks/overview"), map[string]any{"kinds.0.done": 11})
		f.work()
		f.add("z")
		time.Sleep(6 * time.Second)
		text := f.get("/tasks/metrics/prometheus").text
		if !strings.Contains(text, `taskqueue_fleet_runs_total{queue="default",kind="test.Note",outcome="done"} 12`) || strings.Contains(text, "taskqueue_runs_total") {
			t.Errorf("%s", text)
		}
	})
}

// A row of an older state than the last one is not counted twice.
func TestFleetIsMonotone(t *testing.T) {
	var f fleet
	var m taskqueue.Metrics
	see := func(n int) int64 {
		f.told = []taskqueue.WorkerMetrics{{Worker: "w", Kinds: m.Kinds()}}
		if n < 0 {
			f.told = nil
		}
		return f.now(nil).kinds[0].Done
	}
	run := func() { m.Observe(taskqueue.Event{Queue: "q", Kind: "k", Outcome: taskqueue.Done, Run: time.Second}) }
	run()
	old := m.Kinds()
	run()
	if got := see(2); got != 2 {
		t.Errorf("%d runs", got)
	}
	f.told = []taskqueue.WorkerMetrics{{Worker: "w", Kinds: old}}
	if got := f.now(nil).kinds[0].Done; got != 2 {
		t.Errorf("after an old row: %d runs", got)
	}
	run()
	if got := see(3); got != 3 {
		t.Errorf("%d runs", got)
	}
	if got := see(-1); got != 3 {
		t.Errorf("without the worker: %d runs", got)
	}
}
