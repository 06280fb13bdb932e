package redisbroker

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// TestDueAtOnce has very many tasks due in one second: the server goes on
// answering, and none gets lost. With TASKQUEUE_SOAK=1 it is a million. On a
// processor of its own no command takes a server longer than 9 ms then; what takes
// longer here may have waited for a processor, but after 5 s Redis says BUSY to all.
func TestDueAtOnce(t *testing.T) {
	n := 30_000
	if soaking() {
		n = 1_000_000
	}
	s := redistest.Start(t)
	s.Do(t, "CONFIG", "SET", "slowlog-log-slower-than", "20000")
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	worst := pinging(t, s)
	due := time.Now().Add(time.Duration(n) * 20 * time.Microsecond)
	fill(r, n, due)
	filled := time.Now()
	var all sync.WaitGroup
	for i := range 2 {
		all.Go(func() { finishAll(r, fmt.Sprintf("w%d", i)) })
	}
	all.Wait()
	elapsed := time.Since(slices.MaxFunc([]time.Time{due, filled}, time.Time.Compare))
	if got := r.info(); got.Done != int64(n) || got.Scheduled+got.Pending+got.Active != 0 {
		t.Errorf("of %d tasks: %+v", n, got)
	}
	slow := s.Do(t, "SLOWLOG", "GET", "100").Items
	t.Logf("%d tasks due in one second, done in %v; the slowest ping took %v", n, elapsed, worst())
	for _, entry := range slow {
		us, err := strconv.Atoi(entry.Items[2].Text)
		if err != nil || us > 5_000_000 {
			t.Errorf("the server was held up for %s µs", entry.Items[2].Text)
		}
		t.Logf("a command took %d µs", us)
	}
}

// TestManyQueues has a task due in each of very many queues that nobody works at.
// With TASKQUEUE_SOAK=1 they are ten thousand.
func TestManyQueues(t *testing.T) {
	n := 500
	if soaking() {
		n = 10_000
	}
	r := shared(t)
	var all []broker.Message
	for i := range n {
		all = append(all, r.task("x", func(m *broker.Message) { m.Queue, m.Delay = fmt.Sprintf("q%05d", i), time.Millisecond }))
	}
	r.put(all...)
	time.Sleep(2 * time.Millisecond) // the server's clock is what counts
	asked := time.Now()
	for _, q := range queues(r, n) {
		if q.Scheduled != 1 {
			t.Fatalf("%+v", q)
		}
	}
	counted := time.Since(asked)
	for i := range n {
		if _, err := broker.Tend(t.Context(), r.b, fmt.Sprintf("q%05d", i), "tender", 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d queues counted in %v, tended in %v", n, counted, time.Since(asked)-counted)
	for _, q := range queues(r, n) {
		if q.Pending != 1 || q.Sessions != 0 {
			t.Fatalf("%+v", q)
		}
	}
}

// queues are all under the rig's prefix.
func queues(r *rig, n int) []broker.QueueInfo {
	r.Helper()
	infos, err := r.b.Queues(r.Context())
	if err != nil || len(infos) != n {
		r.Fatalf("%d queues: %v", len(infos), err)
	}
	return infos
}

// fill schedules n tasks for the second after an instant, by two producers.
func fill(r *rig, n int, due time.Time) {
	var all sync.WaitGroup
	for half := range 2 {
		all.Go(func() {
			for from := half * 500; from < n; from += 1000 {
				batch := r.tasks(500, "a payload of some forty bytes, as it were", func(m *broker.Message) {
					m.Due = due.Add(time.Duration(from%1000) * time.Millisecond)
				})
				if receipts, err := r.b.Enqueue(context.WithoutCancel(r.Context()), batch); err != nil || receipts != nil {
					r.Errorf("enqueue: %v, %v", receipts, err)
				}
			}
		})
	}
	all.Wait()
}

// finishAll works until the queue is empty.
func finishAll(r *rig, worker string) {
	c := broker.Cycle{Session: broker.Session{Worker: worker, Queue: r.queue}, Lease: time.Minute, Want: broker.Want{Max: broker.MaxBatch}}
	for {
		c.Seq++
		g, err := r.b.Cycle(context.WithoutCancel(r.Context()), c)
		if err != nil {
			r.Errorf("cycle %d: %v", c.Seq, err)
			return
		}
		if len(g.Leases) == 0 && !g.More && g.Again == 0 {
			return
		}
		c.Settle = ends(broker.Done, g.Leases...)
		if len(g.Leases) == 0 && !g.More {
			time.Sleep(min(g.Again, 50*time.Millisecond))
		}
	}
}

// pinging pings the server until the answer is asked for: the longest time.
func pinging(t *testing.T, s *redistest.Server) func() time.Duration {
	client := redis.NewClient(&redis.Options{Addr: s.Addr()})
	ctx, stop := context.WithCancel(t.Context())
	worst := make(chan time.Duration, 1)
	go func() {
		var longest time.Duration
		for ctx.Err() == nil {
			sent := time.Now()
			if client.Ping(ctx).Err() == nil {
				longest = max(longest, time.Since(sent))
			}
			time.Sleep(time.Millisecond)
		}
		_ = client.Close()
		worst <- longest
	}()
	return func() time.Duration { stop(); return <-worst }
}
