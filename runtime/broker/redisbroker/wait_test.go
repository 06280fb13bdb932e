package redisbroker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// wait starts to wait for a queue; the channel tells how it ended and how long it
// took.
func (r *rig) wait(ctx context.Context, queue string) <-chan error {
	ended := make(chan error, 1)
	go func() {
		_, err := r.b.Wait(ctx, []string{queue})
		ended <- err
	}()
	return ended
}

// blocked waits until n clients are blocked at the server.
func blocked(t *testing.T, s *redistest.Server, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); s.Info(t, "clients", "blocked_clients") != strconv.Itoa(n); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s clients are blocked, not %d", s.Info(t, "clients", "blocked_clients"), n)
		}
	}
}

// ownLook is about when a waiter looks by itself: whoever ends sooner was woken. A
// test that a busy machine holds up for seconds is not in its way.
const ownLook = maxBlock * 9 / 10

// TestCancelledWaits: neither goroutines at the server nor tokens are lost.
func TestCancelledWaits(t *testing.T) {
	s := redistest.Start(t)
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	fastest := maxBlock
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		var all []<-chan error
		for range 10 {
			all = append(all, r.wait(ctx, r.queue))
		}
		blocked(t, s, 1) // they share a connection
		start := time.Now()
		cancel()
		for _, ended := range all {
			<-ended
		}
		fastest = min(fastest, time.Since(start))
		blocked(t, s, 0)
	}
	if fastest > 100*time.Millisecond {
		t.Errorf("cancelled waits took %v", fastest)
	}
	if n := s.Info(t, "clients", "connected_clients"); len(n) > 2 {
		t.Errorf("%s connections", n)
	}
	r.sound()
}

// TestTokensAreNotLost cancels waits just as tasks come: another waiter is woken
// at once, not by its own look seconds later.
func TestTokensAreNotLost(t *testing.T) {
	s := redistest.Start(t)
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	other := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	other.queue = r.queue
	h := r.hand("w")
	for round := range 40 {
		ctx, cancel := context.WithCancel(t.Context())
		first := r.wait(ctx, r.queue)
		blocked(t, s, 1)
		second := other.wait(t.Context(), r.queue)
		blocked(t, s, 2)
		var wg sync.WaitGroup
		wg.Go(cancel)
		wg.Go(func() { r.put(r.task("x")) })
		wg.Wait()
		start := time.Now()
		if err := <-first; err == nil {
			h.cycle(0) // whoever is woken looks, and wakes the next
		}
		<-second
		if took := time.Since(start); took > ownLook {
			t.Fatalf("round %d: the second was woken after %v", round, took)
		}
		for g := h.cycle(10); ; g = h.cycle(10) {
			h.cycle(0, ends(broker.Done, g.Leases...)...)
			if len(g.Leases) == 0 {
				break
			}
		}
	}
}

// TestWaitForMany: what the other queues have found is not lost.
func TestWaitForMany(t *testing.T) {
	r := shared(t)
	var names []string
	for i := range 5 {
		names = append(names, fmt.Sprint("q", i))
	}
	ended := make(chan string, 1)
	go func() {
		name, _ := r.b.Wait(t.Context(), names)
		ended <- name
	}()
	for _, name := range names {
		m := r.task("x")
		m.Queue = name
		r.put(m)
	}
	if name := <-ended; !strings.HasPrefix(name, "q") {
		t.Errorf("woken for %q", name)
	}
	for _, name := range names {
		if got, err := r.b.Wait(t.Context(), []string{name}); got != name || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
}

// TestRestartWhileWaiting: a waiter outlives its server.
func TestRestartWhileWaiting(t *testing.T) {
	s := redistest.Start(t, "--appendonly", "yes")
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	ended := r.wait(t.Context(), r.queue)
	blocked(t, s, 1)
	s.Kill()
	s.Restart(t)
	r.put(r.task("x"))
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestLostTokenIsLookedFor loses the reply that carries the token.
func TestLostTokenIsLookedFor(t *testing.T) {
	s := redistest.Start(t)
	p := redistest.StartProxy(t, s.Addr())
	r := newRig(t, mustOpen(t, p.URL(), Config{Logger: quiet}))
	p.DropReplies(1, redistest.Command("BLPOP"))
	ended := r.wait(t.Context(), r.queue)
	blocked(t, s, 1)
	start := time.Now()
	r.put(r.task("x"))
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > ownLook || p.Dropped() != 1 {
		t.Errorf("woken after %v", took)
	}
}

// TestManyQueuesShareListeners: each queue of hundreds wakes its own waiter, over
// a few connections that ask little while nothing happens.
func TestManyQueuesShareListeners(t *testing.T) {
	const queues, every = 300, 300 * time.Millisecond
	s := redistest.Start(t)
	r := newRig(t, mustOpen(t, s.URL(), Config{Logger: quiet}))
	r.b.leased(every * 4 / 3) // so it is looked that often
	var ended []<-chan error
	for i := range queues {
		ended = append(ended, r.wait(t.Context(), fmt.Sprint("q", i)))
	}
	blocked(t, s, maxListeners)
	settled(t, s)
	commands := func() int {
		n, _ := strconv.Atoi(s.Info(t, "stats", "total_commands_processed"))
		return n
	}
	start, before, n := time.Now(), commands(), 0
	for n < 4*maxListeners {
		time.Sleep(every / 3)
		n = commands() - before
	}
	if looks := int(time.Since(start)/every) + 2; n > 2*maxListeners*looks {
		t.Errorf("%d commands in %d times while nothing happened", n, looks)
	}
	for i := range queues {
		m := r.task("x")
		m.Queue = fmt.Sprint("q", i)
		r.put(m)
		if err := <-ended[i]; err != nil {
			t.Fatal(err)
		}
	}
	blocked(t, s, 0)
}

// settled waits until the server has got no command for a while but those that
// ask for it.
func settled(t *testing.T, s *redistest.Server) {
	t.Helper()
	for last := ""; ; {
		now := s.Info(t, "commandstats", "cmdstat_evalsha")
		if now == last {
			return
		}
		last = now
		time.Sleep(20 * time.Millisecond)
	}
}
