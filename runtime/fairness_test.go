package taskqueue_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// A tenant with very many tasks, which came first, does not hold up others with few:
// when theirs are done it has had no more turns than one of them may have had, of at
// most as many tasks as there are slots. On Redis;
// with TASKQUEUE_SOAK=1 it is 200,000 tasks against 1,000 tenants with 100 each.
func TestFairness(t *testing.T) {
	many, tenants, few := 10_000, 50, 20
	if soaking() {
		many, tenants, few = 200_000, 1000, 100
	}
	server := redistest.Start(t)
	client, err := taskqueue.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	enqueue := func(key string, n int) {
		jobs := make([]taskqueue.Job, 0, 1000)
		for n > 0 {
			jobs = jobs[:0]
			for range min(n, 1000) {
				jobs = append(jobs, job(key, taskqueue.WithKey(key)))
			}
			n -= len(jobs)
			if _, err := client.EnqueueAll(t.Context(), jobs...); err != nil {
				t.Fatal(err)
			}
		}
	}
	enqueue("large", many)
	for i := range tenants {
		enqueue(fmt.Sprint("small ", i), few)
	}
	var large, small atomic.Int64
	var largeThen int64
	done := make(chan struct{})
	var once sync.Once
	config := tasks(func(_ context.Context, key string) (string, error) {
		if key == "large" {
			large.Add(1)
			return "", nil
		}
		if small.Add(1) == int64(tenants*few) {
			once.Do(func() { largeThen = large.Load(); close(done) })
		}
		return "", nil
	})
	config.Prefetch = taskqueue.NoPrefetch // with it a turn is about two milliseconds of work: many of these tasks
	began := time.Now()
	stop := startWorker(t, client, config)
	<-done
	took := time.Since(began)
	stop()
	t.Logf("%d tasks of %d tenants done after %v, and %d of %d of the large one", tenants*few, tenants, took, largeThen, many)
	if most := int64(10 * few); largeThen > most {
		t.Errorf("%d tasks of the large tenant ran before those of the others, want at most %d", largeThen, most)
	}
}
