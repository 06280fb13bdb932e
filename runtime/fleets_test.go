package taskqueue_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

var billKind = &taskqueue.Kind{Name: "test.Bill"}

// What a fleet has, should have and has decided can be read from the store, by
// everybody, and after its processes have ended, too.
func TestFleets(t *testing.T) {
	bubble(t, func(f *fixture) {
		if fleets, err := f.Fleets(f.Context()); err != nil || len(fleets) != 0 {
			t.Errorf("%+v %v", fleets, err)
		}
		l := f.scale(taskqueue.Autoscale{Min: 3, Max: 20, PerProcess: 4}, 5, halfSecond)
		l.arrive(8, 30*time.Second)
		fleet := f.onlyFleet()
		want := l.worker.Name()
		if fleet.Name != "default.high_priority.low_priority" || fleet.Leader != want || fleet.Min != 3 || fleet.Max != 20 || fleet.PerProcess != 4 || fleet.Slots != 5 {
			t.Errorf("%+v", fleet)
		}
		if fleet.Desired < 8 || fleet.Processes != (fleet.Desired+3)/4 || len(fleet.Members) != 1 {
			t.Errorf("80 tasks of half a second in a second: %+v", fleet)
		}
		if m := fleet.Members[0]; m.Name != want || m.Workers != 4 || m.Most != 4 || l.worker.Stats().Slots != 20 {
			t.Errorf("%+v, %d slots", m, l.worker.Stats().Slots)
		}
		if d := fleet.Decision; d.To != fleet.Desired || d.Starting == 0 || time.Since(d.At) > 2*time.Second {
			t.Errorf("%+v", d)
		}
		reports, err := f.FleetReports(f.Context(), fleet.Name)
		if err != nil || reports[want] == nil || reports[want].Ready != 20 || len(reports[want].Kinds) != 1 {
			t.Errorf("reports: %+v %v", reports, err)
		}
		l.stop()
		pass(10 * time.Second)
		gone := f.onlyFleet()
		if gone.Leader != "" || gone.Desired != fleet.Desired || len(gone.Members) != 0 || gone.Min != 3 {
			t.Errorf("afterwards: %+v", gone)
		}
		history, err := f.FleetDecisions(f.Context(), fleet.Name, 100)
		if err != nil || len(history) < 2 || history[len(history)-1].To != 3 || !strings.Contains(history[0].String(), "→") {
			t.Errorf("%v %v", history, err)
		}
		if _, err := f.FleetDecisions(f.Context(), fleet.Name, 0); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Errorf("no limit: %v", err)
		}
	})
}

func (f *fixture) onlyFleet() taskqueue.Fleet {
	f.Helper()
	fleets, err := f.Fleets(f.Context())
	if err != nil || len(fleets) != 1 {
		f.Fatalf("%+v %v", fleets, err)
	}
	return fleets[0]
}

// Workers in several processes have as many slots together as one of them decides.
func TestFleetOfWorkers(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(halfSecond)
		config.Concurrency, config.Autoscale = 5, taskqueue.Autoscale{Min: 2, Max: 20}
		var workers []*taskqueue.Worker
		for range 3 {
			w, _ := f.work(config)
			workers = append(workers, w)
		}
		together := func() (slots int) {
			for _, w := range workers {
				slots += w.Stats().Slots
			}
			return slots
		}
		pass(3 * time.Second)
		if n := together(); n != 10 {
			t.Errorf("%d slots, want 2 workers of 5", n)
		}
		for _, w := range workers {
			if h := w.Health(f.Context()); !h.OK() {
				t.Errorf("with %d slots: %+v", w.Stats().Slots, h)
			}
		}
		l := &load{fixture: f, worker: workers[0], slots: 5}
		for range 60 {
			l.arrive(10, time.Second)
			if n := together(); n > 100 {
				t.Errorf("%d slots of at most 100", n)
			}
		}
		if n := together(); n != 5*f.onlyFleet().Desired || n < 50 || n > 80 {
			t.Errorf("%d slots for 50 erlang; %+v", n, f.onlyFleet())
		}
		for _, w := range workers {
			if d := w.Decisions(1); len(d) != 1 || 5*d[0].To > 80 {
				t.Errorf("%s has seen %v", w.Name(), d)
			}
		}
	})
}

// A kind that hangs and fails does not keep another one in the same queue from its
// slots.
func TestAutoscaleCaps(t *testing.T) {
	bubble(t, func(f *fixture) {
		var broken atomic.Bool
		var mu sync.Mutex
		var running, most int
		bill := task(billKind, func(context.Context, string) (string, error) {
			if !broken.Load() {
				return halfSecond(context.Background(), "")
			}
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			defer func() { mu.Lock(); running--; mu.Unlock() }()
			time.Sleep(10 * time.Second)
			return "", errBoom
		})
		l := f.scale(taskqueue.Autoscale{Min: 2, Max: 40}, 5, halfSecond, bill)
		mix := func(d time.Duration) {
			for range int(d / (100 * time.Millisecond)) {
				jobs := []taskqueue.Job{job("x"), job("x"), taskqueue.NewJob(billKind, &note{"x"}, taskqueue.Retries(0))}
				if _, err := f.EnqueueAll(f.Context(), jobs...); err != nil {
					t.Fatal(err)
				}
				pass(100 * time.Millisecond)
			}
		}
		mix(2 * time.Minute)
		healthy := l.worker.Stats().Slots
		broken.Store(true)
		mix(time.Minute)
		mu.Lock()
		most = 0
		mu.Unlock()
		l.countKind("test.Note")
		mix(2 * time.Minute)
		if d := l.worker.Decisions(1)[0]; len(d.Caps) != 1 || d.Caps[0].Type != "test.Bill" {
			t.Errorf("no cap: %v", d)
		}
		mu.Lock()
		defer mu.Unlock()
		if most > 10 {
			t.Errorf("%d of the failing kind ran at once, 5 erlang of it were healthy", most)
		}
		if worst := l.worstWait(); worst > waitTarget {
			t.Errorf("the other kind waits up to %v; %d slots before, %d now", worst, healthy, l.worker.Stats().Slots)
		}
	})
}
