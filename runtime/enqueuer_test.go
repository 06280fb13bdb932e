package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// refused remembers what an enqueuer could not enqueue; the enqueuer's alone.
type refused []string

func (r *refused) add(j taskqueue.Job, _ taskqueue.ID, err error) {
	*r = append(*r, fmt.Sprint(j.Kind(), ": ", err))
}

// enqueuer runs one until the end of the test, or until stop is called.
func (f *fixture) enqueuer(config taskqueue.EnqueuerConfig) (e *taskqueue.Enqueuer, stop func() error) {
	f.Helper()
	e, err := taskqueue.NewEnqueuer(f.Client, config)
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	f.Cleanup(cancel)
	return e, func() error { cancel(); return <-ended }
}

// Nobody waits for the store; many jobs go in one round trip, in their order.
func TestEnqueuer(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.store.set(func() {
			f.store.enqueue = func(context.Context, []broker.Message) ([]broker.Receipt, error) {
				time.Sleep(time.Second)
				return nil, nil
			}
		})
		e, stop := f.enqueuer(taskqueue.EnqueuerConfig{})
		began := time.Now()
		var ids []taskqueue.ID
		for i := range 2500 {
			id, err := e.Enqueue(f.Context(), job(fmt.Sprint(i)))
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
		pass(5 * time.Second)
		if sizes := f.store.sizes(); len(sizes) > 4 {
			t.Errorf("batches of %v", sizes)
		}
		page, err := f.List(f.Context(), taskqueue.ListQuery{Queue: taskqueue.Default, State: taskqueue.Pending, Limit: 1000})
		if err != nil || page.Entries[0].ID != ids[0] || page.Entries[999].ID != ids[999] {
			t.Errorf("order: %v", err)
		}
		if s := e.Stats(); s.Sent != 2500 || s.Waiting+int(s.Failed) != 0 {
			t.Errorf("%+v", s)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if _, err := e.Enqueue(f.Context(), job("late")); !errors.Is(err, taskqueue.ErrClosed) {
			t.Error(err)
		}
	})
}

// A full buffer refuses or holds back, as it is told.
func TestEnqueuerBuffer(t *testing.T) {
	bubble(t, func(f *fixture) {
		free := make(chan struct{})
		f.store.set(func() {
			f.store.enqueue = func(context.Context, []broker.Message) ([]broker.Receipt, error) { <-free; return nil, nil }
		})
		refuses, _ := f.enqueuer(taskqueue.EnqueuerConfig{Buffer: 2, Refuse: true})
		waits, _ := f.enqueuer(taskqueue.EnqueuerConfig{Buffer: 2})
		for _, e := range []*taskqueue.Enqueuer{refuses, waits} {
			for range 2 {
				if _, err := e.Enqueue(f.Context(), job("x")); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := refuses.Enqueue(f.Context(), job("x")); !errors.Is(err, taskqueue.ErrFull) {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(f.Context(), time.Second)
		defer cancel()
		if _, err := waits.Enqueue(ctx, job("x")); !errors.Is(err, taskqueue.ErrFull) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		go func() { time.Sleep(time.Minute); close(free) }()
		began := time.Now()
		if _, err := waits.Enqueue(f.Context(), job("x")); err != nil || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// What cannot be in is told of; a bad job is refused at once.
func TestEnqueuerErrors(t *testing.T) {
	bubble(t, func(f *fixture) {
		var told refused
		e, stop := f.enqueuer(taskqueue.EnqueuerConfig{Failed: told.add})
		if err := f.Limit(f.Context(), "small", 1); err != nil {
			t.Fatal(err)
		}
		for _, j := range []taskqueue.Job{
			job("a", taskqueue.Unique("u", 0)), job("b", taskqueue.Unique("u", 0)),
			job("c", taskqueue.Queue("small")), job("d", taskqueue.Queue("small")), job("e"),
		} {
			if _, err := e.Enqueue(f.Context(), j); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := e.Enqueue(f.Context(), taskqueue.Job{}); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Error(err)
		}
		pass(time.Second)
		if err := stop(); err != nil {
			t.Error(err)
		}
		slices.Sort(told)
		if s := e.Stats(); s.Sent != 3 || s.Failed != 2 || len(told) != 2 || !strings.Contains(told[0], "duplicate") || !strings.Contains(told[1], "full") {
			t.Errorf("%+v: %v", s, told)
		}
	})
}

// An outage costs nothing while there is room; what is left at the end is drained,
// and what cannot be is told of.
func TestEnqueuerOutage(t *testing.T) {
	bubble(t, func(f *fixture) {
		var away atomic.Bool
		away.Store(true)
		f.store.set(func() {
			f.store.enqueue = func(_ context.Context, messages []broker.Message) (receipts []broker.Receipt, err error) {
				for i := range messages {
					if away.Load() {
						receipts = append(receipts, broker.Receipt{Index: i, Err: broker.ErrUnavailable})
					}
				}
				return receipts, nil
			}
		})
		e, stop := f.enqueuer(taskqueue.EnqueuerConfig{})
		add := func(e *taskqueue.Enqueuer) {
			if _, err := e.Enqueue(f.Context(), job("x")); err != nil {
				t.Fatal(err)
			}
		}
		add(e)
		pass(time.Hour)
		away.Store(false)
		pass(2 * time.Second)
		if s := e.Stats(); s.Sent != 1 {
			t.Errorf("%+v", s)
		}
		away.Store(true)
		add(e)
		go func() { time.Sleep(5 * time.Second); away.Store(false) }()
		if err := stop(); err != nil || e.Stats().Sent != 2 {
			t.Errorf("drained: %v, %+v", err, e.Stats())
		}
		away.Store(true)
		var told refused
		last, stop := f.enqueuer(taskqueue.EnqueuerConfig{Failed: told.add})
		add(last)
		began := time.Now()
		if err := stop(); err != nil || time.Since(began) > 12*time.Second || len(told) != 1 || !strings.Contains(told[0], "unavailable") {
			t.Errorf("%v after %v: %v", err, time.Since(began), told)
		}
	})
}

func TestBadEnqueuers(t *testing.T) {
	bubble(t, func(f *fixture) {
		for text, config := range map[string]taskqueue.EnqueuerConfig{
			"Buffer -1": {Buffer: -1}, "Linger 2m0s": {Linger: 2 * time.Minute}, "Drain 1h0m0s": {Drain: time.Hour},
		} {
			if _, err := taskqueue.NewEnqueuer(f.Client, config); !errors.Is(err, taskqueue.ErrInvalid) || !strings.Contains(err.Error(), text) {
				t.Errorf("%v, want %s", err, text)
			}
		}
		if _, err := taskqueue.NewEnqueuer(nil, taskqueue.EnqueuerConfig{}); !errors.Is(err, taskqueue.ErrInvalid) {
			t.Error(err)
		}
		e, stop := f.enqueuer(taskqueue.EnqueuerConfig{})
		pass(time.Second)
		if err := e.Run(f.Context()); err == nil {
			t.Error("it runs twice")
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// On Redis: 20,000 jobs from one goroutine, one round trip for many of them.
func TestEnqueuerLive(t *testing.T) {
	server := redistest.Start(t)
	client, err := taskqueue.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	f := &fixture{t, client, nil}
	e, stop := f.enqueuer(taskqueue.EnqueuerConfig{Buffer: 5000})
	began := time.Now()
	const n = 20_000
	for range n {
		if _, err := e.Enqueue(t.Context(), job("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	infos, err := client.Queues(t.Context(), taskqueue.Default)
	if err != nil || infos[0].Pending != n {
		t.Errorf("%+v %v", infos, err)
	}
	t.Logf("%.0f jobs a second", n/time.Since(began).Seconds())
}

// A request handler does not wait for the store; the program drains at its end.
func ExampleEnqueuer() {
	queue, err := taskqueue.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	enqueuer, err := taskqueue.NewEnqueuer(queue, taskqueue.EnqueuerConfig{
		Failed: func(job taskqueue.Job, id taskqueue.ID, err error) { fmt.Println(job.Kind(), "is not in:", err) },
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- enqueuer.Run(ctx) }()
	for _, text := range []string{"one", "two", "three"} {
		if _, err := enqueuer.Enqueue(ctx, job(text)); err != nil {
			log.Fatal(err)
		}
	}
	stop()
	fmt.Println(<-ended, enqueuer.Stats().Sent)
	// Output: <nil> 3
}
