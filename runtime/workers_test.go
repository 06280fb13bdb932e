package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// workers are those that are announced.
func (f *fixture) workers() []taskqueue.WorkerInfo {
	f.Helper()
	all, err := f.Workers(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	return all
}

// A worker tells what it is, what it can do and what it does.
func TestWorkersAnnounceThemselves(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(echo)
		config.Name, config.Concurrency = "shop", 30
		config.Tasks[0].Kind = &taskqueue.Kind{Name: "test.Note", Version: 3, Was: []string{"test.Memo"}}
		config.Tasks[0].Older = map[uint16]taskqueue.RunFunc{1: config.Tasks[0].Run, 2: config.Tasks[0].Run}
		w, stop := f.work(config)
		for range 25 {
			f.add(job("1h", taskqueue.Timeout(0)))
		}
		pass(5 * time.Second)
		all := f.workers()
		if len(all) != 1 {
			t.Fatalf("%+v", all)
		}
		got := all[0]
		host, _ := os.Hostname()
		if !strings.HasPrefix(got.Name, "shop.") || got.Host != host || got.PID != os.Getpid() || got.Registry == "" || got.Slots != 30 || got.Active != 25 || got.Draining {
			t.Errorf("%+v", got)
		}
		kinds := []taskqueue.WorkerKind{{Name: "test.Memo", Version: 3, Older: []uint16{1, 2}}, {Name: "test.Note", Version: 3, Older: []uint16{1, 2}}}
		if diff := cmp.Diff(kinds, got.Kinds); diff != "" {
			t.Errorf("kinds (-want +got):\n%s", diff)
		}
		queues := []taskqueue.WorkerQueue{{Name: "high_priority", Weight: 6}, {Name: "default", Weight: 3, Active: 25}, {Name: "low_priority", Weight: 1}}
		if diff := cmp.Diff(queues, got.Queues); diff != "" {
			t.Errorf("queues (-want +got):\n%s", diff)
		}
		if len(got.Running) != 20 || got.Running[0].Kind != "test.Note" || got.Running[0].ID != w.Running(1)[0].ID {
			t.Errorf("runs: %+v", got.Running)
		}
		go stop()
		pass(time.Second)
		if all := f.workers(); len(all) != 1 || !all[0].Draining {
			t.Errorf("while it drains: %+v", all)
		}
		pass(2 * time.Hour)
		if all := f.workers(); len(all) != 0 {
			t.Errorf("after the end: %+v", all)
		}
	})
}

// A worker that does nothing announces itself half as often as one that is busy, and
// is listed all the time.
func TestIdleWorkersAreQuiet(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(echo))
		row := func() uint64 {
			rows, err := f.store.Records(f.Context(), "workers")
			if err != nil || len(rows) != 1 {
				t.Fatalf("%v %v", rows, err)
			}
			return rows[0].Version
		}
		words := func() uint64 {
			before := row()
			for range 600 {
				pass(time.Second)
				row()
			}
			return row() - before
		}
		pass(time.Second)
		if n := words(); n != 60 {
			t.Errorf("%d announcements in ten minutes of doing nothing, want 60", n)
		}
		f.add(job("1h", taskqueue.Timeout(0)))
		if n := words(); n != 120 {
			t.Errorf("%d announcements in ten minutes of work, want 120", n)
		}
	})
}

// A worker that died is gone after 15 seconds.
func TestDeadWorkersAreGone(t *testing.T) {
	bubble(t, func(f *fixture) {
		data := []byte(`{"name":"dead.1","queues":[{"name":"default"}],"lasts":15000000000}`)
		if _, err := f.store.Put(f.Context(), "workers", broker.Record{Name: "dead.1", Data: data, TTL: 15 * time.Second, If: broker.Any}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.store.Put(f.Context(), "workers", broker.Record{Name: "foreign", Data: []byte("?"), If: broker.Any}); err != nil {
			t.Fatal(err)
		}
		pass(7 * time.Second)
		if all := f.workers(); len(all) != 1 || all[0].Heard != 7*time.Second || !all[0].Serves("default") {
			t.Errorf("%+v", all)
		}
		pass(8 * time.Second)
		if all := f.workers(); len(all) != 0 {
			t.Errorf("%+v", all)
		}
	})
}

// Workers of the same program have the same registry, those of another do not.
func TestRegistryHash(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(nothing))
		f.work(tasks(nothing))
		other := tasks(nothing)
		other.Tasks[0].Kind = &taskqueue.Kind{Name: "test.Note", Version: 2}
		f.work(other)
		seen := make(map[string]int)
		for _, w := range f.workers() {
			seen[w.Registry]++
		}
		if len(seen) != 2 {
			t.Errorf("%v", seen)
		}
	})
}

// What nobody can run is found: a kind, a version and a queue without workers.
func TestUnhandled(t *testing.T) {
	bubble(t, func(f *fixture) {
		one := &taskqueue.Kind{Name: "test.New"}
		newer := &taskqueue.Kind{Name: "test.Note", Version: 2}
		f.add(job("known", taskqueue.In(time.Hour)))
		for range 23 {
			f.add(taskqueue.NewJob(one, &note{"x"}))
		}
		f.add(taskqueue.NewJob(newer, &note{"x"}, taskqueue.In(time.Hour)))
		f.add(job("nobody here", taskqueue.Queue("reports")))
		f.work(tasks(nothing))
		pass(time.Minute)
		found, err := f.Unhandled(f.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range found {
			got = append(got, u.String())
		}
		want := []string{
			"23 tasks of kind test.New, version 1, wait in queue default: none of the 1 workers at the queue runs them",
			"1 task of kind test.Note, version 2, waits in queue default: none of the 1 workers at the queue runs them",
			"1 task of kind test.Note, version 1, waits in queue reports: no worker serves the queue",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A worker without an answer to its announcements works all the same, and ends in
// time.
func TestAnnouncementsMayFail(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.store.set(func() { f.store.put = func(r string) error { return broker.ErrUnavailable } })
		var log lines
		config := tasks(nothing)
		config.Logger = log.logger()
		w, stop := f.work(config)
		f.add(job("x"))
		pass(time.Minute)
		if s := w.Stats(); s.Done != 1 || strings.Count(log.String(), "cannot announce itself") != 1 {
			t.Errorf("%+v\n%s", s, log.String())
		}
		began := time.Now()
		stop()
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %v to stop", took)
		}
	})
}

// The fleet as it is on Redis.
func TestWorkersLive(t *testing.T) {
	server := redistest.Start(t)
	client, err := taskqueue.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	stop := startWorker(t, client, tasks(nothing))
	eventually(t, "a worker is announced", func() bool {
		all, err := client.Workers(t.Context())
		return err == nil && len(all) == 1 && all[0].Runs("test.Note", 1)
	})
	stop()
	if all, err := client.Workers(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("after a clean stop: %+v %v", all, err)
	}
}

// startWorker runs a worker in real time.
func startWorker(t *testing.T, c *taskqueue.Client, config taskqueue.WorkerConfig) (stop func()) {
	t.Helper()
	config.Logger = new(lines).logger()
	w, err := taskqueue.NewWorker(c, config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, taskqueue.ErrClosed) {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// eventually waits until ok, in real time.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Who works, and what nobody can run.
func ExampleClient_Unhandled() {
	ctx := context.Background()
	queue, err := taskqueue.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	if _, err := queue.Enqueue(ctx, job("hello", taskqueue.Queue("reports"))); err != nil {
		log.Fatal(err)
	}
	workers, err := queue.Workers(ctx)
	if err != nil {
		log.Fatal(err)
	}
	unhandled, err := queue.Unhandled(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(workers), "workers")
	for _, u := range unhandled {
		fmt.Println(u)
	}
	// Output:
	// 0 workers
	// 1 task of kind test.Note, version 1, waits in queue reports: no worker serves the queue
}
