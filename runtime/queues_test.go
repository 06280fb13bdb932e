package taskqueue_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

func TestStandardQueues(t *testing.T) {
	table, err := taskqueue.NewQueueTable()
	if err != nil {
		t.Fatal(err)
	}
	want := []taskqueue.QueueConfig{
		{Name: "high_priority", Priority: 10, Weight: 6, Retries: 5, Timeout: 10 * time.Minute},
		{Name: "default", Priority: 0, Weight: 3, Retries: 3, Timeout: 5 * time.Minute},
		{Name: "low_priority", Priority: -10, Weight: 1, Retries: 2, Timeout: 2 * time.Minute, Rate: taskqueue.Rate{N: 10, Period: time.Second}},
	}
	if diff := cmp.Diff(want, table.ByPriority()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	table.ByPriority()[0].Weight = 99
	if q, ok := table.Get(taskqueue.HighPriority); !ok || q.Weight != 6 {
		t.Errorf("%+v %v", q, ok)
	}
}

func TestQueueTable(t *testing.T) {
	table, err := taskqueue.NewQueueTable(
		taskqueue.QueueConfig{Name: "b", Priority: 5},
		taskqueue.QueueConfig{Name: "a", Priority: 5, Retries: taskqueue.NoRetries, Timeout: taskqueue.NoTimeout},
		taskqueue.QueueConfig{Name: taskqueue.Default, Retries: 1},
		taskqueue.QueueConfig{Name: "b", Priority: 5, Weight: 7},
	)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, q := range table.ByPriority() {
		names = append(names, q.Name)
	}
	if diff := cmp.Diff([]string{"high_priority", "a", "b", "default", "low_priority"}, names); diff != "" {
		t.Errorf("order (-want +got)\n%s", diff)
	}
	for name, want := range map[string]taskqueue.QueueConfig{
		"a":       {Name: "a", Priority: 5, Weight: 3, Retries: -1, Timeout: -1},
		"b":       {Name: "b", Priority: 5, Weight: 7, Retries: 3, Timeout: 5 * time.Minute},
		"default": {Name: "default", Weight: 3, Retries: 1, Timeout: 5 * time.Minute},
	} {
		if got, ok := table.Get(name); !ok || got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if got, ok := table.Get("unheard-of"); ok || got.Retries != 3 || got.Timeout != 5*time.Minute || got.Weight != 3 {
		t.Errorf("%+v %v", got, ok)
	}
}

func TestQueueTableAdd(t *testing.T) {
	table, err := taskqueue.NewQueueTable(taskqueue.QueueConfig{Name: "a", Priority: 5})
	if err != nil {
		t.Fatal(err)
	}
	more, err := table.Add(taskqueue.QueueConfig{Name: "b", Priority: 20}, taskqueue.QueueConfig{Name: "a", Priority: -20})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "high_priority", "default", "low_priority", "a"}, more.Names()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"high_priority", "a", "default", "low_priority"}, table.Names()); diff != "" {
		t.Errorf("the first one (-want +got)\n%s", diff)
	}
	if _, err := table.Add(taskqueue.QueueConfig{Name: "?"}); !errors.Is(err, taskqueue.ErrInvalid) {
		t.Error(err)
	}
}

func TestBadQueues(t *testing.T) {
	for text, q := range map[string]taskqueue.QueueConfig{
		"the queue name is empty":                  {},
		`the queue name "a b" has ' '`:             {Name: "a b"},
		"queue a: weight -1 is outside":            {Name: "a", Weight: -1},
		"queue a: weight 1001 is outside":          {Name: "a", Weight: 1001},
		"255 retries are outside 0 to 254":         {Name: "a", Retries: 255},
		"timeout 1µs is outside 1ms to 1176h":      {Name: "a", Timeout: time.Microsecond},
		"queue a: taskqueue: invalid: MaxTasks -2": {Name: "a", MaxTasks: -2},
		"concurrency -2 is outside":                {Name: "a", Concurrency: -2},
		"period 0s of a rate is outside":           {Name: "a", Rate: taskqueue.Rate{N: 1}},
	} {
		_, err := taskqueue.NewQueueTable(q, taskqueue.QueueConfig{Name: "fine"})
		if !errors.Is(err, taskqueue.ErrInvalid) || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %q", err, text)
		}
		if _, err := taskqueue.NewClient(newStore(), taskqueue.ClientConfig{Queues: []taskqueue.QueueConfig{q}}); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Errorf("NewClient: %v", err)
		}
	}
}

func TestQueueNames(t *testing.T) {
	if taskqueue.Default != "default" || taskqueue.HighPriority != "high_priority" || taskqueue.LowPriority != "low_priority" {
		t.Error("the standard queues have other names than before")
	}
}
