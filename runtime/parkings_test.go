package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

var newKind = &taskqueue.Kind{Name: "test.New"}

// both runs notes of two kinds.
func both() taskqueue.WorkerConfig {
	return taskqueue.WorkerConfig{Tasks: []taskqueue.Task{task(noteKind, nothing), task(newKind, nothing)}}
}

// A release with a new kind is rolled out: what the old workers park runs within a
// second of the first new worker's start, and later ones run as they come although
// the old workers get them first now and then.
func TestRollingDeploy(t *testing.T) {
	bubble(t, func(f *fixture) {
		old, stopOld := f.work(tasks(nothing))
		var ids []taskqueue.ID
		for range 50 {
			ids = append(ids, f.add(taskqueue.NewJob(newKind, &note{"x"}, taskqueue.Retention(time.Hour))))
		}
		pass(time.Minute)
		if e, err := f.Find(f.Context(), ids[0]); err != nil || e.State != taskqueue.Parked {
			t.Fatalf("%v %v", e.State, err)
		}
		fresh, _ := f.work(both())
		pass(time.Second)
		if n := fresh.Stats().Done; n != 50 {
			t.Errorf("%d of 50 ran within a second", n)
		}
		for range 30 {
			f.add(taskqueue.NewJob(newKind, &note{"x"}))
			pass(20 * time.Second)
		}
		if n := fresh.Stats().Done; n != 80 {
			t.Errorf("%d of 80 ran", n)
		}
		stopOld()
		if s := old.Stats(); s.Unknown < 50 || s.Failed+s.Lost > 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A parked task is found, listed, cancelled and deleted as any that waits, and an old
// worker that comes back parks nothing twice in vain.
func TestParkedTasksAreTasks(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(nothing))
		keep := taskqueue.Retention(time.Hour)
		a := f.add(taskqueue.NewJob(newKind, &note{"a"}, keep))
		b := f.add(taskqueue.NewJob(newKind, &note{"b"}, keep))
		pass(time.Second)
		page, err := f.List(f.Context(), taskqueue.ListQuery{Queue: taskqueue.Default, State: taskqueue.Parked, Limit: 10})
		if err != nil || len(page.Entries) != 2 {
			t.Fatalf("%+v %v", page, err)
		}
		if err := f.Cancel(f.Context(), a, "no"); err != nil {
			t.Error(err)
		}
		if err := f.Delete(f.Context(), b); err != nil {
			t.Error(err)
		}
		if e, err := f.Find(f.Context(), a); err != nil || e.State != taskqueue.StateDiscarded {
			t.Errorf("%v %v", e.State, err)
		}
		if _, err := f.Find(f.Context(), b); !errors.Is(err, taskqueue.ErrNotFound) {
			t.Error(err)
		}
	})
}

// The roll-out on Redis, in real time.
func TestRollingDeployLive(t *testing.T) {
	server := redistest.Start(t)
	open := func() *taskqueue.Client {
		c, err := taskqueue.Open(t.Context(), server.URL())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	producer := open()
	startWorker(t, open(), tasks(nothing))
	id, err := producer.Enqueue(t.Context(), taskqueue.NewJob(newKind, &note{"x"}, taskqueue.Retention(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	state := func() taskqueue.State {
		e, err := producer.Find(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return e.State
	}
	eventually(t, "it is parked", func() bool { return state() == taskqueue.Parked })
	unhandled, err := producer.Unhandled(t.Context())
	if err != nil || len(unhandled) != 1 || unhandled[0].Workers != 1 {
		t.Errorf("%v %v", unhandled, err)
	}
	startWorker(t, open(), both())
	eventually(t, "it has run", func() bool { return state() == taskqueue.StateDone })
}

// What waits for its time is listed, the next one first.
func ExampleClient_List() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		panic(err)
	}
	defer queue.Close()
	id, err := queue.Enqueue(ctx, job("later", taskqueue.In(time.Hour)))
	if err != nil {
		panic(err)
	}
	page, err := queue.List(ctx, taskqueue.ListQuery{Queue: taskqueue.Default, State: taskqueue.Scheduled, Limit: 10})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(page.Entries), page.Entries[0].ID == id, page.Entries[0].State)
	// Output: 1 true scheduled
}
