package measure

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/stats"
	"github.com/tqgen/taskqueue/runtime/internal/worker"
)

// What became ready is counted: enqueued tasks, delayed ones when they are due,
// what was given back; not what was deleted, no retries, and no held tasks.
func TestArrivals(t *testing.T) {
	tests := []struct {
		name      string
		last, now broker.QueueInfo
		more      Starts
		share     float64
		want      float64
	}{
		{"enqueued", broker.QueueInfo{Pending: 5}, broker.QueueInfo{Pending: 8}, Starts{}, 1, 3},
		{"started and done", broker.QueueInfo{Pending: 5, Active: 2, Done: 10}, broker.QueueInfo{Pending: 4, Active: 3, Done: 14}, Starts{First: 5}, 1, 4},
		{"scheduled", broker.QueueInfo{Enqueued: 5, Scheduled: 5}, broker.QueueInfo{Enqueued: 9, Scheduled: 9}, Starts{}, 1, 0},
		{"due", broker.QueueInfo{Scheduled: 9}, broker.QueueInfo{Scheduled: 2, Pending: 7}, Starts{}, 1, 7},
		{"deleted", broker.QueueInfo{Pending: 9}, broker.QueueInfo{Deleted: 9}, Starts{}, 1, 0},
		{"retried", broker.QueueInfo{Active: 2, Scheduled: 1}, broker.QueueInfo{Scheduled: 3, Retried: 2}, Starts{}, 1, 0},
		{"retry due", broker.QueueInfo{Scheduled: 3, Retried: 2}, broker.QueueInfo{Active: 3, Retried: 2}, Starts{Again: 2}, 1, 1},
		{"held", broker.QueueInfo{Active: 3}, broker.QueueInfo{Scheduled: 3, Released: 3}, Starts{}, 1, 0},
		{"held and due", broker.QueueInfo{Scheduled: 3, Released: 3}, broker.QueueInfo{Pending: 4, Released: 3}, Starts{Back: 3}, 1, 1},
		{"lost", broker.QueueInfo{Active: 3}, broker.QueueInfo{Pending: 3, Lost: 3}, Starts{}, 1, 0},
		{"shared", broker.QueueInfo{Pending: 0}, broker.QueueInfo{Pending: 8}, Starts{}, 0.25, 2},
	}
	for _, test := range tests {
		var a arrivals
		a.grow(1)
		a.add(&test.last, test.share)
		a.mix(0, test.more)
		a.add(&test.now, test.share)
		if a.total[0] != test.want {
			t.Errorf("%s: %v, want %v", test.name, a.total[0], test.want)
		}
	}
}

// Kinds share what comes as they share what is started.
func TestArrivalsByKind(t *testing.T) {
	var a arrivals
	a.grow(2)
	a.add(&broker.QueueInfo{}, 1)
	a.add(&broker.QueueInfo{Pending: 10}, 1)
	if diff := cmp.Diff([]float64{5, 5}, a.total); diff != "" {
		t.Errorf("nothing started yet (-want +got)\n%s", diff)
	}
	a.mix(0, Starts{First: 1000})
	a.mix(1, Starts{First: 3000})
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
	put("self", "4:cpu,memory:/pod/app\n0::/\n")
	put("memory/memory.limit_in_bytes", "9223372036854771712\n")
	if got := limit(self, mount); got != 0 {
		t.Errorf("version 1, no limit: %v MB", got)
	}
	put("memory/pod/app/memory.limit_in_bytes", "134217728\n")
	if got := limit(self, mount); got != 128 {
		t.Errorf("version 1: %v MB, want 128", got)
	}
}

// engine is a sample.
type engine worker.Sample

func (e *engine) Sample(into *worker.Sample) { *into = worker.Sample(*e) }

// A report has the figures of the engine where they belong.
func TestMeter(t *testing.T) {
	e := &engine{
		Slots: 20, Active: 25, Busy: 7 * time.Second, Buffered: []int{1, 3}, Waits: make([]stats.Durations, 2),
		Tallies: []worker.Tally{{
			Running: 25, Held: 6, Started: []worker.Starts{{First: 9}, {First: 40, Again: 2, Back: 1}},
			Succeeded: 20, Failed: 4, SuccessSeconds: 10, SuccessArea: 6, FailedSeconds: 1,
		}},
	}
	e.Waits[1].Observe(time.Second)
	m := NewMeter(MeterConfig{Engine: e, Queues: []string{"low", "high"}, Kinds: []string{"mail"}, Declared: []float64{400}, Slots: 10}, NewMemory())
	got, err := m.Measure(time.Now().Add(2 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if got.SlotSeconds < 49 || got.SlotSeconds > 51 || got.Memory.UsedMB < 1 {
		t.Errorf("%v slot seconds, want 25 slots for 2 s; %+v", got.SlotSeconds, got.Memory)
	}
	got.Memory, got.SlotSeconds = autoscaler.Memory{}, 0
	want := &Report{
		Slots: 10, Active: 25, Ready: 20, BusySeconds: 7,
		Queues: []QueueReport{{Name: "low", Buffered: 1}, {Name: "high", Buffered: 3, WaitP95: 1, Started: 1}},
		Kinds: []KindReport{{
			Name: "mail", Running: 25, Held: 6, DeclaredMB: 400, Starts: []Starts{{First: 9}, {First: 40, Again: 2, Back: 1}},
			Succeeded: 20, Failed: 4, SuccessSeconds: 10, SuccessSquares: 6, FailedSeconds: 1,
		}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0.15, 0)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	e.Outage = true
	if _, err := m.Measure(time.Now()); !errors.Is(err, ErrAway) {
		t.Errorf("outage: %v", err)
	}
}

// reported is a process that has started, ended and spent so much.
func reported(n uint64, limit float64) *Report {
	return &Report{
		Slots: 10, BusySeconds: float64(n), SlotSeconds: 2 * float64(n), Memory: autoscaler.Memory{UsedMB: 300, IdleMB: 50, LimitMB: limit},
		Queues: []QueueReport{{Name: "low"}, {Name: "high", Buffered: 1, WaitP95: float64(n), Started: int(n)}},
		Kinds:  []KindReport{{Name: "mail", Running: 2, Held: 1, Starts: []Starts{{}, {First: n, Again: 1}}, Succeeded: n, SuccessSeconds: float64(n) / 2, SuccessSquares: 1}},
	}
}

// The counters of a fleet grow by what those of its processes grow by: neither one
// that comes nor one that goes makes them jump.
func TestSum(t *testing.T) {
	s := NewSum([]Queue{{"high", 3}, {"low", 1}})
	infos := []broker.QueueInfo{{Queue: "high", Pending: 8}, {Queue: "low", Pending: 6}}
	s.Observe(infos, map[string]*Report{"a": reported(1000, 500), "b": reported(40, 500)}, 1)
	other := &Report{Kinds: []KindReport{{Name: "bill", DeclaredMB: 300, Starts: []Starts{{}}}}, Queues: []QueueReport{{Name: "low"}}, Memory: autoscaler.Memory{LimitMB: 100}}
	s.Observe(infos, map[string]*Report{"a": reported(1003, 500), "b": reported(40, 500), "c": other}, 1)
	infos[0].Pending += 10
	got := s.Observe(infos, map[string]*Report{"a": reported(1010, 500), "c": other}, 1)
	want := autoscaler.Observation{
		Workers: autoscaler.Workers{BusySeconds: 10, SlotSeconds: 20},
		Memory:  autoscaler.Memory{UsedMB: 300, IdleMB: 50, LimitMB: 600},
		Queues: []autoscaler.Queue{
			{Name: "high", Weight: 3, WaitP95Seconds: 1010, Started: 1010, Flows: []autoscaler.Flow{{Queued: 19, Arrived: 10}, {}}},
			{Name: "low", Weight: 1, Flows: []autoscaler.Flow{{Queued: 3}, {Queued: 3}}},
		},
		Types: []autoscaler.Type{{Name: "mail", Running: 2, HeldBack: 1, Succeeded: 10, SuccessSeconds: 5}, {Name: "bill", MemoryMB: 300}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	infos[0].Settings.Paused = true
	if got := s.Observe(infos, map[string]*Report{"a": reported(1010, 0), "c": other}, 0.5); got.Queues[0].Flows[0].Queued != 1 || got.Memory.LimitMB != 0 || got.Queues[1].Flows[0].Queued != 2 {
		t.Errorf("paused, a share of a half, and no limit: %+v", got)
	}
}

type counts []broker.QueueInfo

func (c counts) Queues(_ context.Context, names ...string) ([]broker.QueueInfo, error) {
	if c == nil {
		return nil, broker.ErrClosed
	}
	return c, nil
}

func TestLook(t *testing.T) {
	s := NewSum([]Queue{{"high", 3}, {"low", 1}})
	if got, err := s.Look(t.Context(), counts{{Queue: "high"}, {Queue: "low"}}); err != nil || len(got) != 2 {
		t.Errorf("%v %v", got, err)
	}
	if _, err := s.Look(t.Context(), counts{{Queue: "high"}}); err == nil {
		t.Error("a queue is missing, and no error")
	}
	if _, err := s.Look(t.Context(), counts(nil)); !errors.Is(err, broker.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
