package redisbroker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// Traffic is producers and workers at one queue while something goes wrong. In
// the end every task that is in was run, none twice, and nobody was told of an
// error.
type traffic struct {
	r     *rig
	mu    sync.Mutex
	sent  int
	runs  map[broker.ID]int
	tries map[broker.ID]bool // those to be run twice, as their first run is retried
	all   chan struct{}      // closed when all were run
	total int
}

func newTraffic(r *rig, total int) *traffic {
	return &traffic{r: r, runs: map[broker.ID]int{}, tries: map[broker.ID]bool{}, all: make(chan struct{}), total: total}
}

// run has half of the tasks sent one by one and half in bulk, and n workers.
func (tr *traffic) run(t *testing.T, workers int) {
	t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() { tr.produce(t, tr.total/2, 1) })
	wg.Go(func() { tr.produce(t, tr.total-tr.total/2, 50) })
	for i := range workers {
		wg.Go(func() { tr.work(t, fmt.Sprint("w", i)) })
	}
	wg.Wait()
}

func (tr *traffic) produce(t *testing.T, n, batch int) {
	for n > 0 {
		messages := tr.r.tasks(min(batch, n), "payload", func(m *broker.Message) { m.Priority = broker.Priority(rand.IntN(4) - 1) })
		n -= len(messages)
		receipts, err := tr.r.b.Enqueue(t.Context(), messages)
		if err != nil || receipts != nil {
			t.Errorf("enqueue: %v, %v", receipts, err)
			return
		}
		tr.mu.Lock()
		tr.sent += len(messages)
		tr.mu.Unlock()
	}
}

// work takes tasks until all were run, then leaves. One in ten is retried once,
// one in ten given back once.
func (tr *traffic) work(t *testing.T, name string) {
	c := broker.Cycle{Session: broker.Session{Worker: name, Queue: tr.r.queue}, Lease: time.Minute, Want: broker.Want{Max: 20}}
	for {
		c.Seq++
		g, err := tr.r.b.Cycle(t.Context(), c)
		if err != nil {
			t.Errorf("%s: cycle %d: %v", name, c.Seq, err)
			return
		}
		c.Settle = tr.settle(g.Leases)
		select {
		case <-tr.all:
			if len(c.Settle) == 0 {
				c.Seq++
				c.Leave = true
				if _, err := tr.r.b.Cycle(t.Context(), c); err != nil {
					t.Errorf("%s: leave: %v", name, err)
				}
				return
			}
		default:
		}
		if len(g.Leases) == 0 {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if _, err := tr.r.b.Wait(ctx, []string{tr.r.queue}); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: wait: %v", name, err)
			}
			cancel()
		}
	}
}

func (tr *traffic) settle(leases []broker.Lease) (all []broker.Settle) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for i := range leases {
		s := broker.Settle{Lease: &leases[i], Outcome: broker.Done, At: time.Now()}
		if id := leases[i].ID; !tr.tries[id] && rand.IntN(5) == 0 {
			tr.tries[id] = true
			s.Outcome = []broker.Outcome{broker.Retry, broker.Release}[rand.IntN(2)]
		} else {
			tr.runs[id]++
		}
		all = append(all, s)
	}
	if len(tr.runs) == tr.total {
		select {
		case <-tr.all:
		default:
			close(tr.all)
		}
	}
	return all
}

// verdict looks at what is left.
func (tr *traffic) verdict(t *testing.T) {
	t.Helper()
	for id, n := range tr.runs {
		if n != 1 {
			t.Errorf("task %s was finished %d times", id, n)
		}
	}
	n := tr.r.info()
	if len(tr.runs) != tr.total || n.Enqueued != int64(tr.total) || n.Done != int64(tr.total) || n.Lost != 0 || n.Pending+n.Scheduled+n.Active+n.Sessions != 0 {
		t.Errorf("%d of %d tasks were run: %+v", len(tr.runs), tr.total, n)
	}
	tr.r.sound()
}
