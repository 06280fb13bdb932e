package brokertest

import (
	"context"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// The clock runs in these cases, unless they stop it: who waits, sleeps in
// real time. soon is a delay that a waiter sits out.
const soon = 50 * time.Millisecond

var waitTests = []test{
	{"wait returns for work that is there", func(f *fixture) {
		f.put("a")
		f.equal("queue", f.wait(f.queue), f.queue)
		f.equal("queue", f.wait("empty", f.queue), f.queue)
	}},
	{"wait returns for every lane", func(f *fixture) {
		for _, p := range []broker.Priority{broker.Low, broker.Normal, broker.High, broker.Critical} {
			q := name("lane", int(p)+1)
			f.enqueue(f.task("x", priority(p), func(m *broker.Message) { m.Queue = q }))
			f.equal("queue", f.wait(q), q)
		}
		f.suspects("s")
		f.equal("queue", f.wait(f.queue), f.queue)
	}},
	{"wait returns again as long as work is there", func(f *fixture) {
		f.put("a")
		for range 5 {
			f.wait(f.queue)
		}
		f.worker("w").claimed(1, "a")
		f.blocks(f.queue)
	}},
	{"wait returns for a task that is due", func(f *fixture) {
		f.stop().enqueue(f.task("a", delay(time.Hour)))
		f.advance(time.Hour)
		f.equal("queue", f.wait(f.queue), f.queue)
	}},
	{"wait returns for a lapsed lease", func(f *fixture) {
		f.stop().put("a")
		f.worker("w").claimed(1, "a")
		f.advance(lease)
		f.equal("queue", f.wait(f.queue), f.queue)
	}},
	{"wait blocks while there is nothing", func(f *fixture) {
		f.put("a")
		f.enqueue(f.task("b", delay(time.Hour)))
		w := f.worker("w")
		w.claimed(1, "a")
		f.blocks(f.queue, "empty")
	}},
	{"wait wakes when a task is enqueued", func(f *fixture) {
		woken := f.waiting("empty", f.queue)
		f.put("a")
		f.equal("queue", receive(f, woken), f.queue)
	}},
	{"all who wait wake, or one finds the work", func(f *fixture) {
		woken := []<-chan string{f.waiting(f.queue), f.waiting(f.queue), f.waiting(f.queue)}
		f.put("a", "b", "c")
		w := f.worker("w")
		for i, label := range []string{"a", "b", "c"} {
			receive(f, woken[i])
			w.claimed(1, label)
			f.put(label)
		}
	}},
	{"wait wakes when a task falls due", func(f *fixture) {
		f.enqueue(f.task("a", delay(soon)))
		f.wait(f.queue)
		f.arrives(f.worker("w"), "a")
	}},
	{"wait wakes for an earlier due time", func(f *fixture) {
		f.enqueue(f.task("late", delay(time.Hour)))
		woken := f.waiting(f.queue)
		f.enqueue(f.task("a", delay(soon)))
		receive(f, woken)
		f.arrives(f.worker("w"), "a")
	}},
	{"wait wakes for the first of many queues", func(f *fixture) {
		inOther := func(m *broker.Message) { m.Queue = "other" }
		f.enqueue(f.task("late", delay(time.Hour)), f.task("a", delay(soon), inOther))
		f.equal("queue", f.wait(f.queue, "other", "empty"), "other")
		f.queue = "other"
		f.arrives(f.worker("w"), "a")
		woken := f.waiting("mail", "empty", "other")
		f.enqueue(f.task("b", delay(soon)))
		f.equal("queue", receive(f, woken), "other")
		f.arrives(f.worker("v"), "b")
	}},
	{"wait wakes for a task that is due already", func(f *fixture) {
		woken := f.waiting(f.queue)
		f.enqueue(f.task("a", due(time.Now().Add(-time.Hour))))
		f.equal("queue", receive(f, woken), f.queue)
	}},
	{"wait wakes for a suspect", func(f *fixture) {
		woken := f.waiting(f.queue)
		f.suspects("s")
		f.equal("queue", receive(f, woken), f.queue)
	}},
	{"wait wakes when a retry is due", func(f *fixture) {
		f.put("a")
		w := f.worker("w")
		held := w.claimed(1, "a")
		woken := f.waiting(f.queue)
		w.cycle(settle(retry(held[0], soon)))
		receive(f, woken)
		f.arrives(w, "a")
	}},
	{"wait wakes when a task is given back", func(f *fixture) {
		f.put("a", "b")
		w := f.worker("w")
		held := w.claimed(1, "a")
		w.claimed(1, "b")
		woken := f.waiting(f.queue)
		w.end(broker.Release, held...)
		receive(f, woken)
		w.claimed(1, "a")
		woken = f.waiting(f.queue)
		w.cycle(leave)
		receive(f, woken)
		f.worker("other").claimed(2, "b", "a") // a's claim is newer than b's
	}},
	{"wait wakes when a lease lapses, be it renewed meanwhile", func(f *fixture) {
		f.put("a")
		w := f.worker("w")
		w.next.Lease = broker.MinLease
		w.claimed(1, "a")
		woken := f.waiting(f.queue)
		w.cycle()
		receive(f, woken)
		f.arrives(f.worker("other"), "a")
	}},
	{"wait ends with its context", func(f *fixture) {
		ctx, cancel := context.WithCancel(f.Context())
		ended := make(chan error, 1)
		go func() { _, err := f.Broker.Wait(ctx, []string{f.queue}); ended <- err }()
		cancel()
		f.equal("error", receive(f, ended), context.Canceled)
	}},
	{"wait tells that its time is over", func(f *fixture) {
		ctx, cancel := context.WithTimeout(f.Context(), soon)
		defer cancel()
		_, err := f.Broker.Wait(ctx, []string{f.queue})
		f.equal("error", err, context.DeadlineExceeded)
	}},
}

// wait expects Wait to return a queue.
func (f *fixture) wait(queues ...string) string {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), patience)
	defer cancel()
	q, err := f.Broker.Wait(ctx, queues)
	if err != nil {
		f.Fatalf("wait: %v", err)
	}
	return q
}

// waiting starts a Wait where there is no work. By the time that this returns
// it blocks, most likely; the answer must be the same if it does not.
func (f *fixture) waiting(queues ...string) <-chan string {
	f.Helper()
	woken := make(chan string, 1)
	ctx, cancel := context.WithCancel(f.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if q, err := f.Broker.Wait(ctx, queues); err == nil {
			woken <- q
		}
	}()
	f.Cleanup(func() { cancel(); <-ended })
	f.blocksFor(soon/5, queues)
	return woken
}

// blocks expects Wait to find nothing. It may return too early now and then,
// but not over and over.
func (f *fixture) blocks(queues ...string) {
	f.Helper()
	f.blocksFor(soon, queues)
}

func (f *fixture) blocksFor(d time.Duration, queues []string) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), d)
	defer cancel()
	const spurious = 10
	for range spurious {
		if _, err := f.Broker.Wait(ctx, queues); err != nil {
			f.equal("error", err, context.DeadlineExceeded)
			return
		}
	}
	f.Fatalf("wait returned %d times without work", spurious)
}

// arrives cycles whenever Wait returns, until the worker gets the task.
func (f *fixture) arrives(w *worker, label string) {
	f.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if g := w.cycle(wantAny(1)); len(g.Leases) > 0 {
			f.equal("claimed", labelsOf(g.Leases), []string{label})
			return
		}
		f.wait(f.queue)
	}
	f.Fatalf("%q did not arrive within %v", label, patience)
}
