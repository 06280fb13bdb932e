package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// scaled runs a worker that scales, of a fleet, and waits for its first decision.
func (f *fixture) scaled(fleet string) {
	f.Helper()
	w, err := taskqueue.NewWorker(f.client, taskqueue.WorkerConfig{
		Tasks: []taskqueue.Task{{Kind: noteKind(), Run: f.run}}, Logger: quiet(), Concurrency: 4, ShutdownGrace: taskqueue.NoGrace,
		Autoscale: taskqueue.Autoscale{Min: 3, Max: 20, PerProcess: 2, Fleet: fleet},
	})
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	f.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			f.Error(err)
		}
	})
	f.await(func() bool { return w.Stats().Slots > 0 })
}

// A fleet whose processes have 2 workers at most, and that should have 3, needs two
// processes: KEDA, Prometheus and the seed's endpoints are told so.
func TestScale(t *testing.T) {
	f := newFixture(t, Config{})
	if a := f.get("/tasks/scale"); a.code != http.StatusNotFound {
		t.Errorf("without a fleet: %d %s", a.code, a.text)
	}
	f.want(f.get("/tasks/metrics/autoscaler"), map[string]any{"recommendations": nil, "metrics.queue_pressure_score": nil})
	f.want(f.get("/tasks/metrics"), map[string]any{"scaling_report": nil})

	f.scaled("mails")
	f.want(f.get("/tasks/scale"), map[string]any{"desired": 2, "workers": 3, "fleet": "mails"})
	f.want(f.get("/tasks/fleets"), map[string]any{
		"fleets.0.name": "mails", "fleets.0.desired_workers": 3, "fleets.0.desired_processes": 2, "fleets.0.workers": 2,
		"fleets.0.min_workers": 3, "fleets.0.max_workers": 20, "fleets.0.workers_per_process": 2,
		"fleets.0.members.0.workers": 2, "fleets.0.members.0.slots": 8, "fleets.0.decision.to": 3,
	})
	f.want(f.get("/tasks/fleets/mails/decisions?limit=1"), map[string]any{"decisions.0.to": 3, "decisions.0.reason": "3 stay: nothing is measured yet"})
	f.want(f.get("/tasks/metrics"), map[string]any{"scaling_report.current_workers": 2, "scaling_report.recommended_action": "maintain", "autoscaler_metrics.queue_pressure_score": 0})
	a := f.get("/tasks/metrics/autoscaler")
	if text, _ := a.at("recommendations").(string); !strings.HasPrefix(text, "mails: ") {
		t.Errorf("%s", a.text)
	}
	samples, _, err := parse(f.get("/tasks/metrics/prometheus").text)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]float64{}
	for _, s := range samples {
		if s.labels["fleet"] == "mails" {
			seen[strings.TrimPrefix(s.name, "taskqueue_autoscaler_")] = s.value
		}
	}
	if seen["desired_processes"] != 2 || seen["desired_workers"] != 3 || seen["workers"] != 2 || seen["leaders"] != 1 {
		t.Errorf("%v", seen)
	}

	f.scaled("letters")
	if a := f.get("/tasks/scale"); a.code != http.StatusBadRequest || !strings.Contains(a.text, "letters, mails") {
		t.Errorf("two fleets: %d %s", a.code, a.text)
	}
	f.want(f.get("/tasks/scale?fleet=letters"), map[string]any{"fleet": "letters"})
	for path, code := range map[string]int{"/scale?fleet=none": 404, "/fleets/mails/decisions?limit=0": 400, "/fleets/a%20b/decisions": 400} {
		if a := f.get("/tasks" + path); a.code != code {
			t.Errorf("%s: %d %s", path, a.code, a.text)
		}
	}
}

// When the last process of a fleet has ended, what it decided last holds.
func TestScaleOutlivesTheFleet(t *testing.T) {
	f := newFixture(t, Config{})
	t.Run("a fleet", func(t *testing.T) {
		inner := *f
		inner.T = t
		inner.scaled("mails")
	})
	deadline := time.Now().Add(10 * time.Second)
	f.await(func() bool { return f.get("/tasks/scale").at("leader") == "" || time.Now().After(deadline) })
	f.want(f.get("/tasks/scale"), map[string]any{"desired": 2, "workers": 3, "leader": ""})
}
