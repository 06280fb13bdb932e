package measure

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/stats"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// What became ready is counted: enqueued tasks, delayed ones when they are due,
// what was given back; not what was deleted, and no retries.
func TestArrivals(t *testing.T) {
	tests := []struct {
		name        string
		last, now   broker.QueueInfo
		first, then worker.Starts
		share       float64
		want        float64
	}{
		{"enqueued", broker.QueueInfo{Pending: 5}, broker.QueueInfo{Pending: 8}, worker.Starts{}, worker.Starts{}, 1, 3},
		{"started and done", broker.QueueInfo{Pending: 5, Active: 2, Done: 10}, broker.QueueInfo{Pending: 4, Active: 3, Done: 14}, worker.Starts{}, worker.Starts{First: 5}, 1, 4},
		{"scheduled", broker.QueueInfo{Enqueued: 5, Scheduled: 5}, broker.QueueInfo{Enqueued: 9, Scheduled: 9}, worker.Starts{}, worker.Starts{}, 1, 0},
		{"due", broker.QueueInfo{Scheduled: 9}, broker.QueueInfo{Scheduled: 2, Pending: 7}, worker.Starts{}, worker.Starts{}, 1, 7},
		{"deleted", broker.QueueInfo{Pending: 9}, broker.QueueInfo{Deleted: 9}, worker.Starts{}, worker.Starts{}, 1, 0},
		{"retried", broker.QueueInfo{Active: 2, Scheduled: 1}, broker.QueueInfo{Scheduled: 3, Retried: 2}, worker.Starts{}, worker.Starts{}, 1, 0},
		{"retry due", broker.QueueInfo{Scheduled: 3, Retried: 2}, broker.QueueInfo{Active: 3, Retried: 2}, worker.Starts{}, worker.Starts{Again: 2}, 1, 1},
		{"lost", broker.QueueInfo{Active: 3}, broker.QueueInfo{Pending: 3, Lost: 3}, worker.Starts{}, worker.Starts{}, 1, 0},
		{"shared", broker.QueueInfo{Pending: 0}, broker.QueueInfo{Pending: 8}, worker.Starts{}, worker.Starts{}, 0.25, 2},
	}
	for _, test := range tests {
		a := newArrivals(1)
		a.mix([]worker.Tally{{Started: []worker.Starts{test.first}}}, 0)
		a.add(&test.last, test.share)
		a.mix([]worker.Tally{{Started: []worker.Starts{test.then}}}, 0)
		a.add(&test.now, test.share)
		if a.total[0] != test.want {
			t.Errorf("%s: %v, want %v", test.name, a.total[0], test.want)
		}
	}
}

// Kinds share what comes as they share what is started.
func TestArrivalsByKind(t *testing.T) {
	a := newArrivals(2)
	a.add(&broker.QueueInfo{}, 1)
	a.add(&broker.QueueInfo{Pending: 10}, 1)
	if diff := cmp.Diff([]float64{5, 5}, a.total); diff != "" {
		t.Errorf("nothing started yet (-want +got)\n%s", diff)
	}
	a.mix([]worker.Tally{{Started: []worker.Starts{{First: 1000}}}, {Started: []worker.Starts{{First: 3000}}}}, 0)
	a.add(&broker.QueueInfo{Pending: 18}, 1)
	if diff := cmp.Diff([]float64{7, 11}, a.total); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// The waits of the last minute count, and no others.
func TestWaits(t *testing.T) {
	var w waits
	var all stats.Durations
	now := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	for second := range 180 {
		wait := time.Millisecond
		if second < 60 {
			wait = 8 * time.Second
		}
		all.Observe(wait)
		w.look(now.Add(time.Duration(second)*time.Second), &all)
		if second == 59 && (w.p95 < 7 || w.p95 > 9) {
			t.Errorf("after a minute of 8 s: %v s", w.p95)
		}
	}
	if w.p95 > 0.0012 || w.count < 55 || w.count > 65 {
		t.Errorf("two minutes later: %v s of %d tasks", w.p95, w.count)
	}
}

func TestMemoryLimit(t *testing.T) {
	mount := t.TempDir()
	self := filepath.Join(mount, "self")
	put := func(path, text string) {
		t.Helper()
		full := filepath.Join(mount, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if got := limit(self, mount); got != 0 {
		t.Errorf("no cgroups: %v MB", got)
	}
	put("self", "0::/pod/app\n")
	put("pod/app/memory.max", "max\n")
	if got := limit(self, mount); got != 0 {
		t.Errorf("no limit: %v MB", got)
	}
	put("pod/memory.max", "536870912\n")
	if got := limit(self, mount); got != 512 {
		t.Errorf("the limit of the group above: %v MB, want 512", got)
	}
	put("pod/app/memory.max", "268435456\n")
	if got := limit(self, mount); got != 256 {
		t.Errorf("the own limit: %v MB, want 256", got)
	}
}

type source struct {
	sample worker.Sample
	infos  []broker.QueueInfo
	err    error
}

func (s *source) Sample(into *worker.Sample) { *into = s.sample }

func (s *source) Queues(context.Context, ...string) ([]broker.QueueInfo, error) {
	return s.infos, s.err
}

// An observation has the figures of its sources where they belong, although the
// queues are in another order there.
func TestObserve(t *testing.T) {
	s := &source{
		sample: worker.Sample{
			Slots: 20, Active: 25, Busy: 7 * time.Second, Buffered: []int{1, 3}, Waits: make([]stats.Durations, 2),
			Tallies: []worker.Tally{{
				Running: 25, Started: []worker.Starts{{First: 9}, {First: 40, Again: 2}},
				Succeeded: 20, Failed: 4, SuccessSeconds: 10, SuccessArea: 6, FailedSeconds: 1,
			}},
		},
		infos: []broker.QueueInfo{{Queue: "high", Pending: 8, Sessions: 2}, {Queue: "low", Pending: 6, Sessions: 1}},
	}
	o := New(Config{
		Store: s, Engine: s, Kinds: []string{"mail"}, Slots: 10,
		Queues: []Queue{{"high", 2, 1}, {"low", 1, 0}},
	})
	got, err := o.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Memory.UsedMB < 1 || math.IsNaN(got.Workers.SlotSeconds) {
		t.Errorf("%+v", got)
	}
	got.Memory, got.Workers.SlotSeconds = autoscaler.Memory{}, 0
	want := autoscaler.Observation{
		Workers: autoscaler.Workers{Ready: 2, Draining: 1, Slots: 10, BusySeconds: 7},
		Queues: []autoscaler.Queue{
			{Name: "high", Weight: 2, Flows: []autoscaler.Flow{{Queued: 7}}},
			{Name: "low", Weight: 1, Flows: []autoscaler.Flow{{Queued: 7}}},
		},
		Types: []autoscaler.Type{{
			Name: "mail", Running: 25, Retried: 2, Succeeded: 20, Failed: 4,
			SuccessSeconds: 10, SuccessSquares: 6, FailedSeconds: 1,
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.infos[0].Settings.Paused = true
	if got, err = o.Observe(t.Context()); err != nil || got.Queues[0].Flows[0].Queued != 3 {
		t.Errorf("paused: %+v %v", got.Queues[0], err)
	}
	s.sample.Outage = true
	if _, err := o.Observe(t.Context()); !errors.Is(err, ErrAway) {
		t.Errorf("outage: %v", err)
	}
	s.err = broker.ErrClosed
	if _, err := o.Observe(t.Context()); !errors.Is(err, broker.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
