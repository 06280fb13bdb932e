package brokertest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

var concurrentTests = []test{
	{"each task runs once under concurrent producers and workers", func(f *fixture) {
		c := crowd{f: f, seen: map[broker.ID]int{}}
		c.run()
		f.equal("tasks seen", len(c.seen), crowdTasks)
		for id, n := range c.seen {
			if n != 1 {
				f.Errorf("task %s was granted %d times", id, n)
			}
		}
		n := f.info()
		f.equal("counters", [...]int64{n.Enqueued, n.Done, n.Pending, n.Active, n.Lost, n.Sessions},
			[...]int64{crowdTasks, crowdTasks, 0, 0, 0, 0})
	}},
	{"concurrent senders of one key get in once", func(f *fixture) {
		var in atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := range 25 {
					receipts, err := f.Broker.Enqueue(f.Context(), []broker.Message{f.task("x", unique(name("k", i), 0))})
					if err == nil && receipts == nil {
						in.Add(1)
					}
				}
			})
		}
		wg.Wait()
		f.equal("in", in.Load(), int32(25))
		f.equal("pending", f.info().Pending, int64(25))
	}},
	{"a closed broker refuses everything", func(f *fixture) {
		f.put("a")
		w := f.worker("w")
		w.cycle(want(1))
		waiter, watcher := make(chan error, 1), make(chan error, 1)
		ready := make(chan struct{})
		go func() { _, err := f.Broker.Wait(f.Context(), []string{"empty"}); waiter <- err }()
		go func() {
			watcher <- f.Broker.Watch(f.Context(), f.queue, func() { close(ready) }, func(broker.Event) {})
		}()
		receive(f, ready)
		f.equal("close", f.Broker.Close(), nil)
		f.equal("wait", receive(f, waiter), broker.ErrClosed)
		f.equal("watch", receive(f, watcher), broker.ErrClosed)
		f.closed(w)
		f.equal("close again", f.Broker.Close(), nil)
	}},
	{"an ended context does nothing", func(f *fixture) {
		ctx, cancel := context.WithCancel(f.Context())
		cancel()
		_, err := f.Broker.Cycle(ctx, f.worker("w").next)
		if err == nil {
			f.Errorf("a cycle with an ended context was answered")
		}
		_, err = f.Broker.Wait(ctx, []string{f.queue})
		f.equal("wait", err, context.Canceled)
		receipts, err := f.Broker.Enqueue(ctx, []broker.Message{f.task("a")})
		if err == nil && receipts == nil {
			f.Errorf("a message with an ended context got in")
		}
		f.equal("info", f.info(), broker.QueueInfo{Queue: f.queue})
	}},
}

// closed expects every call to be refused.
func (f *fixture) closed(w *worker) {
	f.Helper()
	_, err := f.Broker.Enqueue(f.Context(), []broker.Message{f.task("b")})
	f.equal("enqueue", err, broker.ErrClosed)
	w.refused(broker.ErrClosed)
	_, err = f.Broker.Wait(f.Context(), []string{f.queue})
	f.equal("wait", err, broker.ErrClosed)
	_, err = f.Broker.Queues(f.Context())
	f.equal("queues", err, broker.ErrClosed)
	_, err = f.Broker.Find(f.Context(), []broker.Ref{{Queue: f.queue}})
	f.equal("find", err, broker.ErrClosed)
	_, err = f.Broker.List(f.Context(), broker.ListQuery{Queue: f.queue, State: broker.Pending, Limit: 1})
	f.equal("list", err, broker.ErrClosed)
	err = f.Broker.Watch(f.Context(), f.queue, func() { f.Errorf("a closed broker watches") }, func(broker.Event) {})
	f.equal("watch", err, broker.ErrClosed)
}

const (
	crowdProducers = 4
	crowdWorkers   = 4
	crowdTasks     = 4000
)

// A crowd is many producers and workers at one queue.
type crowd struct {
	f    *fixture
	mu   sync.Mutex
	seen map[broker.ID]int
}

func (c *crowd) run() {
	ctx, cancel := context.WithTimeout(c.f.Context(), patience)
	defer cancel()
	var wg sync.WaitGroup
	for range crowdProducers {
		wg.Go(func() { c.produce(ctx) })
	}
	for i := range crowdWorkers {
		wg.Go(func() { c.work(ctx, name("w", i), cancel) })
	}
	wg.Wait()
}

func (c *crowd) produce(ctx context.Context) {
	const batch = 50
	for range crowdTasks / crowdProducers / batch {
		var all []broker.Message
		for i := range batch {
			all = append(all, c.f.task(fmt.Sprint(i), priority(broker.Priority(i%4-1))))
		}
		if receipts, err := c.f.Broker.Enqueue(ctx, all); err != nil || receipts != nil {
			c.f.Errorf("enqueue: %v, %v", receipts, err)
			return
		}
	}
}

// work takes tasks until all were seen, repeating every third cycle.
func (c *crowd) work(ctx context.Context, name string, finished func()) {
	cycle := broker.Cycle{
		Session: broker.Session{Worker: name, Queue: c.f.queue}, Lease: time.Minute, Want: broker.Want{Max: 17},
	}
	for ctx.Err() == nil {
		cycle.Seq++
		g, err := c.send(cycle)
		if err != nil {
			c.f.Errorf("cycle: %v", err)
			return
		}
		cycle.Settle = ends(broker.Done, g.Leases...)
		if c.count(g.Leases) {
			finished()
		}
		if len(g.Leases) == 0 {
			_, _ = c.f.Broker.Wait(ctx, []string{c.f.queue})
		}
	}
	cycle.Seq++
	cycle.Leave = true
	if _, err := c.send(cycle); err != nil {
		c.f.Errorf("leave: %v", err)
	}
}

func (c *crowd) send(cycle broker.Cycle) (broker.Grant, error) {
	g, err := c.f.Broker.Cycle(c.f.Context(), cycle)
	if err == nil && cycle.Seq%3 == 0 && !cycle.Leave {
		return c.f.Broker.Cycle(c.f.Context(), cycle)
	}
	return g, err
}

// count notes what was granted and reports whether that is all.
func (c *crowd) count(leases []broker.Lease) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range leases {
		c.seen[leases[i].ID]++
	}
	return len(c.seen) == crowdTasks
}
