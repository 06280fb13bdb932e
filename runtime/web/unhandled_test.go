package web

import (
	"testing"
	"testing/synctest"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Tasks that no living worker of their queue can run are told by kind and version.
func TestUnhandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		f.finished = make(chan taskqueue.Event, 400)
		_, stop := f.work()
		fresh := &taskqueue.Kind{Name: "test.Note", Version: 3}
		for _, kind := range []*taskqueue.Kind{{Name: "shop.Order"}, {Name: "shop.Order"}, fresh, noteKind()} {
			if _, err := f.client.Enqueue(t.Context(), taskqueue.NewJob(kind, &note{"x"})); err != nil {
				t.Fatal(err)
			}
		}
		f.add("x", taskqueue.Queue("nobodys"))
		time.Sleep(10 * time.Second)
		f.want(f.get("/tasks/overview"), map[string]any{
			"unhandled.0.queue": "default", "unhandled.0.kind": "shop.Order", "unhandled.0.version": 1, "unhandled.0.tasks": 2, "unhandled.0.exact": true,
			"unhandled.1.queue": "default", "unhandled.1.kind": "test.Note", "unhandled.1.version": 3, "unhandled.1.tasks": 1,
			"unhandled.2.queue": "nobodys", "unhandled.2.kind": "test.Note", "unhandled.2.version": 1, "unhandled.2.tasks": 1, "unhandled.3": nil,
		})
		f.want(f.get("/tasks/types"), map[string]any{
			"types.0.kind": "shop.Order", "types.0.known": false, "types.0.workers": 0, "types.0.unhandled.0.tasks": 2,
			"types.1.kind": "test.Note", "types.1.unhandled.1.queue": "nobodys",
		})
		if _, err := f.client.Purge(t.Context(), taskqueue.Default, taskqueue.Parked); err != nil {
			t.Fatal(err)
		}
		stop()
		for range 300 {
			f.add("x")
		}
		time.Sleep(2 * time.Minute) // the worker is forgotten
		f.want(f.get("/tasks/overview"), map[string]any{"unhandled.0.kind": "test.Note", "unhandled.0.tasks": 200, "unhandled.0.exact": false, "unhandled.1.queue": "nobodys"})
		f.work()
		time.Sleep(10 * time.Second)
		f.want(f.get("/tasks/overview"), map[string]any{"unhandled.0.queue": "nobodys", "unhandled.1": nil})
	})
}
