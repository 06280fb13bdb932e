package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/broker/membroker"
)

// held is a fixture whose client holds producers back.
func (f *fixture) held(b taskqueue.Backpressure) *fixture {
	f.Helper()
	c, err := taskqueue.NewClient(f.store, taskqueue.ClientConfig{Backpressure: b})
	if err != nil {
		f.Fatal(err)
	}
	return &fixture{f.T, c, f.store}
}

// Producers wait for room in a full queue, no longer than they may.
func TestBackpressureHoldsProducers(t *testing.T) {
	bubble(t, func(f *fixture) {
		h := f.held(taskqueue.Backpressure{Wait: time.Minute, Delay: time.Second})
		if err := h.Limit(f.Context(), taskqueue.Default, 1); err != nil {
			t.Fatal(err)
		}
		h.add(job("first"))
		began := time.Now()
		if _, err := h.Enqueue(f.Context(), job("x")); !errors.Is(err, taskqueue.ErrFull) || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(f.Context(), 5*time.Second)
		defer cancel()
		if _, err := h.Enqueue(ctx, job("x")); !errors.Is(err, taskqueue.ErrFull) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		go func() {
			time.Sleep(10 * time.Second)
			if s := h.Pressure(); s.Waiting != 1 {
				t.Errorf("%+v", s)
			}
			f.work(tasks(nothing))
		}()
		began = time.Now()
		if _, err := h.Enqueue(f.Context(), job("x")); err != nil || time.Since(began) < 10*time.Second || time.Since(began) > 11*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if s := h.Pressure(); s != (taskqueue.PressureStats{Held: 1, Refused: 2}) {
			t.Errorf("%+v", s)
		}
		pass(time.Second)
		f.add(job("x"))
	})
}

func TestBadBackpressure(t *testing.T) {
	for text, b := range map[string]taskqueue.Backpressure{"Wait -1ns": {Wait: -1}, "Delay 1h0m0s": {Delay: time.Hour}, "Delay 1ns": {Delay: 1}} {
		_, err := taskqueue.NewClient(newStore(), taskqueue.ClientConfig{Backpressure: b})
		if !errors.Is(err, taskqueue.ErrInvalid) || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %s", err, text)
		}
	}
}

// Drain waits for what is there, and lets nothing more in meanwhile.
func TestDrain(t *testing.T) {
	bubble(t, func(f *fixture) {
		if err := f.Limit(f.Context(), taskqueue.Default, 50); err != nil {
			t.Fatal(err)
		}
		f.bulk(taskqueue.Default, 25)
		f.add(job("later", taskqueue.In(time.Minute)))
		f.work(tasks(func(context.Context, string) (string, error) { time.Sleep(time.Second); return "", nil }))
		var refused atomic.Int64
		go func() {
			for range 30 {
				time.Sleep(time.Second)
				if _, err := f.Enqueue(f.Context(), job("more")); errors.Is(err, taskqueue.ErrFull) {
					refused.Add(1)
				}
			}
		}()
		began := time.Now()
		left, err := f.Drain(f.Context(), taskqueue.Default)
		if took := time.Since(began); err != nil || left.Done != 26 || took < time.Minute || took > 62*time.Second {
			t.Errorf("%+v %v after %v", left, err, took)
		}
		if s := f.settings(taskqueue.Default); refused.Load() != 30 || s.MaxTasks != 50 || s.Closed {
			t.Errorf("%d were refused; %+v", refused.Load(), f.settings(taskqueue.Default))
		}
		f.add(job("later", taskqueue.In(time.Hour)))
		ctx, cancel := context.WithTimeout(f.Context(), time.Minute)
		defer cancel()
		if left, err := f.Drain(ctx, taskqueue.Default); !errors.Is(err, context.DeadlineExceeded) || left.Scheduled != 1 || f.settings(taskqueue.Default).Closed {
			t.Errorf("%+v %v", left, err)
		}
	})
}

// Whatever else may get in while a queue is drained, the last place stays empty; and a
// queue whose Drain was killed is open again after Resume.
func TestDrainLetsNothingIn(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.work(tasks(nothing))
		f.add(job("last", taskqueue.In(time.Minute+20*time.Millisecond))) // between two looks of Drain
		drained := make(chan error, 1)
		go func() {
			_, err := f.Drain(f.Context(), taskqueue.Default)
			drained <- err
		}()
		pass(time.Minute + 50*time.Millisecond) // it has run; Drain looks in a moment
		if _, err := f.Enqueue(f.Context(), job("more")); !errors.Is(err, taskqueue.ErrFull) {
			t.Error(err)
		}
		if err := <-drained; err != nil {
			t.Error(err)
		}
		if err := f.store.Configure(f.Context(), taskqueue.Default, broker.Settings{Closed: true}); err != nil {
			t.Fatal(err)
		}
		if err := f.Resume(f.Context(), taskqueue.Default); err != nil {
			t.Fatal(err)
		}
		f.add(job("open"))
	})
}

func TestDrainLive(t *testing.T) {
	server := redistest.Start(t)
	client, err := taskqueue.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	f := &fixture{t, client, nil}
	f.bulk(taskqueue.Default, 500)
	defer startWorker(t, client, tasks(nothing))()
	if left, err := client.Drain(t.Context(), taskqueue.Default); err != nil || left.Done != 500 || left.Pending != 0 {
		t.Errorf("%+v %v", left, err)
	}
}

// OnDead is told of each task that dies by this worker's decision, with its payload.
func TestOnDead(t *testing.T) {
	bubble(t, func(f *fixture) {
		var mu sync.Mutex
		var told []string
		config := tasks(func(_ context.Context, text string) (string, error) {
			if text == "bad" {
				return "", taskqueue.Permanent(errBoom)
			}
			return "", errBoom
		})
		config.OnDead = func(ctx context.Context, d taskqueue.DeadTask) {
			mu.Lock()
			defer mu.Unlock()
			text, _ := decode(d.Payload)
			told = append(told, fmt.Sprint(text, " ", d.Kind, " ", d.Attempt, " ", d.Err, " ", ctx.Err(), " ", taskqueue.Info(ctx).ID == d.ID))
		}
		f.work(config)
		f.add(job("bad"))
		pass(time.Second)
		f.add(job("weak", taskqueue.Retries(1)))
		pass(time.Hour)
		mu.Lock()
		defer mu.Unlock()
		if got := strings.Join(told, "\n"); got != "bad test.Note 1 boom <nil> true\nweak test.Note 2 boom <nil> true" {
			t.Error(got)
		}
	})
}

// OnDead is told of what dies without the end of a run, too: by the worker of the queue
// that finds out, or, where there is none, by the one that promotes for it.
func TestOnDeadWithoutARun(t *testing.T) {
	for name, queue := range map[string]string{"served": taskqueue.Default, "not served": "other"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.add(job("poison", taskqueue.Queue(queue)))
				f.vanish(queue, broker.LostLimit)
				f.add(job("later", taskqueue.Queue(queue), taskqueue.In(time.Hour)))
				config := tasks(nothing)
				config.Queues, config.History = []taskqueue.QueueWeight{{Name: taskqueue.Default, Weight: 1}}, 10
				told := make(chan taskqueue.DeadTask, 10)
				config.OnDead = func(ctx context.Context, d taskqueue.DeadTask) {
					told <- d
					if text, _ := decode(d.Payload); text == "poison" && ctx.Err() == nil {
						panic("an observer")
					}
				}
				f.work(config)
				pass(time.Minute)
				close(told)
				d := <-told
				if text, _ := decode(d.Payload); text != "poison" || !errors.Is(d.Err, taskqueue.ErrLost) || d.Lost != broker.LostLimit || d.Queue != queue || d.Attempt != 1 || len(told) > 0 {
					t.Errorf("%+v and %d more", d, len(told))
				}
				if ended, err := f.History(f.Context(), 10); err != nil || len(ended) != 1 || ended[0].ID != d.ID || ended[0].Outcome != "dead" || ended[0].Reason != taskqueue.ErrLost.Error() {
					t.Error(ended, err)
				}
				if letters, err := f.List(f.Context(), broker.ListQuery{Queue: queue, State: broker.StateDead, Limit: 9}); err != nil || len(letters.Entries) != 1 || letters.Entries[0].ID != d.ID {
					t.Error(letters, err)
				}
			})
		})
	}
}

func TestOnDeadOfUnknownKinds(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(nothing)
		config.UnknownKindAge = time.Minute
		told := make(chan taskqueue.DeadTask, 10)
		config.OnDead = func(_ context.Context, d taskqueue.DeadTask) { told <- d }
		_, stop := f.work(config)
		strange := &taskqueue.Kind{Name: "test.Strange"}
		for range 3 {
			f.add(taskqueue.NewJob(strange, &note{"x"}))
		}
		pass(time.Hour)
		stop() // and it has told of all before
		if len(told) != 3 {
			t.Errorf("%d are told", len(told))
		}
		close(told)
		if d := <-told; !errors.Is(d.Err, taskqueue.ErrUnknownKind) || d.Kind != "test.Strange" || d.Attempt != 1 {
			t.Errorf("%+v", d)
		}
	})
}

// vanish lets so many workers take a task, the only one of its queue, and vanish; of
// the last one nobody has noticed it.
func (f *fixture) vanish(queue string, workers int) {
	f.Helper()
	for i := range workers {
		c := broker.Cycle{
			Session: broker.Session{Worker: fmt.Sprint("gone", i), Queue: queue}, Seq: 1, Lease: broker.MinLease,
			Want: broker.Want{Max: 1, Suspects: true},
		}
		if _, err := broker.Tend(f.Context(), f.store, queue, fmt.Sprint("tender", i), 0); err != nil {
			f.Fatal(err)
		}
		if g, err := f.store.Cycle(f.Context(), c); err != nil || len(g.Leases) != 1 {
			f.Fatalf("%d: %+v %v", i, g, err)
		}
		time.Sleep(broker.MinLease)
	}
}

// The decisions of the claim loop are counted, and a pause after claims in vain
// spares the store.
func TestClaimsAreCounted(t *testing.T) {
	claims := func(delay time.Duration) (c taskqueue.Claims) {
		bubble(t, func(f *fixture) {
			config := tasks(nothing)
			config.IdleDelay, config.Concurrency = delay, 1
			var all []*taskqueue.Worker
			for range 5 {
				w, _ := f.work(config)
				all = append(all, w)
			}
			for range 200 {
				f.add(job("x"))
				pass(10 * time.Millisecond)
			}
			pass(time.Minute)
			for _, w := range all {
				s := w.Stats().Claims
				c.Asked, c.Vain, c.Granted, c.Begun, c.Returned = c.Asked+s.Asked, c.Vain+s.Vain, c.Granted+s.Granted, c.Begun+s.Begun, c.Returned+s.Returned
			}
		})
		return c
	}
	eager, patient := claims(0), claims(time.Second)
	for _, c := range []taskqueue.Claims{eager, patient} {
		if c.Granted != 200 || c.Begun != 200 || c.Returned != 0 || c.Asked < c.Vain || c.Vain == 0 {
			t.Errorf("%+v", c)
		}
	}
	if patient.Vain > eager.Vain {
		t.Errorf("in vain %d times without a pause, %d with one", eager.Vain, patient.Vain)
	}
}

// A task that takes its workers along is told of before it is run again.
func TestCrashLoopIsTold(t *testing.T) {
	bubble(t, func(f *fixture) {
		id := f.add(job("x"))
		for i := range uint64(2) {
			dead := broker.Session{Worker: fmt.Sprint("dead", i), Queue: taskqueue.Default}
			for seq := uint64(1); ; seq++ {
				g, err := f.store.Cycle(f.Context(), broker.Cycle{Session: dead, Seq: seq, Lease: time.Second, Want: broker.Want{Max: 1, Suspects: true}})
				if err != nil {
					t.Fatal(err)
				}
				if len(g.Leases) > 0 {
					break
				}
			}
			pass(2 * time.Second)
		}
		var text lines
		config := tasks(nothing)
		config.Logger = text.logger()
		f.work(config)
		pass(time.Minute)
		if !strings.Contains(text.String(), "lost its worker time after time") || !strings.Contains(text.String(), id.String()) {
			t.Error(text.String())
		}
	})
}

// Where a queue is full a producer waits for room, and fails when its time is up.
func ExampleBackpressure() {
	ctx := context.Background()
	store := membroker.New(membroker.Config{})
	queue, err := taskqueue.NewClient(store, taskqueue.ClientConfig{
		Backpressure: taskqueue.Backpressure{Wait: 50 * time.Millisecond, Delay: 10 * time.Millisecond},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	if err := queue.Limit(ctx, taskqueue.Default, 1); err != nil {
		log.Fatal(err)
	}
	for range 2 {
		_, err = queue.Enqueue(ctx, job("x"))
	}
	fmt.Println(errors.Is(err, taskqueue.ErrFull), queue.Pressure().Refused)
	// Output: true 1
}
