package taskqueue_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// A worker runs tasks under all names that their kind has had.
func TestRenamedKind(t *testing.T) {
	bubble(t, func(f *fixture) {
		keep := taskqueue.Retention(time.Hour)
		before := f.add(job("before", keep))
		after := &taskqueue.Kind{Name: "test.Letter", Was: []string{"test.Memo", noteKind.Name}}
		now := f.add(taskqueue.NewJob(after, &note{"now"}, keep))
		f.work(taskqueue.WorkerConfig{Tasks: []taskqueue.Task{task(after, func(_ context.Context, text string) (string, error) { return text, nil })}})
		for want, id := range map[string]taskqueue.ID{"before": before, "now": now} {
			if got, err := future(f.Client, id).Get(f.Context()); got != want || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		}
	})
}

// Each version of a payload has its own way to be run; a task that is newer than
// the worker, or older than all it knows, is given back and costs no attempt.
func TestVersions(t *testing.T) {
	bubble(t, func(f *fixture) {
		at := func(version uint16) *taskqueue.Kind { return &taskqueue.Kind{Name: noteKind.Name, Version: version} }
		worker := func(version uint16, older ...uint16) taskqueue.WorkerConfig {
			handle := func(as uint16) taskqueue.Task {
				return task(at(version), func(ctx context.Context, text string) (string, error) {
					return fmt.Sprintf("%s as %d, attempt %d", text, as, taskqueue.Info(ctx).Attempt), nil
				})
			}
			bound := handle(version)
			bound.Older = map[uint16]taskqueue.RunFunc{}
			for _, v := range older {
				bound.Older[v] = handle(v).Run
			}
			return taskqueue.WorkerConfig{Tasks: []taskqueue.Task{bound}}
		}
		keep := taskqueue.Retention(time.Hour)
		none := f.add(job("no version", keep))
		newer := f.add(taskqueue.NewJob(at(3), &note{"third"}, keep))
		_, stop := f.work(worker(2, 1))
		pass(time.Minute)
		stop()
		if m := f.message(newer); m.Attempts != 0 || m.Lost != 0 || m.Version != 3 {
			t.Errorf("after a worker of version 2: %+v", m)
		}
		older := f.add(taskqueue.NewJob(at(1), &note{"first"}, keep))
		_, stop = f.work(worker(3, 2))
		pass(time.Minute)
		stop()
		f.work(worker(1))
		for want, id := range map[string]taskqueue.ID{"no version as 1, attempt 1": none, "third as 3, attempt 1": newer, "first as 1, attempt 1": older} {
			if got, err := future(f.Client, id).Get(f.Context()); got != want || err != nil {
				t.Errorf("%q and not %q, %v", got, want, err)
			}
		}
	})
}

// A task that no worker is new enough for becomes a dead letter that says so.
func TestUnknownVersion(t *testing.T) {
	bubble(t, func(f *fixture) {
		id := f.add(taskqueue.NewJob(&taskqueue.Kind{Name: noteKind.Name, Version: 2}, &note{}, taskqueue.Retention(time.Hour)))
		config := tasks(nothing)
		config.UnknownKindAge = time.Minute
		f.work(config)
		if outcome := f.ended(id); outcome.State != broker.StateDead || !strings.Contains(outcome.Reason, `"test.Note" in version 2, for 1m`) {
			t.Errorf("the outcome is %v", outcome)
		}
	})
}

// What a kind says of expiry holds for its jobs, unless an option says something
// else.
func TestKindExpires(t *testing.T) {
	bubble(t, func(f *fixture) {
		kind := &taskqueue.Kind{Name: noteKind.Name, Settings: taskqueue.Settings{Expires: time.Minute}}
		keep := taskqueue.Retention(time.Hour)
		late := f.add(taskqueue.NewJob(kind, &note{"late"}, keep))
		never := f.add(taskqueue.NewJob(kind, &note{"never"}, keep, taskqueue.Expires(0)))
		pass(time.Minute)
		f.work(tasks(func(_ context.Context, text string) (string, error) { return text, nil }))
		if outcome := f.ended(late); outcome.State != broker.StateDiscarded || !strings.Contains(outcome.Reason, "taskqueue: task expired") {
			t.Errorf("the outcome is %v", outcome)
		}
		if got, err := future(f.Client, never).Get(f.Context()); got != "never" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}
