package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// Tasks of a key keep their order over a change of the number of partitions, on both
// stores; who still adds to the old ones is refused.
func TestPartitions(t *testing.T) {
	t.Run("memory", func(t *testing.T) { bubble(t, func(f *fixture) { testPartitions(f.T, f.Client) }) })
	t.Run("redis", func(t *testing.T) {
		client, err := taskqueue.Open(t.Context(), redistest.Start(t).URL()+"/0")
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		testPartitions(t, client)
	})
}

func testPartitions(t *testing.T, c *taskqueue.Client) {
	ctx := t.Context()
	old, err := c.Partitions(ctx, "orders", 3)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	ran := map[string][]string{} // by key
	over := make(chan bool, 100)
	work := func(p *taskqueue.Partitions) (stop func()) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		config := tasks(func(_ context.Context, text string) (string, error) {
			key, number, _ := strings.Cut(text, " ")
			mu.Lock()
			defer mu.Unlock()
			ran[key] = append(ran[key], number)
			over <- true
			return "", nil
		})
		config.Concurrency, config.Prefetch, config.Queues = 1, taskqueue.NoPrefetch, p.Queues()
		w, err := taskqueue.NewWorker(c, config)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		return func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	add := func(p *taskqueue.Partitions, from, to int) {
		for i := from; i < to; i++ {
			for _, key := range []string{"ada", "bob", "eve"} {
				if _, err := c.Enqueue(ctx, job(fmt.Sprintf("%s %d", key, i), p.For(key))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	add(old, 0, 5)
	if info, err := old.Info(ctx); err != nil || info.Queue != "orders" || info.Pending != 15 || info.Enqueued != 15 {
		t.Errorf("%+v %v", info, err)
	}
	short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	if _, err := c.Repartition(short, "orders", 7); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while nobody drains them: %v", err)
	}
	cancel()
	add(old, 5, 6) // they are open again
	stop := work(old)
	fresh, err := c.Repartition(ctx, "orders", 7)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if _, err := c.Enqueue(ctx, job("ada 6", old.For("ada"))); !errors.Is(err, taskqueue.ErrFull) {
		t.Errorf("in a partition of before: %v", err)
	}
	add(fresh, 6, 8)
	stop = work(fresh)
	for range 24 {
		<-over
	}
	stop()
	for key, numbers := range ran {
		if got := strings.Join(numbers, ""); got != "01234567" {
			t.Errorf("%s: ran in the order %s", key, got)
		}
	}
	if p, err := c.Partitions(ctx, "orders", 0); err != nil || len(p.Names()) != 7 {
		t.Errorf("%v %v", p, err)
	}
	if back, err := c.Repartition(ctx, "orders", 3); err != nil {
		t.Error(err)
	} else {
		add(back, 8, 9)
	}
}

func TestPartitionsRefused(t *testing.T) {
	bubble(t, func(f *fixture) {
		if _, err := f.Partitions(f.Context(), "orders", 0); !errors.Is(err, taskqueue.ErrNotFound) {
			t.Error(err)
		}
		p, err := f.Partitions(f.Context(), "orders", 2)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Partitions(f.Context(), "orders", 4); !errors.Is(err, taskqueue.ErrInvalid) || !strings.Contains(err.Error(), "Repartition") {
			t.Error(err)
		}
		for _, test := range []struct {
			name string
			n    int
		}{{"", 1}, {"a b", 1}, {"x", -1}, {"x", 1001}, {strings.Repeat("x", 128), 1}} {
			if _, err := f.Partitions(f.Context(), test.name, test.n); !errors.Is(err, taskqueue.ErrInvalid) {
				t.Errorf("%q, %d: %v", test.name, test.n, err)
			}
			if _, err := f.Repartition(f.Context(), test.name, test.n); !errors.Is(err, taskqueue.ErrInvalid) {
				t.Errorf("%q, %d: %v", test.name, test.n, err)
			}
		}
		seen := map[string]int{}
		for range 10 {
			seen[job("x", p.Next()).Queue()]++
		}
		if seen["orders.2.0"] != 5 || seen["orders.2.1"] != 5 {
			t.Errorf("by turns: %v", seen)
		}
	})
}
