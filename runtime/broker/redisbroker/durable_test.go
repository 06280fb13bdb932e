package redisbroker

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/internal/redistest"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// TestDurable: a replica is 300 ms behind when its master dies. Without Durable
// the tail that it did not get is lost; with it nothing that was acknowledged is.
func TestDurable(t *testing.T) {
	t.Run("without", func(t *testing.T) {
		t.Parallel()
		acked, lost := failOver(t, Config{Logger: quiet}, 1)
		t.Logf("%d acknowledged, %d lost", acked, lost)
		if lost == 0 {
			t.Error("nothing was lost: the fail-over proves nothing")
		}
	})
	for name, size := range map[string]int{"one by one": 1, "in bulk": 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acked, lost := failOver(t, Config{Logger: quiet, Durable: Durability{Replicas: 1, Timeout: 4 * time.Second}}, size)
			t.Logf("%d acknowledged, %d lost", acked, lost)
			if lost > 0 || acked == 0 {
				t.Errorf("%d of %d were lost", lost, acked)
			}
		})
	}
}

// failOver sends messages, size at a time, to a master that is killed meanwhile,
// and counts those that its replica, now the master, does not have.
func failOver(t *testing.T, c Config, size int) (acked, lost int) {
	master := redistest.Start(t)
	lag := redistest.StartLag(t, master.Addr())
	replica := redistest.StartReplica(t, master, lag.Addr())
	front := redistest.StartProxy(t, master.Addr())
	r := newRig(t, mustOpen(t, front.URL(), c))
	r.put(r.task("the first one"))
	lag.Set(300 * time.Millisecond)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	var refs []broker.Ref
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for ctx.Err() == nil {
				messages := r.tasks(size, "x")
				if receipts, err := r.b.Enqueue(ctx, messages); err != nil || receipts != nil {
					continue // not acknowledged
				}
				mu.Lock()
				for _, m := range messages {
					refs = append(refs, broker.Ref{Queue: r.queue, ID: m.ID})
				}
				mu.Unlock()
			}
		})
	}
	got := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(refs)
	}
	before := 0
	for start := time.Now(); before < 8*size || time.Since(start) < time.Second; {
		time.Sleep(10 * time.Millisecond)
		before = got()
	}
	lag.Cut()
	if c.Durable.Replicas == 0 {
		for enough := before + 8*size; before < enough; before = got() {
			time.Sleep(time.Millisecond) // the master alone has these, however long this took
		}
	}
	master.Kill()
	replica.Promote(t)
	front.Redirect(replica.Addr())
	time.Sleep(200 * time.Millisecond)
	cancel()
	senders.Wait()
	return before, missing(r, refs[:before])
}

// missing are the tasks that the store does not have.
func missing(r *rig, refs []broker.Ref) (n int) {
	r.Helper()
	for part := range slices.Chunk(refs, broker.MaxPage) {
		entries, err := r.b.Find(r.Context(), part)
		if err != nil {
			r.Fatal(err)
		}
		for _, e := range entries {
			if e.State == broker.StateUnknown {
				n++
			}
		}
	}
	return n
}

// TestNotDurable: without a replica the messages are in, and the error says what
// is missing. Those that were refused say why.
func TestNotDurable(t *testing.T) {
	c := Config{Logger: quiet, Durable: Durability{Replicas: 1, Timeout: 50 * time.Millisecond}}
	for name, url := range map[string]string{"server": redistest.Start(t).URL(), "Cluster": redistest.StartCluster(t, 3).URL()} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, mustOpen(t, url, c))
			unique := func(m *broker.Message) { m.Unique.Key = "k" }
			messages := []broker.Message{r.task("a", unique), r.task("b", unique), r.task("c")}
			receipts, err := r.b.Enqueue(t.Context(), messages)
			if err != nil || len(receipts) != 3 {
				t.Fatalf("%v, %v", receipts, err)
			}
			for i, want := range []error{broker.ErrNotDurable, broker.ErrDuplicate, broker.ErrNotDurable} {
				if got := receipts[i]; got.Index != i || !errors.Is(got.Err, want) || errors.Is(want, broker.ErrNotDurable) != errors.Is(got.Err, broker.ErrUnknown) {
					t.Errorf("receipt %d: %+v, want %v", i, got, want)
				}
			}
			again, err := r.b.Enqueue(t.Context(), messages[:1])
			if err != nil || len(again) != 1 || !errors.Is(again[0].Err, broker.ErrNotDurable) {
				t.Errorf("again: %v, %v", again, err)
			}
			bulk, err := r.b.Enqueue(t.Context(), r.tasks(50, "x"))
			if err != nil || len(bulk) != 50 {
				t.Errorf("in bulk: %d receipts, %v", len(bulk), err)
			}
			if n := r.info(); n.Pending != 52 {
				t.Errorf("%d tasks are in, want 52", n.Pending)
			}
			r.sound()
		})
	}
}

// TestDurableRights: it needs one right more.
func TestDurableRights(t *testing.T) {
	master := redistest.Start(t)
	redistest.StartReplica(t, master, master.Addr())
	url := master.AddUser(t, "worker", "secret", append(slices.Clone(leastRights), "+wait")...)
	r := newRig(t, mustOpen(t, url+"?durable_replicas=1&durable_timeout=2s", Config{Logger: quiet}))
	r.put(r.tasks(3, "x")...)
	r.put(r.tasks(30, "x")...)
}

// TestDurableWithoutReplicas is warned of when the store is opened.
func TestDurableWithoutReplicas(t *testing.T) {
	s := redistest.Start(t, "--appendonly", "yes")
	var out bytes.Buffer
	c := Config{Logger: slog.New(slog.NewTextHandler(&out, nil)), Durable: Durability{Replicas: 1}}
	mustOpen(t, s.URL(), c)
	if text := out.String(); strings.Count(text, "fewer replicas") != 1 {
		t.Errorf("without a replica: %q", text)
	}
	redistest.StartReplica(t, s, s.Addr())
	out.Reset()
	mustOpen(t, s.URL(), c)
	if out.Len() > 0 {
		t.Errorf("with one: %s", out.String())
	}
}
