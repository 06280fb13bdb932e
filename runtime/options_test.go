package taskqueue_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// What a setting is when nobody says anything, and who overrides whom: option
// over method (which generated code turns into an earlier option) over
// directive over queue over default.
func TestPrecedence(t *testing.T) {
	const minute = time.Minute
	plain := taskqueue.Settings{}
	full := taskqueue.Settings{Queue: "sms", Priority: taskqueue.High, Retries: 7, Timeout: 7 * minute, Retention: 7 * minute}
	type want struct {
		Queue              string
		Priority           taskqueue.Priority
		Max                uint8
		Timeout, Retention time.Duration
	}
	tests := []struct {
		name    string
		kind    taskqueue.Settings
		options []taskqueue.Option
		want    want
	}{
		{"defaults", plain, nil, want{"default", 0, 4, 5 * minute, 0}},
		{"queue high_priority", taskqueue.Settings{Queue: taskqueue.HighPriority}, nil, want{"high_priority", 0, 6, 10 * minute, 0}},
		{"queue low_priority", taskqueue.Settings{Queue: taskqueue.LowPriority}, nil, want{"low_priority", 0, 3, 2 * minute, 0}},
		{"a queue of the client's", taskqueue.Settings{Queue: "slow"}, nil, want{"slow", 0, 1, 0, 0}},
		{"a queue that nobody knows", taskqueue.Settings{Queue: "other"}, nil, want{"other", 0, 4, 5 * minute, 0}},
		{"directive over queue", full, nil, want{"sms", 1, 8, 7 * minute, 7 * minute}},
		{"directive says none", taskqueue.Settings{Queue: taskqueue.HighPriority, Retries: taskqueue.NoRetries, Timeout: taskqueue.NoTimeout}, nil, want{"high_priority", 0, 1, 0, 0}},
		{"queue by option", plain, []taskqueue.Option{taskqueue.Queue(taskqueue.HighPriority)}, want{"high_priority", 0, 6, 10 * minute, 0}},
		{"directive over the option's queue", taskqueue.Settings{Retries: 1}, []taskqueue.Option{taskqueue.Queue(taskqueue.HighPriority)}, want{"high_priority", 0, 2, 10 * minute, 0}},
		{"options over directive", full, []taskqueue.Option{
			taskqueue.Queue("fax"), taskqueue.WithPriority(taskqueue.Low), taskqueue.Retries(2), taskqueue.Timeout(minute), taskqueue.Retention(minute),
		}, want{"fax", -1, 3, minute, minute}},
		{"options say none", full, []taskqueue.Option{
			taskqueue.WithPriority(taskqueue.Normal), taskqueue.Retries(0), taskqueue.Timeout(0), taskqueue.Retention(0),
		}, want{"sms", 0, 1, 0, 0}},
		{"the later option", plain, []taskqueue.Option{
			taskqueue.Retries(0), taskqueue.Retries(9), taskqueue.Timeout(0), taskqueue.Timeout(minute), taskqueue.Queue("a"), taskqueue.Queue("b"),
		}, want{"b", 0, 10, minute, 0}},
		{"the limits", plain, []taskqueue.Option{taskqueue.Retries(254), taskqueue.Timeout(broker.MaxTimeout), taskqueue.Retention(broker.MaxDelay), taskqueue.WithPriority(taskqueue.Critical)},
			want{"default", 2, 255, broker.MaxTimeout, broker.MaxDelay}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := newStore()
			c, err := taskqueue.NewClient(store, taskqueue.ClientConfig{Queues: []taskqueue.QueueConfig{
				{Name: "sms", Retries: 9, Timeout: time.Hour}, {Name: "slow", Retries: taskqueue.NoRetries, Timeout: taskqueue.NoTimeout},
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			kind := &taskqueue.Kind{Name: "test.Note", Version: 3, Settings: test.kind}
			j := taskqueue.NewJob(kind, &note{"hi"}, test.options...)
			if j.Queue() != test.want.Queue || j.Kind() != "test.Note" {
				t.Errorf("Queue %q, Kind %q", j.Queue(), j.Kind())
			}
			if _, err := c.Enqueue(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			m := store.batches[0][0]
			got := want{m.Queue, m.Priority, m.Max, m.Timeout, m.Retention}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if m.Kind != "test.Note" || m.Version != 3 || !m.ID.Of(m.Queue) {
				t.Errorf("%+v", m)
			}
		})
	}
}

func TestOptionsOfTimeAndIdentity(t *testing.T) {
	at := time.Date(2042, 1, 2, 3, 4, 5, 0, time.UTC)
	id := taskqueue.NewID(taskqueue.Default)
	tests := []struct {
		name    string
		options []taskqueue.Option
		want    broker.Message
	}{
		{"now", nil, broker.Message{}},
		{"In", []taskqueue.Option{taskqueue.In(time.Hour)}, broker.Message{Delay: time.Hour}},
		{"In(0)", []taskqueue.Option{taskqueue.At(at), taskqueue.In(0)}, broker.Message{}},
		{"At", []taskqueue.Option{taskqueue.At(at)}, broker.Message{Due: at}},
		{"At over In", []taskqueue.Option{taskqueue.In(time.Hour), taskqueue.At(at)}, broker.Message{Due: at}},
		{"In over At", []taskqueue.Option{taskqueue.At(at), taskqueue.In(time.Hour)}, broker.Message{Delay: time.Hour}},
		{"Unique", []taskqueue.Option{taskqueue.Unique("k", 0)}, broker.Message{Unique: broker.Unique{Key: "k"}}},
		{"Unique in a window", []taskqueue.Option{taskqueue.Unique("k", time.Minute)}, broker.Message{Unique: broker.Unique{Key: "k", Window: time.Minute}}},
		{"WithID", []taskqueue.Option{taskqueue.WithID(id)}, broker.Message{ID: id, Unique: broker.Unique{Key: "id:" + id.String(), Window: 24 * time.Hour}}},
		{"WithID and Unique", []taskqueue.Option{taskqueue.WithID(id), taskqueue.Unique("k", 0)}, broker.Message{ID: id, Unique: broker.Unique{Key: "k"}}},
		{"headers", []taskqueue.Option{taskqueue.WithHeader("a", "1"), taskqueue.WithHeader("b", "2"), taskqueue.WithHeader("a", "3")},
			broker.Message{Headers: []broker.Header{{Key: "a", Value: "3"}, {Key: "b", Value: "2"}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := newStore()
			c, err := taskqueue.NewClient(store, taskqueue.ClientConfig{})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			got, err := c.Enqueue(t.Context(), job("hi", test.options...))
			if err != nil {
				t.Fatal(err)
			}
			m := store.batches[0][0]
			if got != m.ID {
				t.Errorf("Enqueue returned %v for %v", got, m.ID)
			}
			if test.want.ID.IsZero() {
				m.ID = taskqueue.ID{}
			}
			rest := cmpopts.IgnoreFields(broker.Message{}, "Queue", "Kind", "Max", "Timeout", "Payload")
			if diff := cmp.Diff(test.want, m, rest); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestBadJobs(t *testing.T) {
	nothing := &taskqueue.Kind{Name: "test.Nothing"}
	tests := []struct {
		name string
		job  taskqueue.Job
		is   error
		text string
	}{
		{"zero", taskqueue.Job{}, taskqueue.ErrInvalid, "the zero Job"},
		{"no payload", taskqueue.NewJob(noteKind, nil), taskqueue.ErrInvalid, "the zero Job"},
		{"empty payload", taskqueue.NewJob(nothing, empty{}), taskqueue.ErrInvalid, "the payload of test.Nothing is empty"},
		{"cannot be encoded", taskqueue.NewJob(nothing, empty{errBoom}), errBoom, "test.Nothing cannot be encoded: boom"},
		{"payload too large", job(strings.Repeat("x", 1<<20)), taskqueue.ErrTooLarge, "has 1048581 bytes, at most 1048576 are allowed"},
		{"queue name", job("x", taskqueue.Queue("a/b")), taskqueue.ErrInvalid, `the queue name "a/b" has '/' at byte 1`},
		{"kind name", taskqueue.NewJob(&taskqueue.Kind{Name: "a b"}, &note{"x"}), taskqueue.ErrInvalid, "the task kind"},
		{"empty queue", job("x", taskqueue.Queue("")), taskqueue.ErrInvalid, "test.Note: taskqueue: invalid: Queue: the name is empty"},
		{"priority", job("x", taskqueue.WithPriority(3)), taskqueue.ErrInvalid, "WithPriority(3) is outside -1 to 2"},
		{"delay", job("x", taskqueue.In(-1)), taskqueue.ErrInvalid, "In(-1ns)"},
		{"retries", job("x", taskqueue.Retries(255)), taskqueue.ErrInvalid, "Retries(255) is outside 0 to 254"},
		{"negative retries", job("x", taskqueue.Retries(-1)), taskqueue.ErrInvalid, "Retries(-1)"},
		{"timeout", job("x", taskqueue.Timeout(time.Microsecond)), taskqueue.ErrInvalid, "Timeout(1µs) is outside 1ms to 1176h0m0s"},
		{"retention", job("x", taskqueue.Retention(-1)), taskqueue.ErrInvalid, "Retention(-1ns)"},
		{"zero id", job("x", taskqueue.WithID(taskqueue.ID{})), taskqueue.ErrInvalid, "WithID: the id is zero"},
		{"id of another queue", job("x", taskqueue.WithID(taskqueue.NewID("sms"))), taskqueue.ErrInvalid, `make it with NewID("default")`},
		{"empty key", job("x", taskqueue.Unique("", 0)), taskqueue.ErrInvalid, "Unique: the key has 0 bytes"},
		{"long key", job("x", taskqueue.Unique(strings.Repeat("k", 129), 0)), taskqueue.ErrInvalid, "Unique: the key has 129 bytes"},
		{"window", job("x", taskqueue.Unique("k", time.Microsecond)), taskqueue.ErrInvalid, `Unique("k"): the window 1µs is outside`},
		{"header", job("x", taskqueue.WithHeader("", "v")), taskqueue.ErrInvalid, "WithHeader: the key is empty"},
		{"headers too large", job("x", taskqueue.WithHeader("k", strings.Repeat("v", 8<<10))), taskqueue.ErrTooLarge, "the headers of test.Note have 8193 bytes"},
		{"the first of two", job("x", taskqueue.In(-1), taskqueue.Retries(-1)), taskqueue.ErrInvalid, "In(-1ns)"},
		{"settings: retries", taskqueue.NewJob(&taskqueue.Kind{Name: "k", Settings: taskqueue.Settings{Retries: 300}}, &note{"x"}), taskqueue.ErrInvalid, "k: taskqueue: invalid: 300 retries"},
		{"settings: timeout", taskqueue.NewJob(&taskqueue.Kind{Name: "k", Settings: taskqueue.Settings{Timeout: 1}}, &note{"x"}), taskqueue.ErrInvalid, "timeout 1ns"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := newStore()
			c, err := taskqueue.NewClient(store, taskqueue.ClientConfig{})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			id, err := c.Enqueue(t.Context(), test.job)
			if !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.text) || !id.IsZero() {
				t.Errorf("Enqueue: %v %v, want %q", id, err, test.text)
			}
			ids, err := c.EnqueueAll(t.Context(), job("good"), test.job)
			var bulk *taskqueue.BulkError
			if !errors.As(err, &bulk) || !errors.Is(bulk.Errors[1], test.is) || len(bulk.Errors) != 1 || bulk.Total != 2 || ids != nil {
				t.Errorf("EnqueueAll: %v %v", ids, err)
			}
			if len(store.batches) != 0 {
				t.Errorf("something was sent: %v", store.batches)
			}
		})
	}
}

// Jobs are values: what is done to a copy does not show in the original.
func TestJobsAreTemplates(t *testing.T) {
	bubble(t, func(f *fixture) {
		base := job("hi", taskqueue.WithHeader("a", "1"), taskqueue.WithHeader("x", "8"), taskqueue.WithHeader("y", "9"))
		one := base.With(taskqueue.WithHeader("b", "2"), taskqueue.Retries(0))
		two := base.With(taskqueue.WithHeader("c", "3"))
		three := base.With(taskqueue.WithHeader("a", "4"))
		want := [][]broker.Header{
			{{Key: "a", Value: "1"}, {Key: "x", Value: "8"}, {Key: "y", Value: "9"}},
			{{Key: "a", Value: "1"}, {Key: "x", Value: "8"}, {Key: "y", Value: "9"}, {Key: "b", Value: "2"}},
			{{Key: "a", Value: "1"}, {Key: "x", Value: "8"}, {Key: "y", Value: "9"}, {Key: "c", Value: "3"}},
			{{Key: "a", Value: "4"}, {Key: "x", Value: "8"}, {Key: "y", Value: "9"}},
		}
		ids := map[taskqueue.ID]bool{}
		for i, j := range []taskqueue.Job{base, one, two, three} {
			id := f.add(j)
			ids[id] = true
			if diff := cmp.Diff(want[i], f.message(id).Headers); diff != "" {
				t.Errorf("job %d (-want +got)\n%s", i, diff)
			}
		}
		if m := f.message(f.add(base)); m.Max != 4 {
			t.Errorf("the template has %d runs now", m.Max)
		}
		if len(ids) != 4 {
			t.Errorf("%d ids for 4 tasks", len(ids))
		}
	})
}

func TestOptionsAreComparable(t *testing.T) {
	hour := taskqueue.In(time.Hour)
	if hour != taskqueue.In(60*time.Minute) || taskqueue.In(time.Hour) == taskqueue.In(time.Minute) || taskqueue.Retries(0) == taskqueue.Timeout(0) {
		t.Error("equal options differ, or different ones are equal")
	}
}

func TestOptionsAllocateNothing(t *testing.T) {
	n := &note{"hi"}
	queue := ""
	allocs := testing.AllocsPerRun(1000, func() {
		j := taskqueue.NewJob(noteKind, n, taskqueue.In(time.Hour), taskqueue.Retries(3))
		queue = j.Queue()
	})
	if allocs != 0 || queue != taskqueue.Default {
		t.Errorf("%v allocations for two options", allocs)
	}
}
