package web

import (
	"strings"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Crons of all workers are listed with their ticks, in their zone; they can be paused
// and run out of turn.
func TestSchedules(t *testing.T) {
	f, _ := busy(t, Config{})
	f.want(f.get("/tasks/schedules"), map[string]any{"crons.0": nil})
	f.addCron("nightly")
	f.serve(Config{}) // another process sees them, too
	a := f.get("/tasks/schedules")
	f.want(a, map[string]any{"crons.0.name": "nightly", "crons.0.spec": "30 3 * * *", "crons.0.zone": "Europe/Paris", "crons.0.kind": "test.Note", "crons.0.queue": "default", "crons.0.paused": nil})
	for i := range nextTicks {
		text, _ := a.at("crons.0.next." + string(rune('0'+i))).(string)
		if at, err := time.Parse(time.RFC3339, text); err != nil || !strings.Contains(text, "T03:30:00+0") || time.Until(at) > nextTicks*25*time.Hour {
			t.Errorf("tick %d: %s, %v", i, text, err)
		}
	}
	if paused := f.do("POST", "/tasks/schedules/nightly/pause", "").at("paused"); paused == nil {
		t.Error("it is not paused")
	}
	f.want(f.do("POST", "/tasks/schedules/nightly/resume", ""), map[string]any{"paused": nil, "name": "nightly"})
	id, _ := f.do("POST", "/tasks/schedules/nightly/run", "").at("id").(string)
	if _, err := taskqueue.ParseID(id); err != nil {
		t.Error(err)
	}
	f.settled(5)
	if a := f.do("POST", "/tasks/schedules/nothing/run", ""); a.code != 404 {
		t.Errorf("%d %s", a.code, a.text)
	}
}
