package taskqueue_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A task waits in a group where its kind has a limit, or it has a key.
func TestGroupAndKey(t *testing.T) {
	limited := taskqueue.Kind{Name: "test.Note", Settings: taskqueue.Settings{Limit: taskqueue.Limit{Concurrency: 2}}}
	renamed := limited
	renamed.Was = []string{"test.Memo", "test.Slip"}
	key := taskqueue.WithKey("customer 7")
	tests := map[string]struct {
		kind       taskqueue.Kind
		options    []taskqueue.Option
		group, key string
	}{
		"nothing":          {kind: taskqueue.Kind{Name: "test.Note"}},
		"a limit":          {kind: limited, group: "test.Note"},
		"a key":            {kind: taskqueue.Kind{Name: "test.Note"}, options: []taskqueue.Option{key}, group: "test.Note", key: "customer 7"},
		"nobody's key":     {kind: taskqueue.Kind{Name: "test.Note"}, options: []taskqueue.Option{taskqueue.WithKey("")}, group: "test.Note"},
		"both":             {kind: limited, options: []taskqueue.Option{key}, group: "test.Note", key: "customer 7"},
		"the later option": {kind: limited, options: []taskqueue.Option{key, taskqueue.WithKey("8")}, group: "test.Note", key: "8"},
		"the first name":   {kind: renamed, group: "test.Slip"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			store := newStore()
			c, err := taskqueue.NewClient(store, taskqueue.ClientConfig{})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Enqueue(t.Context(), taskqueue.NewJob(&test.kind, &note{"hi"}, test.options...)); err != nil {
				t.Fatal(err)
			}
			if m := store.batches[0][0]; m.Group != test.group || m.Key != test.key {
				t.Errorf("group %q, key %q; want %q, %q", m.Group, m.Key, test.group, test.key)
			}
		})
	}
}

func TestBadKey(t *testing.T) {
	store := newStore()
	c, err := taskqueue.NewClient(store, taskqueue.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, key := range []string{strings.Repeat("k", 129), "a\x00b"} {
		if _, err := c.Enqueue(t.Context(), job("hi", taskqueue.WithKey(key))); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Errorf("%q: %v", key, err)
		}
	}
}

// A limit that no store would accept is the kind's fault.
func TestBadLimit(t *testing.T) {
	bubble(t, func(f *fixture) {
		kind := &taskqueue.Kind{Name: "test.Note", Settings: taskqueue.Settings{
			Limit: taskqueue.Limit{KeyRate: taskqueue.Rate{N: 1, Period: time.Microsecond}},
		}}
		_, err := taskqueue.NewWorker(f.Client, taskqueue.WorkerConfig{Tasks: []taskqueue.Task{task(kind, echo)}})
		if !errors.Is(err, taskqueue.ErrInvalid) || !strings.Contains(err.Error(), "the period 1µs of a rate is outside 1ms to 24h") {
			t.Error(err)
		}
	})
}
