package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// How the error of a batch becomes those of its tasks.
func TestSplitBatchError(t *testing.T) {
	var (
		bad  = errors.New("bad")
		some = taskqueue.BatchErrors{1: bad}
	)
	tests := map[string]struct {
		err  error
		want []error
	}{
		"done":            {nil, nil},
		"all":             {bad, []error{bad, bad, bad}},
		"some":            {some, []error{nil, bad, nil}},
		"some, wrapped":   {fmt.Errorf("at the post office: %w", some), []error{nil, bad, nil}},
		"none":            {taskqueue.BatchErrors{}, make([]error, 3)},
		"one that is not": {taskqueue.BatchErrors{0: nil, 3: bad}, []error{taskqueue.ErrInvalid, taskqueue.ErrInvalid, taskqueue.ErrInvalid}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := taskqueue.SplitBatchError(test.err, 3)
			if len(got) != len(test.want) {
				t.Fatalf("%v; want %v", got, test.want)
			}
			for i := range got {
				if !errors.Is(got[i], test.want[i]) {
					t.Errorf("task %d: %v; want %v", i, got[i], test.want[i])
				}
			}
		})
	}
}

func TestBatchErrors(t *testing.T) {
	err := taskqueue.BatchErrors{7: errors.New("seven"), 0: taskqueue.ErrTimeout, 3: errors.New("three"), 4: errors.New("four")}
	want := "taskqueue: 4 tasks of a batch failed; task 0: " + taskqueue.ErrTimeout.Error() + "; task 3: three; task 4: four; …"
	if err.Error() != want {
		t.Errorf("%s\nwant %s", err, want)
	}
	if !errors.Is(err, taskqueue.ErrTimeout) {
		t.Error("Is does not look inside")
	}
}

// A batch that cannot be is the task's fault.
func TestBadBatch(t *testing.T) {
	run := func(context.Context, []taskqueue.Encoded) []error { return nil }
	bubble(t, func(f *fixture) {
		for want, batch := range map[string]taskqueue.Batch{
			"nothing to run":             {Max: 10},
			"a batch of 1 tasks":         {Max: 1, Run: run},
			"a batch of 1001 tasks":      {Max: 1001, Run: run},
			"the linger -1ns":            {Max: 10, Linger: -1, Run: run},
			"the linger 1m0.000000001s ": {Max: 10, Linger: time.Minute + 1, Run: run},
		} {
			bound := task(&taskqueue.Kind{Name: "test.Note"}, echo)
			bound.Batch = &batch
			_, err := taskqueue.NewWorker(f.Client, taskqueue.WorkerConfig{Tasks: []taskqueue.Task{bound}})
			if !errors.Is(err, taskqueue.ErrInvalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v; want %q", err, want)
			}
		}
	})
}
